import EnergyModel
import Ports
import Synchronization

/// Demand-response records in memory: the same contract as the durable ones, for tests and small simulations.
package final class MemoryResponseRecords: ResponseRecords, Sendable {
    struct Entry {
        var event: DemandResponseEvent
        var document: EventDocument?
        var transitions: [DRTransition] = []
        var commands: [Int: BuildingCommand] = [:]
        var facilities: Set<FacilityID> = []
    }

    struct State {
        var entries: [DREventID: Entry] = [:]
        /// In the order they were stored.
        var notices: [StoredNotice] = []
        var points: [FacilityID: BuildingPoints] = [:]
        var reports: [ParticipationRecord] = []
    }

    private let state = Mutex(State())
    package let faults: PortFaults

    package init(clock: any Clock<Duration> = ContinuousClock()) { faults = PortFaults(clock: clock) }

    // MARK: - Events

    package func put(_ event: DemandResponseEvent, document: EventDocument?) async throws(PortError) -> Bool {
        try await faults.pass(storing: true)
        return state.withLock { state in
            let known = state.entries[event.id]
            var entry = known ?? Entry(event: event)
            entry.event = event
            // The count is the store's own: a summary made from an older one does not turn it back.
            entry.event.ordinal = entry.transitions.count
            entry.document = document ?? entry.document
            state.entries[event.id] = entry
            return known == nil
        }
    }

    package func event(_ id: DREventID) async throws(PortError) -> DemandResponseEvent? {
        try await faults.pass()
        return state.withLock { $0.entries[id]?.event }
    }

    package func event(utilityRequest id: String) async throws(PortError) -> DemandResponseEvent? {
        try await faults.pass()
        return state.withLock { state in
            state.entries.values.map(\.event).filter { $0.utilityRequestID == id }
                .max { ($0.receivedAt, $0.id) < ($1.receivedAt, $1.id) }
        }
    }

    package func document(of id: DREventID) async throws(PortError) -> EventDocument? {
        try await faults.pass()
        return state.withLock { $0.entries[id]?.document }
    }

    package func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] {
        try await faults.pass()
        return state.withLock { state in
            let matching = state.entries.values.filter { entry in
                (query.scope == .all || !entry.event.isSettled)
                    && (query.kind == nil || entry.event.kind == query.kind)
                    && (query.facility.map(entry.facilities.contains) ?? true)
                    && (query.among.map { !$0.isDisjoint(with: entry.facilities) } ?? true)
                    && (query.startsBefore.map { entry.event.window.start < $0 } ?? true)
            }
            let sorted = matching.map(\.event).sorted { ($0.window.start, $0.id) > ($1.window.start, $1.id) }
            return Array(sorted.prefix(max(0, query.limit)))
        }
    }

    // MARK: - Transitions

    package func append(
        _ transitions: [DRTransition], of event: DemandResponseEvent
    ) async throws(PortError) {
        try await faults.pass(storing: true)
        try state.withLock { state throws(PortError) in
            var entry = state.entries[event.id] ?? Entry(event: event)
            for transition in transitions { try entry.append(transition) }
            entry.event = event
            entry.event.ordinal = entry.transitions.count
            state.entries[event.id] = entry
            state.notices += transitions.flatMap(storedNotices)
        }
    }

    package func transitions(
        of id: DREventID, after ordinal: Int, limit: Int
    ) async throws(PortError) -> [DRTransition] {
        try await faults.pass()
        return state.withLock { state in
            let all = state.entries[id]?.transitions ?? []
            return Array(all.drop { $0.ordinal <= ordinal }.prefix(max(0, limit)))
        }
    }

    package func commands(of id: DREventID?) async throws(PortError) -> [BuildingCommand] {
        try await faults.pass()
        return state.withLock { state in
            let entries = id.map { [state.entries[$0]].compactMap(\.self) }
            let open = entries ?? state.entries.values.filter { !$0.event.isSettled }
            return open.flatMap(\.commands.values)
                .sorted { ($0.event, $0.plan.sequence) < ($1.event, $1.plan.sequence) }
        }
    }

    package func sheds(since moment: UTCInstant) async throws(PortError) -> [FacilityID: Set<DREventID>] {
        try await faults.pass()
        return state.withLock { state in
            let newest = state.entries.values
                .filter { $0.event.kind == .demandResponse && $0.event.window.start >= moment }
                .sorted { ($0.event.window.start, $0.event.id) > ($1.event.window.start, $1.event.id) }
                .prefix(mostShedEvents)
            return newest.flatMap(\.commands.values).filter { $0.progress.confirmedAt != nil }
                .reduce(into: [:]) { $0[$1.facility, default: []].insert($1.event) }
        }
    }

    package func pendingNotices(limit: Int) async throws(PortError) -> [StoredNotice] {
        try await faults.pass()
        return state.withLock { Array($0.notices.prefix(max(0, limit))) }
    }

    package func markDone(_ notices: [StoredNotice.ID]) async throws(PortError) {
        try await faults.pass(storing: true)
        let done = Set(notices)
        state.withLock { $0.notices.removeAll { done.contains($0.id) } }
    }

    // MARK: - Points and reports

    package func put(
        _ points: [BuildingPoint], of facility: FacilityID, readAt: UTCInstant
    ) async throws(PortError) {
        try await faults.pass(storing: true)
        state.withLock { $0.points[facility] = BuildingPoints(points: points, readAt: readAt) }
    }

    package func points(of facility: FacilityID) async throws(PortError) -> BuildingPoints? {
        try await faults.pass()
        return state.withLock { $0.points[facility] }
    }

    package func append(_ report: ParticipationRecord) async throws(PortError) {
        try await faults.pass(storing: true)
        try state.withLock { state throws(PortError) in
            guard state.reports.last?.hash == report.previousHash else {
                throw PortError(.superseded, "another report was stored since; read the newest hash and chain to it")
            }
            let isTaken = state.reports.contains {
                $0.event == report.event && $0.facility == report.facility && $0.version == report.version
            }
            guard !isTaken else {
                throw PortError(
                    .invalid,
                    "report \(report.version) of \(report.event) and \(report.facility) is stored; make the next version"
                )
            }
            var report = report
            report.number = Int64(state.reports.count + 1)
            state.reports.append(report)
        }
    }

    package func newestReportHash() async throws(PortError) -> String? {
        try await faults.pass()
        return state.withLock { $0.reports.last?.hash }
    }

    package func reports(
        of event: DREventID?, after number: Int64, limit: Int
    ) async throws(PortError) -> [ParticipationRecord] {
        try await faults.pass()
        return state.withLock { state in
            let matching = state.reports.filter { $0.number > number && (event == nil || $0.event == event) }
            return Array(matching.prefix(max(0, limit)))
        }
    }

    package func owedReports(limit: Int) async throws(PortError) -> [ParticipationRecord] {
        try await faults.pass()
        return state.withLock { state in
            Array(state.reports.filter { $0.delivery?.state == .owed }.prefix(max(0, limit)))
        }
    }

    package func mark(_ delivery: ReportDelivery, ofReport number: Int64) async throws(PortError) {
        try await faults.pass(storing: true)
        state.withLock { state in
            for index in state.reports.indices
            where state.reports[index].number == number && state.reports[index].delivery?.state == .owed {
                state.reports[index].delivery = delivery
            }
        }
    }
}

