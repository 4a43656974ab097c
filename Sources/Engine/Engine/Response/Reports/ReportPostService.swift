import DemandResponse
import EnergyModel
import Foundation
import Logging
import Ports
import Resilience
import ServiceLifecycle
import Synchronization

/// Works the outbox of reports that are owed to a utility (OpenADR `POST /reports`): each at least once, in the order they were
/// issued, under a name by which the utility knows a repeat. What cannot be posted is tried again with growing waits, and given
/// up after many attempts, which the journal and the record say.
final class ReportPostService: Service {
    private struct Trouble {
        var attempts = 0
        var notBefore = Duration.zero
    }
    private struct State {
        var troubles: [Int64: Trouble] = [:]
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
    private let state = Mutex(State())

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
            let owed = try await coordinator.read { [records] () throws(PortError) in
                try await records.owedReports(limit: ReportPostService.batch)
            }
            var failures = 0
            // A utility that hears nothing is not asked a hundred times in one turn.
            for record in owed where failures < 3 && isRunning && isDue(record.number) {
                if try await !work(record) { failures += 1 }
            }
            if owed.count == ReportPostService.batch { state.withLock { $0.seen = nil } }
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
            let isDue = state.troubles.values.contains { $0.notBefore <= now }
            if let seen = state.seen, seen.issued == issued, !isDue, now - seen.at < ReportPostService.idleInterval {
                return false
            }
            state.seen = (issued, now)
            return true
        }
    }

    private func isDue(_ number: Int64) -> Bool {
        let now = time.uptime()
        return state.withLock { ($0.troubles[number]?.notBefore ?? .zero) <= now }
    }

    /// False when it must be tried again.
    private func work(_ record: ParticipationRecord) async throws(PortError) -> Bool {
        let delivery: ReportDelivery
        do throws(PortError) {
            let outgoing = try await outgoing(record)
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
        state.withLock { $0.troubles[record.number] = nil }
        return true
    }

    private func outgoing(_ record: ParticipationRecord) async throws(PortError) -> OutgoingReport {
        let report = try ReportText.report(of: record)
        let document = try await coordinator.read { [records] () throws(PortError) in
            try await records.document(of: record.event)
        }
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

    /// True when it has been tried often enough.
    private func giveUp(_ record: ParticipationRecord, _ error: PortError) -> Bool {
        let backoff = Backoff(
            first: settings.followUp.noticeFirstDelay, cap: settings.followUp.noticeLongestDelay, attempts: nil)
        let (now, random) = (time.uptime(), share())
        let attempts = state.withLock { state in
            var trouble = state.troubles[record.number] ?? Trouble()
            trouble.attempts += 1
            trouble.notBefore = now + backoff.delay(afterAttempt: trouble.attempts, random: random)
            state.troubles[record.number] = trouble
            return trouble.attempts
        }
        logger.warning(
            "a report is not posted",
            metadata: ["event": "\(record.event)", "attempts": "\(attempts)", "error": "\(error)"])
        return attempts >= settings.followUp.noticeAttempts
    }
}
