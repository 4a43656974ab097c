import DemandResponse
import EnergyModel
import Foundation
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// Works the outbox of reports that are owed to a utility (OpenADR `POST /reports`): each at least once, under a name by which
/// the utility knows a repeat; versions of one report in their order, so that the newest is what it hears last. What cannot be
/// posted is tried again with growing waits, and given up only when it has been owed for long, which the journal and the record
/// say.
final class ReportPostService: Service {
    /// One building's part in one event, of which there are versions.
    private struct Part: Hashable {
        var event: DREventID
        var facility: FacilityID
    }
    private struct State {
        var troubles: OutboxTroubles<Int64>
        var seen: (issued: UInt64, at: Duration)?
    }

    private let post: ReportPost
    private let coordinator: Coordinator
    private let planner: PlanDesk
    private let writer: ReportWriter
    private let settings: EngineSettings.Response
    private let time: Timekeeper
    private let journal: Journal
    private let share: @Sendable () -> Double
    private let logger: Logger
    private let state: Mutex<State>

    init(
        post: @escaping ReportPost, coordinator: Coordinator, planner: PlanDesk, writer: ReportWriter,
        settings: EngineSettings.Response, time: Timekeeper, journal: Journal, share: @escaping @Sendable () -> Double,
        logger: Logger
    ) {
        self.post = post
        self.coordinator = coordinator
        self.planner = planner
        self.writer = writer
        self.settings = settings
        self.time = time
        self.journal = journal
        self.share = share
        self.logger = logger
        state = Mutex(State(troubles: OutboxTroubles(settings.followUp)))
    }

    private var records: any ResponseRecords { coordinator.records }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while await time.pause(settings.followUp.noticeInterval) { await turn() }
        }
    }

    func turn() async {
        guard coordinator.isDriving, mayHaveWork() else { return }
        do throws(PortError) {
            // Those in trouble keep their place at the head; the others are still reached.
            let limit = ReportPostService.batch + state.withLock(\.troubles.count)
            let owed = try await coordinator.read { [records] () throws(PortError) in
                try await records.owedReports(limit: limit)
            }
            if try await work(owed), owed.count == limit { state.withLock { $0.seen = nil } }
        } catch {
            state.withLock { $0.seen = nil }
            logger.warning("reports not posted, trying again", metadata: ["error": "\(error)"])
        }
    }

    private static let batch = 200
    private static let idleInterval = Duration.seconds(10)

    /// The outbox grows with issued reports only; it is looked at now and then all the same.
    private func mayHaveWork() -> Bool {
        let (issued, now) = (writer.issued, time.uptime())
        return state.withLock { state in
            let isDue = state.troubles.isAnyDue(now: now)
            if let seen = state.seen, seen.issued == issued, !isDue, now - seen.at < ReportPostService.idleInterval {
                return false
            }
            state.seen = (issued, now)
            return true
        }
    }

    /// False when it stopped short: a utility that hears nothing is not asked a hundred times in one turn.
    private func work(_ owed: [ParticipationRecord]) async throws(PortError) -> Bool {
        var waiting: Set<Part> = []
        var failures = 0
        for record in owed {
            guard failures < 3, isRunning else { return false }
            let part = Part(event: record.event, facility: record.facility)
            guard !waiting.contains(part) else { continue }
            let now = time.uptime()
            guard state.withLock({ $0.troubles.mayTry(record.number, now: now) }) else {
                waiting.insert(part)
                continue
            }
            if try await !work(record) {
                failures += 1
                waiting.insert(part)
            }
        }
        return true
    }

    /// False when it must be tried again. Throws when our own records fail, which the utility is not to blame for.
    private func work(_ record: ParticipationRecord) async throws(PortError) -> Bool {
        let delivery: ReportDelivery
        let document = try await coordinator.read { [records] () throws(PortError) in
            try await records.document(of: record.event)
        }
        do throws(PortError) {
            let outgoing = try outgoing(record, document)
            let answer = try await bounded(by: settings.followUp.callbackTimeout, "the utility", time: time) {
                [post] () throws(PortError) in try await post(outgoing)
            }
            delivery = ReportDelivery(.taken, at: time.now(), note: answer)
        } catch {
            guard error.code == .invalid || giveUp(record, error) else { return false }
            delivery = ReportDelivery(.refused, at: time.now(), note: error.sentence)
            journal.note(
                "the utility did not take report version \(record.version) of \(record.facility): \(error.sentence)",
                of: "dr-event:\(record.event)", by: "service:reports", about: record.facility)
        }
        try await coordinator.read { [records] () throws(PortError) in
            try await records.mark(delivery, ofReport: record.number)
        }
        state.withLock { $0.troubles.forget([record.number]) }
        return true
    }

    private func outgoing(
        _ record: ParticipationRecord, _ document: EventDocument?
    ) throws(PortError) -> OutgoingReport {
        let report = try ReportText.report(of: record)
        var (asked, slots) = ([String](), [EventSchedule.Slot]())
        if let document {
            do throws(EventRejection) {
                let (notification, demand) = try planner.resolve(document)
                if case .event(let event) = notification.subject { asked = event.reports }
                slots = demand?.schedule.slots ?? []
            } catch {
                throw PortError(.invalid, "the event's document cannot be read any more: \(error)")
            }
        }
        let body = OpenADRReport(
            report, clientName: settings.clientName, asked: asked, slots: slots,
            isOld: report.event.source.hasSuffix(" openadr-3.0"))
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return OutgoingReport(
                id: "report:\(record.event):\(record.facility):\(record.version)", body: Array(try encoder.encode(body))
            )
        } catch {
            throw PortError(.invalid, "the report cannot be written as JSON; report this", cause: error)
        }
    }

    /// True when it has been owed for long enough.
    private func giveUp(_ record: ParticipationRecord, _ error: PortError) -> Bool {
        let (now, random) = (time.uptime(), share())
        let attempts = state.withLock { $0.troubles.failed(record.number, now: now, random: random) }
        logger.warning(
            "a report is not posted",
            metadata: ["event": "\(record.event)", "attempts": "\(attempts)", "error": "\(error)"])
        guard let delivery = record.delivery else { return true }
        return time.now().since(delivery.at) >= settings.report.postPatience
    }
}
