import DemandResponse
import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// Works the outbox of notices: what transitions ask of the world besides commands. At least once each; notices of one event
/// in their order, and a notice that fails holds up no other event.
final class NoticeService: Service {
    let coordinator: Coordinator
    let planner: PlanDesk
    let reporter: ReportWriter
    let escalator: Escalator
    let log: any EventLog
    let callback: StatusCallback?
    let settings: EngineSettings.Response
    let time: Timekeeper
    let measures: EngineMeasures
    let journal: Journal
    private let share: @Sendable () -> Double
    private let logger: Logger
    let tracer: Tracer
    private let troubles: Mutex<OutboxTroubles<StoredNotice.ID>>
    /// Commits of the coordinator when the outbox was last looked at, and when that was.
    private let seen = Mutex<(commits: UInt64, at: Duration)?>(nil)
    /// Buildings of events of which the person on call has heard: one call, not one a point.
    private let told = Mutex<[DREventID: Set<FacilityID>]>([:])
    /// Notices under way that the journal has for the person on call, and how many were left over by the last turn.
    private let escalated = Mutex<Set<StoredNotice.ID>>([])
    private let left = Mutex(0)

    init(
        coordinator: Coordinator, planner: PlanDesk, reporter: ReportWriter, escalator: Escalator, log: any EventLog,
        callback: StatusCallback?, settings: EngineSettings.Response, time: Timekeeper, measures: EngineMeasures,
        journal: Journal, share: @escaping @Sendable () -> Double, logger: Logger,
        tracer: Tracer
    ) {
        self.coordinator = coordinator
        self.planner = planner
        self.reporter = reporter
        self.escalator = escalator
        self.log = log
        self.callback = callback
        self.settings = settings
        self.time = time
        self.measures = measures
        self.journal = journal
        self.share = share
        self.logger = logger
        self.tracer = tracer
        troubles = Mutex(OutboxTroubles(settings.followUp))
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
            // Those that wait or are in trouble keep their place at the head; the others are still reached.
            let limit = 1_000 + left.withLock { $0 }
            let pending = try await coordinator.read { [records] () throws(PortError) in
                try await records.pendingNotices(limit: limit)
            }
            if pending.count >= limit { seen.withLock { $0 = nil } }
            let done = await work(pending)
            left.withLock { $0 = pending.count - done.count }
            guard !done.isEmpty else { return }
            try await coordinator.read { [records] () throws(PortError) in try await records.markDone(done) }
            troubles.withLock { $0.forget(done) }
            escalated.withLock { $0.subtract(done) }
        } catch {
            seen.withLock { $0 = nil }
            logger.warning("notices not worked, trying again", metadata: ["error": "\(error)"])
        }
    }

    /// The outbox grows with commits only; it is looked at now and then all the same.
    private func mayHaveWork() -> Bool {
        let (commits, now) = (coordinator.commits, time.uptime())
        let isDue = troubles.withLock { $0.isAnyDue(now: now) }
        return seen.withLock { seen in
            if let seen, seen.commits == commits, !isDue, now - seen.at < NoticeService.idleInterval {
                return false
            }
            seen = (commits, now)
            return true
        }
    }

    private static let idleInterval = Duration.seconds(10)

    /// Events side by side; returns what is done.
    private func work(_ pending: [StoredNotice]) async -> [StoredNotice.ID] {
        let queues = Dictionary(grouping: pending, by: \.id.event).values
        return await withTaskGroup(of: [StoredNotice.ID].self) { group in
            var done: [StoredNotice.ID] = []
            for (index, queue) in queues.enumerated() {
                if index >= 32, let ids = await group.next() { done += ids }
                group.addTask { await self.work(queue: queue) }
            }
            for await ids in group { done += ids }
            return done
        }
    }

    /// In order. A utility that does not listen holds up later statuses of the event, and nothing else.
    private func work(queue: [StoredNotice]) async -> [StoredNotice.ID] {
        var done: [StoredNotice.ID] = []
        var isUtilityDeaf = false
        for notice in queue {
            let isStatus = if case .statusChanged = notice.notice { true } else { false }
            if isStatus, isUtilityDeaf { continue }
            let (id, now) = (notice.id, time.uptime())
            let mustWait = troubles.withLock { !$0.mayTry(id, now: now) }
            do throws(PortError) {
                if !mustWait, try await handle(notice) { done.append(notice.id) }
                if mustWait, isStatus { isUtilityDeaf = true }
            } catch {
                if giveUp(notice, error) { done.append(notice.id) } else if isStatus { isUtilityDeaf = true }
            }
        }
        return done
    }

    /// True the first time for a building of an event.
    func tellsFirst(of event: DREventID, _ facility: FacilityID) -> Bool {
        told.withLock { $0[event, default: []].insert(facility).inserted }
    }

    /// The person on call was not reached: the next notice about the building tells.
    func untell(of event: DREventID, _ facility: FacilityID) { told.withLock { _ = $0[event]?.remove(facility) } }

    func escalatesFirst(_ id: StoredNotice.ID) -> Bool { escalated.withLock { $0.insert(id).inserted } }
    func hasEscalated(_ id: StoredNotice.ID) -> Bool { escalated.withLock { $0.contains(id) } }
    func attempts(of id: StoredNotice.ID) -> Int { troubles.withLock { $0.attempts(of: id) } }

    func forget(_ event: DREventID) { told.withLock { $0[event] = nil } }

    func isFirstAttempt(_ id: StoredNotice.ID) -> Bool { attempts(of: id) == 0 }

    /// True when it has been tried often enough.
    private func giveUp(_ notice: StoredNotice, _ error: PortError) -> Bool {
        let (now, random) = (time.uptime(), share())
        let attempts = troubles.withLock { $0.failed(notice.id, now: now, random: random) }
        logger.warning(
            "a notice is not delivered",
            metadata: ["event": "\(notice.id.event)", "attempts": "\(attempts)", "error": "\(error)"])
        // Only what others must hear is given up; what we owe ourselves is tried for ever.
        guard case .statusChanged = notice.notice, attempts >= settings.followUp.noticeAttempts else { return false }
        journal.note(
            "the utility was not told after \(attempts) attempts: \(error.sentence)",
            of: "dr-event:\(notice.id.event)", by: "service:notices", traceID: notice.traceID)
        return true
    }
}
