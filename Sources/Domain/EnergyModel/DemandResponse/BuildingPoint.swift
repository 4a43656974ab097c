/// A commandable point of a building as its BMS names it, e.g. `01/AHU-1/CLG_SP`: 1-128 printable ASCII characters, no space
/// at either end.
package struct PointID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let text: String

    package init?(_ text: String) {
        let bytes = text.utf8
        guard (1...128).contains(bytes.count), bytes.allSatisfy({ (0x20...0x7E).contains($0) }), bytes.first != 0x20,
            bytes.last != 0x20
        else { return nil }
        self.text = text
    }

    package var description: String { text }
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = PointID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a point id is 1-128 printable ASCII characters")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

package enum PointKind: String, Sendable, Codable, CaseIterable {
    /// Zone cooling set-point, °C; raised to shed.
    case coolingSetPoint = "cooling"
    /// Zone heating set-point, °C; lowered to shed.
    case heatingSetPoint = "heating"
    /// Light level, 0...1 of full; lowered to shed.
    case lightLevel = "light"
    /// A load behind a relay, 1 on, 0 off.
    case switchedLoad = "switched"

    package var unit: String {
        switch self {
        case .coolingSetPoint, .heatingSetPoint: "°C"
        case .lightLevel: "of full"
        case .switchedLoad: "on"
        }
    }
    package var isThermal: Bool { self == .coolingSetPoint || self == .heatingSetPoint }
}

/// What the planner knows of one point.
package struct BuildingPoint: Hashable, Sendable, Codable {
    package var id: PointID
    package var kind: PointKind
    /// The zone it serves; a zone's heating and cooling points belong together.
    package var zone: String
    /// Value without demand response, in the kind's unit.
    package var normal: Double
    /// Electric power that lies behind the point at its normal value; nil when unknown.
    package var rated: Power?
    /// Never touched by demand response.
    package var isCritical: Bool
    /// An operator's value stands above ours in the priority array and would hide it.
    package var isHeldByOperator: Bool
    /// Longest time the load may stay shed; nil for no limit.
    package var longestShed: Duration?

    package init(
        id: PointID, kind: PointKind, zone: String, normal: Double, rated: Power? = nil, isCritical: Bool = false,
        isHeldByOperator: Bool = false, longestShed: Duration? = nil
    ) {
        self.id = id
        self.kind = kind
        self.zone = zone
        self.normal = normal
        self.rated = rated
        self.isCritical = isCritical
        self.isHeldByOperator = isHeldByOperator
        self.longestShed = longestShed
    }
}

/// A slot of BACnet's 16-slot priority array; the lowest number that holds a value wins.
package struct PrioritySlot: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: Int

    /// Nil outside 1...16.
    package init?(rawValue: Int) {
        guard (1...16).contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(known: Int) { rawValue = known }

    package static let operatorOverride = PrioritySlot(known: 8)
    package static let demandResponse = PrioritySlot(known: 10)
    package static let lowest = PrioritySlot(known: 16)

    /// Slots demand response may be configured to: 9...15. Never 1-6, which belong to life safety and minimum on/off.
    package var isForDemandResponse: Bool { (9...15).contains(rawValue) }
    /// Slots this engine ever writes or releases.
    package var isOurs: Bool { self == .operatorOverride || isForDemandResponse }

    package var description: String { "@\(rawValue)" }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let slot = PrioritySlot(rawValue: try container.decode(Int.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a priority slot is 1...16")
        }
        self = slot
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// What one point of a building reads: its value and its priority array.
package struct PointReading: Hashable, Sendable, Codable {
    package var point: PointID
    package var value: Double
    /// Values by slot, 1...16; a slot that holds nothing is absent.
    package var slots: [Int: Double]
    package var at: UTCInstant

    package init(point: PointID, value: Double, slots: [Int: Double], at: UTCInstant) {
        self.point = point
        self.value = value
        self.slots = slots
        self.at = at
    }
}
