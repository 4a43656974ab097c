/// Electric power in kilowatts. Positive is import (consumption), negative is export.
package struct Power: Hashable, Comparable, Sendable, Codable {
    package var kilowatts: Double

    package init(kilowatts: Double) { self.kilowatts = kilowatts }

    package static let zero = Power(kilowatts: 0)
    package static func < (left: Power, right: Power) -> Bool { left.kilowatts < right.kilowatts }
    package static func + (left: Power, right: Power) -> Power { Power(kilowatts: left.kilowatts + right.kilowatts) }
    package static func - (left: Power, right: Power) -> Power { Power(kilowatts: left.kilowatts - right.kilowatts) }
}

/// Electric energy in kilowatt-hours. Positive is import.
package struct Energy: Hashable, Comparable, Sendable, Codable {
    package var kilowattHours: Double

    package init(kilowattHours: Double) { self.kilowattHours = kilowattHours }

    package static let zero = Energy(kilowattHours: 0)
    package static func < (left: Energy, right: Energy) -> Bool { left.kilowattHours < right.kilowattHours }
    package static func + (left: Energy, right: Energy) -> Energy {
        Energy(kilowattHours: left.kilowattHours + right.kilowattHours)
    }
    package static func - (left: Energy, right: Energy) -> Energy {
        Energy(kilowattHours: left.kilowattHours - right.kilowattHours)
    }
}

/// Outdoor or zone temperature in degrees Celsius.
package struct Temperature: Hashable, Comparable, Sendable, Codable {
    package var celsius: Double

    package init(celsius: Double) { self.celsius = celsius }

    package static func < (left: Temperature, right: Temperature) -> Bool { left.celsius < right.celsius }
}
