import EnergyModel
import Synchronization

@testable import Simulator

/// A building on paper: 25 °C outside and a load of 400 kW unless told otherwise, commands done at once.
enum Blueprint {
    static let start = UTCInstant(seconds: 1_780_000_000)
    static let cooling = PointID("02/EAST/CLG_SP")!
    static let heating = PointID("02/EAST/HTG_SP")!
    static let light = PointID("02/EAST/LIGHT")!
    static let relay = PointID("LD/CAR-CHG/RUN")!

    static func building(
        _ kind: FacilityKind = .office, rules: BuildingRules = BuildingRules(applyDelay: .zero ... .zero),
        outdoor: Double = 25, load: Double = 400
    ) -> SimulatedBuilding {
        let layout = BuildingLayout(facility: FacilityID("F-001")!, kind: kind, contract: 500, seed: 7)
        return SimulatedBuilding(layout, rules: rules, seed: 7, start: start) { _ in
            BuildingConditions(outdoor: outdoor, undisturbed: load)
        }
    }

    static func write(
        _ point: PointID, _ value: Double?, at slot: Int, expires: UTCInstant? = nil
    ) -> BuildingWrite {
        BuildingWrite(point: point, value: value, slot: PrioritySlot(rawValue: slot)!, expiresAt: expires)
    }
}

/// Time that stands until it is moved.
final class StandingTime: Sendable {
    private let state: Mutex<UTCInstant>
    init(_ start: UTCInstant) { state = Mutex(start) }
    var now: UTCInstant { state.withLock { $0 } }
    func move(by span: Duration) { state.withLock { $0 = $0.advanced(by: span) } }
}

extension SimulatedBuilding {
    func present(_ point: PointID) -> Double {
        position(of: point).map { points[$0].array.present } ?? .nan
    }
    /// kW below the undisturbed load.
    mutating func reduction(at moment: UTCInstant) -> Double { effect(at: moment).kilowatts }

    /// What lowering a heating set-point by 2 K gives at once.
    func heatingGiven() -> Double {
        var building = self
        _ = building.execute([Blueprint.write(Blueprint.heating, 19, at: 10)], key: "heat")
        return building.reduction(at: Blueprint.start)
    }
}