private func storedNotices(of transition: DRTransition) -> [StoredNotice] {
    transition.notices.enumerated().map { index, notice in
        StoredNotice(
            id: StoredNotice.ID(event: transition.event, ordinal: transition.ordinal, index: index),
            at: transition.at, traceID: transition.traceID, notice: notice)
    }
}

extension MemoryResponseRecords.Entry {
    fileprivate mutating func append(_ transition: DRTransition) throws(PortError) {
        guard transition.event == event.id else {
            throw PortError(.invalid, "a transition of \(transition.event) cannot be stored under \(event.id)")
        }
        guard transition.ordinal == transitions.count + 1 else {
            throw PortError(
                .superseded,
                "transition \(transition.ordinal) of \(event.id) does not follow \(transitions.count), the newest "
                    + "stored: somebody else drives the event; load it again")
        }
        try fold(transition)
        transitions.append(transition)
    }

    /// The outbox, brought up to date as the saga does it: a command that has a newer plan keeps its progress, and one that
    /// has not begun waits for the new plan's start.
    fileprivate mutating func fold(_ transition: DRTransition) throws(PortError) {
        switch transition.change {
        case .event, .leg: break
        case .plan(let plan):
            for leg in plan.legs {
                facilities.insert(leg.facility)
                for command in leg.commands {
                    var progress = commands[command.sequence]?.progress ?? CommandProgress()
                    if progress.phase == .planned { progress.due = command.startsAt }
                    commands[command.sequence] = BuildingCommand(
                        event: transition.event, facility: leg.facility, plan: command, progress: progress)
                }
            }
        case .command(let facility, let sequence, let progress):
            guard commands[sequence]?.facility == facility else {
                throw PortError(
                    .invalid, "\(transition.event) has no command \(sequence) at \(facility): store its plan first")
            }
            commands[sequence]?.progress = progress
        }
    }
}
