import EnergyModel

/// A building management system that can be commanded: its facility, and where it listens.
package struct BuildingAddress: Hashable, Sendable, Codable {
    package var facility: FacilityID
    /// Absolute URL, `http` or `https`, from configuration only (ledger SEC-08).
    package var endpoint: String
    package init(facility: FacilityID, endpoint: String) {
        self.facility = facility
        self.endpoint = endpoint
    }
}

/// Buildings as the engine commands them (ARCHITECTURE §3). An adapter translates and never decides: retries, breakers,
/// bulkheads and what an answer means for the event belong to the caller. Each call touches one building once.
package protocol BuildingLink: Sendable {
    /// One request, one answer; never throws, since whatever happened is an answer of `BuildingAnswer`. `timedOut` means that
    /// the effect is unknown. Ends at `answerBy` at the latest.
    func perform(_ request: BuildingRequest, at building: BuildingAddress) async -> BuildingAnswer

    /// Every commandable point with what is known of it, in the building's order.
    func points(of building: BuildingAddress) async throws(PortError) -> [BuildingPoint]

    /// Values and priority arrays of these points; of all when `points` is empty. An unknown point is absent.
    func read(_ points: [PointID], of building: BuildingAddress) async throws(PortError) -> [PointReading]

    /// NULL at each of `slots` on every point of the building; harmless to repeat. Returns the points that held something
    /// there. Slots that are not ours are refused with `.invalid` before anything is sent.
    func releaseAll(_ slots: [PrioritySlot], key: String, of building: BuildingAddress) async throws(PortError)
        -> [PointID]

    /// Lightweight, no command protocol (ledger BMS-13).
    func ping(_ building: BuildingAddress) async throws(PortError)
}
