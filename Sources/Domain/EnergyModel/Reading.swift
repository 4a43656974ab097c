/// One instantaneous meter reading after decoding: 40 bytes, no references. Stamped by the start of its 15-s slot.
package struct Reading: Hashable, Sendable {
    package var time: UTCInstant
    /// Kilowatts; NaN when the meter sent none. Positive is import.
    package var kilowatts: Double
    /// Cumulative register in kilowatt-hours; NaN when the meter sent none.
    package var registerKilowattHours: Double
    package var meter: MeterNumber
    package var facility: FacilityNumber
    /// Volts; NaN when the meter sent none.
    package var volts: Float
    package var quality: ReadingQuality

    package init(
        time: UTCInstant, meter: MeterNumber, facility: FacilityNumber, kilowatts: Double,
        registerKilowattHours: Double = .nan, volts: Float = .nan, quality: ReadingQuality = .raw
    ) {
        self.time = time
        self.kilowatts = kilowatts
        self.registerKilowattHours = registerKilowattHours
        self.meter = meter
        self.facility = facility
        self.volts = volts
        self.quality = quality
    }

    /// Meters report every 15 s (ledger BASE-05).
    package static let interval = Duration.seconds(15)
    package static let intervalMilliseconds: Int64 = 15_000
}

/// What a reading is worth. Names and meaning: DOMAIN.md §5.2. Raw values are stored: never renumber.
package enum ReadingQuality: UInt8, Sendable, Codable, CaseIterable {
    case validated = 0
    case raw = 1
    /// Estimated from a reference day.
    case estimated = 2
    case interpolated = 3
    case edited = 4
    case questionable = 5

    /// Counts toward the quality share of a rollup: validated, raw and edited.
    package var isGood: Bool { self == .validated || self == .raw || self == .edited }

    package var name: String {
        switch self {
        case .validated: "validated"
        case .raw: "raw"
        case .estimated: "estimated"
        case .interpolated: "interpolated"
        case .edited: "edited"
        case .questionable: "questionable"
        }
    }

    package init?(name: some StringProtocol) {
        guard let match = ReadingQuality.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }
}
