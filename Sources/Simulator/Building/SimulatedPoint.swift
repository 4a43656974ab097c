import EnergyModel

/// One commandable point and the equipment behind it.
struct SimulatedPoint: Sendable {
    let description: BuildingPoint
    /// Position of its zone in the building.
    let zone: Int
    /// Values the device takes at all; anything else is refused.
    let range: ClosedRange<Double>
    /// A relay keeps a state at least this long, whatever is written meanwhile.
    let minimumHold: Duration
    private(set) var array: PriorityArray
    /// What the equipment does; behind `array.present` while a minimum time runs.
    private(set) var output: Double
    private var changedAt = UTCInstant.distantPast

    init(_ description: BuildingPoint, zone: Int) {
        self.description = description
        self.zone = zone
        array = PriorityArray(relinquishDefault: description.normal)
        output = description.normal
        switch description.kind {
        case .coolingSetPoint: (range, minimumHold) = (18...30, .zero)
        case .heatingSetPoint: (range, minimumHold) = (12...26, .zero)
        case .lightLevel: (range, minimumHold) = (0...1, .zero)
        case .switchedLoad: (range, minimumHold) = (0...1, .seconds(180))
        }
    }

    /// `description` as it stands now: somebody above demand response may hold the point.
    var described: BuildingPoint {
        var point = description
        point.isHeldByOperator = array.active.map { $0 < .demandResponse } ?? false
        return point
    }

    func reading(at now: UTCInstant) -> PointReading {
        let slots = array.holdings.map { ($0.slot.rawValue, $0.holding.value) }
        return PointReading(
            point: description.id, value: array.present, slots: Dictionary(uniqueKeysWithValues: slots), at: now)
    }

    var isMoved: Bool { output != description.normal }
    /// How far the equipment stands below its normal value.
    var shortfall: Double { description.normal - output }
    /// When a relay that waits may switch; nil when none waits.
    var nextSwitch: UTCInstant? { output == array.present ? nil : changedAt.advanced(by: minimumHold) }

    mutating func write(_ holding: PriorityArray.Holding, at slot: PrioritySlot) {
        array.write(holding, at: slot)
    }
    mutating func relinquish(_ slot: PrioritySlot) -> PriorityArray.Holding? { array.relinquish(slot) }
    mutating func expire(now: UTCInstant) -> [(slot: PrioritySlot, holding: PriorityArray.Holding)] {
        array.expire(now: now)
    }

    /// Lets the equipment follow as soon as its minimum time allows.
    mutating func follow(now: UTCInstant) {
        guard output != array.present, now >= changedAt.advanced(by: minimumHold) else { return }
        output = array.present
        changedAt = now
    }
}
