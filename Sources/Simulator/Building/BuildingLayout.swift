import EnergyModel

/// What stands in a simulated building: zones, points, and the electric power behind them.
struct BuildingLayout: Sendable {
    /// Shares of a facility's load by what can be commanded.
    struct Shares: Sendable {
        /// Of the cooling and heating that the weather calls for.
        var climate: Double
        var light: Double
        var switched: Double
    }

    let facility: FacilityID
    let kind: FacilityKind
    /// kW of a usual day's peak; what `rated` is measured against.
    let reference: Double
    private(set) var zones: [ThermalZone] = []
    private(set) var points: [SimulatedPoint] = []

    /// `contract` in kW. Same kind, size and seed: same building.
    init(facility: FacilityID, kind: FacilityKind, contract: Double, seed: UInt64) {
        self.facility = facility
        self.kind = kind
        reference = contract * 0.75
        let plans = Self.zonePlans(kind)
        let sum = plans.reduce(0) { $0 + $1.weight }
        for (index, plan) in plans.enumerated() {
            zones.append(
                ThermalZone(
                    weight: plan.weight / sum, timeConstant: uniform(seed, UInt64(index), in: 6...12),
                    band: uniform(seed, 40 + UInt64(index), in: 2.6...3.4)))
            addZonePoints(plan, index)
        }
        let switches = Self.switchPlans(kind)
        for plan in switches {
            let rated = reference * shares.switched / Double(switches.count)
            add(
                "LD/\(plan.name)/RUN", .switchedLoad, "LOADS", zone: 0, normal: 1, rated: rated,
                isCritical: plan.isCritical, longestShed: plan.longestShed)
        }
    }

    var shares: Shares {
        switch kind {
        case .office, .other: Shares(climate: 1, light: 0.12, switched: 0.04)
        case .hospital: Shares(climate: 1, light: 0.07, switched: 0.03)
        case .factory: Shares(climate: 0.8, light: 0.05, switched: 0.18)
        case .dataCentre: Shares(climate: 0.9, light: 0.01, switched: 0.03)
        case .school: Shares(climate: 1, light: 0.15, switched: 0.03)
        case .store: Shares(climate: 1, light: 0.2, switched: 0.06)
        }
    }

    /// Of the load, at this outdoor temperature in °C. Fitted so that +2 K gives LBNL's field medians in the first hour. Inner
    /// zones, full of people and machines, are cooled all the year.
    static func coolingShare(outdoor: Double) -> Double { min(0.45, max(0.18, 0.10 + 0.012 * (outdoor - 12))) }
    static func heatingShare(outdoor: Double) -> Double {
        outdoor > 15 ? 0 : min(0.3, 0.04 + 0.01 * (15 - outdoor))
    }

    private mutating func addZonePoints(_ plan: ZonePlan, _ zone: Int) {
        let share = zones[zone].weight
        let floor = zone + 1 < 10 ? "0\(zone + 1)" : "\(zone + 1)"
        let climate = reference * shares.climate * share
        add(
            "\(floor)/\(plan.name)/CLG_SP", .coolingSetPoint, plan.name, zone: zone, normal: plan.cooling,
            rated: climate * 0.25, isCritical: plan.isCritical)
        if plan.cooling - 2.5 >= 18 {
            add(
                "\(floor)/\(plan.name)/HTG_SP", .heatingSetPoint, plan.name, zone: zone, normal: plan.cooling - 2.5,
                rated: climate * 0.12, isCritical: plan.isCritical)
        }
        add(
            "\(floor)/\(plan.name)/LIGHT", .lightLevel, plan.name, zone: zone, normal: 1,
            rated: reference * shares.light * share, isCritical: plan.isCritical)
    }

    private mutating func add(
        _ text: String, _ kind: PointKind, _ zoneName: String, zone: Int, normal: Double, rated: Double,
        isCritical: Bool, longestShed: Duration? = nil
    ) {
        guard let id = PointID(text) else { return }
        points.append(
            SimulatedPoint(
                BuildingPoint(
                    id: id, kind: kind, zone: zoneName, normal: normal,
                    rated: Power(kilowatts: (rated * 10).rounded() / 10), isCritical: isCritical,
                    longestShed: longestShed),
                zone: zone))
    }
}

private struct ZonePlan {
    let name: String
    let weight: Double
    var cooling = 23.5
    var isCritical = false
}

private struct SwitchPlan {
    let name: String
    var isCritical = false
    var longestShed: Duration?
}

extension BuildingLayout {
    private static func zonePlans(_ kind: FacilityKind) -> [ZonePlan] {
        switch kind {
        case .office, .other:
            [
                ZonePlan(name: "NORTH", weight: 1), ZonePlan(name: "EAST", weight: 1),
                ZonePlan(name: "SOUTH", weight: 1),
                ZonePlan(name: "WEST", weight: 1),
            ]
        case .hospital:
            [
                ZonePlan(name: "THEATRE", weight: 1, cooling: 20, isCritical: true),
                ZonePlan(name: "ICU", weight: 1, cooling: 22, isCritical: true), ZonePlan(name: "WARD-A", weight: 1.5),
                ZonePlan(name: "WARD-B", weight: 1.5), ZonePlan(name: "ADMIN", weight: 1),
            ]
        case .factory:
            [
                ZonePlan(name: "HALL-1", weight: 2, cooling: 24.5), ZonePlan(name: "HALL-2", weight: 2, cooling: 24.5),
                ZonePlan(name: "OFFICE", weight: 1),
            ]
        case .dataCentre:
            [
                ZonePlan(name: "HALL-A", weight: 2, cooling: 22.5, isCritical: true),
                ZonePlan(name: "HALL-B", weight: 2, cooling: 22.5, isCritical: true),
                ZonePlan(name: "OFFICE", weight: 1.5), ZonePlan(name: "PLANT", weight: 2, cooling: 25),
            ]
        case .school:
            [
                ZonePlan(name: "CLASS-A", weight: 1.5), ZonePlan(name: "CLASS-B", weight: 1.5),
                ZonePlan(name: "GYM", weight: 1, cooling: 24), ZonePlan(name: "STAFF", weight: 0.5),
            ]
        case .store: [ZonePlan(name: "SALES", weight: 3), ZonePlan(name: "BACK", weight: 1, cooling: 24)]
        }
    }

    private static func switchPlans(_ kind: FacilityKind) -> [SwitchPlan] {
        switch kind {
        case .office, .other: [SwitchPlan(name: "CAR-CHG"), SwitchPlan(name: "FOUNTAIN")]
        case .hospital: [SwitchPlan(name: "MED-AIR", isCritical: true), SwitchPlan(name: "LAUNDRY")]
        case .factory:
            [
                SwitchPlan(name: "COMPR-1", longestShed: .seconds(3600)), SwitchPlan(name: "FURNACE"),
                SwitchPlan(name: "MILL"),
            ]
        case .dataCentre: [SwitchPlan(name: "UPS-CHG", isCritical: true)]
        case .school: [SwitchPlan(name: "POOL-PUMP")]
        case .store: [SwitchPlan(name: "DEFROST", longestShed: .seconds(1800)), SwitchPlan(name: "SIGNS")]
        }
    }
}
