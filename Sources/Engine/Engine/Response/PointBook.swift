import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// The buildings' points as last read: from memory, from the records, from the building itself, in this order. Reads them
/// again in the background when they are old, so that a plan seldom waits for a building.
final class PointBook: Service {
    private let records: any ResponseRecords
    private let gate: BuildingGate
    private let facilities: FacilityIndex
    private let settings: EngineSettings.Response
    private let time: Timekeeper
    private let logger: Logger
    private let known = Mutex<[FacilityID: BuildingPoints]>([:])
    /// Buildings that did not answer, and when they may be asked again.
    private let askAgain = Mutex<[FacilityID: UTCInstant]>([:])

    init(
        records: any ResponseRecords, gate: BuildingGate, facilities: FacilityIndex, settings: EngineSettings.Response,
        time: Timekeeper, logger: Logger
    ) {
        self.records = records
        self.gate = gate
        self.facilities = facilities
        self.settings = settings
        self.time = time
        self.logger = logger
    }

    /// Nil when nobody ever read them and the building does not answer now.
    func points(of facility: FacilityID) async -> BuildingPoints? {
        if let points = known.withLock({ $0[facility] }) { return points }
        if let stored = await stored(facility) {
            known.withLock { $0[facility] = $0[facility] ?? stored }
            return stored
        }
        return await newest(of: facility)
    }

    /// As the building shows them now; nil when it does not answer.
    func newest(of facility: FacilityID) async -> BuildingPoints? {
        do throws(PortError) {
            return try await read(facility)
        } catch {
            logger.notice("points not read", metadata: ["facility": "\(facility)", "error": "\(error)"])
            return nil
        }
    }

    /// Asks the building, and keeps what it says.
    func read(_ facility: FacilityID) async throws(PortError) -> BuildingPoints {
        let points = try await gate.ask(facility) { link, address throws(PortError) in
            try await link.points(of: address)
        }
        let read = BuildingPoints(points: points, readAt: time.now())
        known.withLock { $0[facility] = read }
        do throws(PortError) {
            try await bounded(by: settings.commitTimeout, "the records of demand response", time: time) {
                [records] () throws(PortError) in try await records.put(points, of: facility, readAt: read.readAt)
            }
        } catch {
            logger.warning("points not stored", metadata: ["facility": "\(facility)", "error": "\(error)"])
        }
        return read
    }

    /// They are read again soon; until then they count as they are.
    func outdate(_ facility: FacilityID) { known.withLock { $0[facility]?.readAt = .distantPast } }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while await time.pause(.seconds(5)) { await refresh() }
        }
    }

    /// Reads old points anew, eight buildings at a time.
    func refresh() async {
        let now = time.now()
        let old = facilities.all.filter { $0.buildingEndpoint != nil && isOld($0.id, at: now) }.map(\.id)
        await withTaskGroup(of: Void.self) { group in
            for (index, facility) in old.enumerated() {
                if index >= 8 { await group.next() }
                group.addTask { await self.refresh(facility) }
            }
        }
    }

    func refresh(_ facility: FacilityID) async {
        if known.withLock({ $0[facility] }) == nil, let stored = await stored(facility) {
            known.withLock { $0[facility] = $0[facility] ?? stored }
            guard isOld(facility, at: time.now()) else { return }
        }
        do throws(PortError) {
            _ = try await read(facility)
            askAgain.withLock { $0[facility] = nil }
        } catch {
            let next = time.now().advanced(by: .seconds(60))
            askAgain.withLock { $0[facility] = next }
            logger.notice("points not refreshed", metadata: ["facility": "\(facility)", "error": "\(error)"])
        }
    }

    private func isOld(_ facility: FacilityID, at now: UTCInstant) -> Bool {
        if let next = askAgain.withLock({ $0[facility] }), next > now { return false }
        guard let readAt = known.withLock({ $0[facility]?.readAt }) else { return true }
        return now.since(readAt) >= settings.buildings.pointsAge
    }

    private func stored(_ facility: FacilityID) async -> BuildingPoints? {
        do throws(PortError) {
            return try await bounded(by: settings.commitTimeout, "the records of demand response", time: time) {
                [records] () throws(PortError) in try await records.points(of: facility)
            }
        } catch {
            // The building itself is asked next.
            logger.notice("stored points not read", metadata: ["facility": "\(facility)", "error": "\(error)"])
            return nil
        }
    }
}
