import EnergyModel
import Synchronization

/// The buildings of a fleet. One value for both of their sides: the BMS server commands them, the meters feel it.
package final class SimulatedBuildings: Sendable {
    private struct State {
        var building: SimulatedBuilding
        var faults: FaultStateMachine
    }
    private final class House: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    /// In the fleet's order.
    package let facilities: [FacilityID]
    private let houses: [House]
    private let positions: [FacilityID: Int]
    private let conditions: @Sendable (Int, UTCInstant) -> BuildingConditions
    private let now: @Sendable () -> UTCInstant

    /// Same fleet and seed: same buildings. `now` is the clock of the meters too.
    package convenience init(
        fleet: Fleet, seed: UInt64, profile: BuildingFaultProfile = .none, now: @escaping @Sendable () -> UTCInstant
    ) {
        self.init(fleet: fleet, seed: seed, profile: profile, now: now) { facility, moment in
            fleet.conditions(of: facility, at: moment)
        }
    }

    init(
        fleet: Fleet, seed: UInt64, profile: BuildingFaultProfile, now: @escaping @Sendable () -> UTCInstant,
        conditions: @escaping @Sendable (Int, UTCInstant) -> BuildingConditions
    ) {
        let start = now()
        facilities = fleet.facilities.map(\.id)
        positions = Dictionary(zip(facilities, facilities.indices), uniquingKeysWith: { first, _ in first })
        houses = fleet.facilities.enumerated().map { index, facility in
            let own = mixed(mixed(seed, 0x626D_73), UInt64(index))
            let layout = BuildingLayout(
                facility: facility.id, kind: facility.kind, contract: facility.contractDemand?.kilowatts ?? 500,
                seed: own)
            let building = SimulatedBuilding(layout, rules: profile.building, seed: own, start: start) {
                conditions(index, $0)
            }
            return House(State(building: building, faults: FaultStateMachine(profile, seed: own, now: start)))
        }
        self.conditions = conditions
        self.now = now
    }

    /// For the meters of the same fleet.
    package var disturbance: LoadDisturbance {
        LoadDisturbance { [self] facility, moment in
            guard houses.indices.contains(facility) else { return .none }
            return houses[facility].state.withLock { state in
                // Never ahead of the clock: a command may still come in before that moment.
                let present = now()
                guard moment <= present else {
                    var effect = state.building.effect(at: present)
                    effect.kilowattHours += effect.kilowatts * Double(moment.since(present).milliseconds) / 3_600_000
                    return effect
                }
                return state.building.effect(at: moment)
            }
        }
    }

    /// Replaces the faults of one building, or of all; false for an unknown facility.
    @discardableResult
    package func setFaults(_ profile: BuildingFaultProfile, of facility: FacilityID? = nil) -> Bool {
        let wanted = facility.map { positions[$0].map { [$0] } ?? [] } ?? Array(houses.indices)
        for position in wanted {
            let done: Void? = visit(facilities[position]) { building, faults, now in
                faults.set(profile, now: now)
                building.follow(profile.building)
            }
            guard done != nil else { return false }
        }
        return !wanted.isEmpty
    }

    /// As `GET /bms/{facility}/ledger`; nil for an unknown facility.
    package func ledger(of facility: FacilityID) throws -> [UInt8]? { try ledgerBody(of: facility)?.json() }

    func ledgerBody(of facility: FacilityID) -> BuildingLedgerBody? {
        guard let position = positions[facility] else { return nil }
        return visit(facility) { building, faults, now in
            BuildingLedgerBody(building, faults, conditions(position, now))
        }
    }

    /// kW below the undisturbed load of the whole fleet.
    package var reduction: Power {
        Power(
            kilowatts: facilities.reduce(0) { sum, facility in
                sum + (visit(facility) { building, _, _ in building.history.current } ?? 0)
            })
    }

    /// With the building brought up to the present, under its lock; nil for an unknown facility.
    func visit<Result>(
        _ facility: FacilityID,
        _ body: (inout SimulatedBuilding, inout FaultStateMachine, UTCInstant) throws -> Result
    ) rethrows -> Result? {
        guard let position = positions[facility] else { return nil }
        return try houses[position].state.withLock { state in
            state.building.advance(to: now())
            return try body(&state.building, &state.faults, state.building.now)
        }
    }
}
