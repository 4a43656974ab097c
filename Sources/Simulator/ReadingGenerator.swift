import EnergyModel

/// One reading in whole thousandths, so that its text is exact and cheap to write.
package struct SimulatedReading: Hashable, Sendable {
    /// Position in the fleet.
    package var meter: Int32
    package var time: UTCInstant
    package var watts: Int64
    package var registerWattHours: Int64
    package var decivolts: Int32

    package var kilowatts: Double { Double(watts) / 1000 }
    package var registerKilowattHours: Double { Double(registerWattHours) / 1000 }
}

/// Tells what any meter shows at any moment. Same fleet, disturbance, meter and moment: same reading.
package struct ReadingGenerator: Sendable {
    private var fleet: Fleet
    private let seed: UInt64
    private let voltage: SmoothNoise
    private let disturbance: LoadDisturbance

    package init(fleet: Fleet, seed: UInt64, disturbance: LoadDisturbance = .none) {
        self.fleet = fleet
        self.disturbance = disturbance
        self.seed = mixed(seed, 0x6D65_7465_72)
        voltage = SmoothNoise(seed: mixed(seed, 0x766F_6C74), periodMilliseconds: 600_000)
    }

    /// The register is a function of the load, not of what was asked before; its energy is cached by quarter-hour.
    package mutating func reading(meter: Int, at time: UTCInstant) -> SimulatedReading {
        let facility = fleet.facilityOfMeter[meter]
        let moment = time.milliseconds
        let share = fleet.shares[meter]
        let flicker = 1 + 0.006 * (unit(mixed(seed, UInt64(meter)), UInt64(bitPattern: moment)) - 0.5)
        let effect = disturbance.effect(facility, time)
        let kilowatts = (fleet.loads[facility].kilowatts(at: moment) - effect.kilowatts) * share * flicker
        let energy = fleet.loads[facility].kilowattHours(at: moment) - effect.kilowattHours
        var register = fleet.registerStarts[meter] + energy * share
        if let limit = fleet.registerLimits[meter] { register.formTruncatingRemainder(dividingBy: limit) }
        let volts = 230 + 3 * voltage.value(at: moment + Int64(facility) * 77_777)
        return SimulatedReading(
            meter: Int32(meter), time: time, watts: Int64((kilowatts * 1000).rounded()),
            registerWattHours: Int64((max(0, register) * 1000).rounded(.down)), decivolts: Int32((volts * 10).rounded())
        )
    }
}
