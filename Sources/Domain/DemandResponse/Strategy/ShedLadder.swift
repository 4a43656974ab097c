import EnergyModel

/// What one building can give at each level, with the safety envelope already applied: only clamped values count.
struct ShedLadder {
    struct Measure {
        var point: BuildingPoint
        var value: Double
        /// Expected reduction in event hour 1.
        var kilowatts: Double

        /// Thermal sheds decay, others do not.
        func kilowatts(remaining share: Double) -> Double { point.kind.isThermal ? kilowatts * share : kilowatts }
    }

    let outlook: FacilityOutlook
    /// By level: 1, 2, 3.
    private(set) var measures: [[Measure]] = []
    private(set) var clamped: [[ClampedPoint]] = []
    private(set) var exclusions: [Exclusion] = []
    private let rules: PlanRules
    private let window: TimeRange
    let isSensitive: Bool
    private let coolingZones: Int
    /// Normal set-points by zone, for the deadband between the two; empty in buildings with one kind only.
    private let cooling: [String: Double]
    private let heating: [String: Double]
    /// Lower bound of the load in the event's weakest moment, kW.
    private let load: Double

    init(_ outlook: FacilityOutlook, window: TimeRange, _ rules: PlanRules) {
        self.outlook = outlook
        self.rules = rules
        self.window = window
        isSensitive = outlook.isSensitive
        coolingZones = outlook.points.reduce(0) { $0 + ($1.kind == .coolingSetPoint ? 1 : 0) }
        let hasBoth = coolingZones > 0 && outlook.points.contains { $0.kind == .heatingSetPoint }
        cooling = hasBoth ? normals(.coolingSetPoint, outlook.points) : [:]
        heating = hasBoth ? normals(.heatingSetPoint, outlook.points) : [:]
        load = outlook.lowest(in: window)?.kilowatts ?? 0
        let points = outlook.points.sorted { ($0.kind.order, $0.id) < ($1.kind.order, $1.id) }
        for level in [ShedLevel.moderate, .high, .emergency] { add(level, points) }
        guard !exclusions.isEmpty else { return }
        let used = Set(measures.joined().map(\.point.id))
        exclusions = Set(exclusions).filter { $0.point.map { !used.contains($0) } ?? true }
            .sorted { ($0.point?.text ?? "") < ($1.point?.text ?? "") }
    }

    /// Power that may be taken away: lower bound above the firm minimum.
    func room(in range: TimeRange) -> Double {
        guard let lower = outlook.lowest(in: range) ?? heuristicLoad else { return .infinity }
        return max(0, lower.kilowatts - outlook.firmMinimum.kilowatts)
    }

    /// Expected reduction at `level` over a stage, taken in its weakest moment.
    func gain(_ level: ShedLevel, in range: TimeRange) -> Double {
        guard level > .none else { return 0 }
        let remaining = remaining(in: range)
        let sum = measures[level.rawValue - 1].reduce(0) { $0 + $1.kilowatts(remaining: remaining) }
        return min(sum, room(in: range))
    }

    /// The same by measure, in order.
    func gains(_ level: ShedLevel, in range: TimeRange) -> [Double] {
        guard level > .none else { return [] }
        let remaining = remaining(in: range)
        let raw = measures[level.rawValue - 1].map { $0.kilowatts(remaining: remaining) }
        let sum = raw.reduce(0, +)
        let room = room(in: range)
        return sum > room && sum > 0 ? raw.map { $0 * room / sum } : raw
    }

    private func remaining(in range: TimeRange) -> Double {
        rules.estimate.remaining(hour: Int(range.end.since(window.start).milliseconds - 1) / 3_600_000 + 1)
    }

    var isEmpty: Bool { measures.allSatisfy(\.isEmpty) }

    private var heuristicLoad: Power? { outlook.load.isEmpty ? outlook.contractDemand : nil }

    private mutating func add(_ level: ShedLevel, _ points: [BuildingPoint]) {
        var found: [Measure] = []
        var bound: [ClampedPoint] = []
        var zoneValues: [String: Double] = [:]
        for point in points {
            guard let proposed = proposal(point, level) else { continue }
            let verdict = rules.envelope.judge(point, proposed: proposed, partner: partner(of: point, zoneValues))
            switch verdict {
            case .forbidden(let reason):
                exclusions.append(Exclusion(facility: outlook.facility, point: point.id, reason: reason))
                continue
            case .clamped(let value):
                bound.append(
                    ClampedPoint(
                        facility: outlook.facility, point: point.id, proposed: proposed, allowed: value))
                found.append(Measure(point: point, value: value, kilowatts: kilowatts(point, value)))
            case .allowed(let value):
                found.append(Measure(point: point, value: value, kilowatts: kilowatts(point, value)))
            }
            if !cooling.isEmpty, point.kind == .coolingSetPoint, let value = found.last?.value {
                zoneValues[point.zone] = value
            }
        }
        measures.append(found)
        clamped.append(bound)
    }

    private func proposal(_ point: BuildingPoint, _ level: ShedLevel) -> Double? {
        switch point.kind {
        case .coolingSetPoint: isCoolingSeason ? point.normal + level.degrees : nil
        case .heatingSetPoint: isCoolingSeason ? nil : point.normal - level.degrees
        case .lightLevel: point.normal * (1 - level.dimming)
        case .switchedLoad: level.opensRelays ? 0 : nil
        }
    }

    private var isCoolingSeason: Bool {
        outlook.outdoor.map { $0.celsius >= rules.estimate.coolingBegins } ?? true
    }

    /// The zone's other set-point while this one is in force.
    private func partner(of point: BuildingPoint, _ chosen: [String: Double]) -> Double? {
        switch point.kind {
        case .coolingSetPoint: heating[point.zone]
        case .heatingSetPoint: chosen[point.zone] ?? cooling[point.zone]
        case .lightLevel, .switchedLoad: nil
        }
    }

    /// Reduction in the first event hour. Cooling zones share the building's figure; other points count what lies behind
    /// them, and nothing when that is unknown.
    private func kilowatts(_ point: BuildingPoint, _ value: Double) -> Double {
        switch point.kind {
        case .coolingSetPoint: return buildingShare(raisedBy: value - point.normal)
        case .heatingSetPoint:
            return (point.rated?.kilowatts ?? 0) * min(1, (point.normal - value) / 10)
        case .lightLevel:
            guard point.normal > 0 else { return 0 }
            return (point.rated?.kilowatts ?? 0) * (point.normal - value) / point.normal
        case .switchedLoad: return point.rated?.kilowatts ?? 0
        }
    }

    private func buildingShare(raisedBy degrees: Double) -> Double {
        guard coolingZones > 0 else { return 0 }
        if let heuristicLoad {
            return heuristicLoad.kilowatts * rules.estimate.heuristicShare
                * min(1, degrees / ShedLevel.emergency.degrees) / Double(coolingZones)
        }
        return load * rules.estimate.coolingShare(outdoor: outlook.outdoor, hour: 1, degrees: degrees)
            / Double(coolingZones)
    }
}

private func normals(_ kind: PointKind, _ points: [BuildingPoint]) -> [String: Double] {
    var normals: [String: Double] = [:]
    for point in points where point.kind == kind { normals[point.zone] = point.normal }
    return normals
}

extension PointKind {
    /// Cooling before heating, so that a zone's heating point sees the cooling value chosen.
    fileprivate var order: Int {
        switch self {
        case .coolingSetPoint: 0
        case .heatingSetPoint: 1
        case .lightLevel: 2
        case .switchedLoad: 3
        }
    }
}
