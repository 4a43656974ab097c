import EnergyModel
import Ports
import SwitchyardTesting
import Synchronization

/// Records whose process dies at a chosen write: nothing more gets through until a new engine revives them.
final class CrashingRecords: ResponseRecords {
    enum Point: Sendable, Equatable {
        case before(write: Int)
        case after(write: Int)
    }

    private struct State {
        var point: Point?
        var writes = 0
        var isDead = false
    }

    let base: MemoryResponseRecords
    private let state = Mutex(State())

    init(_ base: MemoryResponseRecords) { self.base = base }

    func crash(at point: Point?) { state.withLock { ($0.point, $0.writes) = (point, 0) } }
    func die() { state.withLock { $0.isDead = true } }
    func revive() { state.withLock { $0.isDead = false } }
    var isDead: Bool { state.withLock(\.isDead) }
    var writes: Int { state.withLock(\.writes) }
    var faults: PortFaults { base.faults }

    private static let dead = PortError(.unavailable, "the process is dead")

    private func look() throws(PortError) { if isDead { throw CrashingRecords.dead } }

    private func write<Value>(_ body: () async throws(PortError) -> Value) async throws(PortError) -> Value {
        try look()
        let (number, point) = state.withLock { state in
            state.writes += 1
            return (state.writes, state.point)
        }
        if point == .before(write: number) {
            die()
            throw CrashingRecords.dead
        }
        let value = try await body()
        if point == .after(write: number) {
            die()
            throw CrashingRecords.dead
        }
        return value
    }

    func put(_ event: DemandResponseEvent, document: EventDocument?) async throws(PortError) -> Bool {
        try await write { () throws(PortError) in try await base.put(event, document: document) }
    }
    func append(_ transitions: [DRTransition], of event: DemandResponseEvent) async throws(PortError) {
        try await write { () throws(PortError) in try await base.append(transitions, of: event) }
    }
    func markDone(_ notices: [StoredNotice.ID]) async throws(PortError) {
        try await write { () throws(PortError) in try await base.markDone(notices) }
    }
    func put(_ points: [BuildingPoint], of facility: FacilityID, readAt: UTCInstant) async throws(PortError) {
        try look()
        try await base.put(points, of: facility, readAt: readAt)
    }
    func append(_ report: ParticipationRecord) async throws(PortError) {
        try await write { () throws(PortError) in try await base.append(report) }
    }

    func event(_ id: DREventID) async throws(PortError) -> DemandResponseEvent? {
        try look()
        return try await base.event(id)
    }
    func event(utilityRequest id: String) async throws(PortError) -> DemandResponseEvent? {
        try look()
        return try await base.event(utilityRequest: id)
    }
    func document(of id: DREventID) async throws(PortError) -> EventDocument? {
        try look()
        return try await base.document(of: id)
    }
    func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] {
        try look()
        return try await base.events(query)
    }
    func transitions(of id: DREventID, after ordinal: Int, limit: Int) async throws(PortError) -> [DRTransition] {
        try look()
        return try await base.transitions(of: id, after: ordinal, limit: limit)
    }
    func commands(of id: DREventID?) async throws(PortError) -> [BuildingCommand] {
        try look()
        return try await base.commands(of: id)
    }
    func sheds(since moment: UTCInstant) async throws(PortError) -> [FacilityID: Set<DREventID>] {
        try look()
        return try await base.sheds(since: moment)
    }
    func pendingNotices(limit: Int) async throws(PortError) -> [StoredNotice] {
        try look()
        return try await base.pendingNotices(limit: limit)
    }
    func points(of facility: FacilityID) async throws(PortError) -> BuildingPoints? {
        try look()
        return try await base.points(of: facility)
    }
    func owedReports(limit: Int) async throws(PortError) -> [ParticipationRecord] {
        try look()
        return try await base.owedReports(limit: limit)
    }
    func mark(_ delivery: ReportDelivery, ofReport number: Int64) async throws(PortError) {
        try await write { () throws(PortError) in try await base.mark(delivery, ofReport: number) }
    }
    func newestReportHash() async throws(PortError) -> String? {
        try look()
        return try await base.newestReportHash()
    }
    func reports(
        of event: DREventID?, after number: Int64, limit: Int
    ) async throws(PortError) -> [ParticipationRecord] {
        try look()
        return try await base.reports(of: event, after: number, limit: limit)
    }
}
