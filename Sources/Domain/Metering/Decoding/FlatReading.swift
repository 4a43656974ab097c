import EnergyModel

/// One object of the plain form as it stands in a payload: no references, and nothing judged but its types.
struct FlatReading {
    var meter = FlatText()
    var facility = FlatText()
    /// Milliseconds of the timestamp; nil until read.
    var time: Int64?
    /// NaN stands for "not sent" here and below.
    var kilowatts = Double.nan
    var register = Double.nan
    var volts = Double.nan
    /// The only one the short way knows is `raw`, also when none is sent.
    var hasQuality = false

    var isWhole: Bool { time != nil && !(kilowatts.isNaN && register.isNaN && volts.isNaN) }

    /// With the numbers of its ids. Call it only on one that is sound.
    @inline(__always)
    func reading(meter: MeterNumber, facility: FacilityNumber) -> Reading {
        Reading(
            time: UTCInstant(milliseconds: time ?? 0), meter: meter, facility: facility, kilowatts: kilowatts,
            registerKilowattHours: register, volts: Float(volts), quality: .raw)
    }

    func draft(in source: UnsafeRawBufferPointer) -> ReadingDraft {
        var draft = ReadingDraft(
            time: UTCInstant(milliseconds: time ?? 0), kilowatts: kilowatts, registerKilowattHours: register,
            volts: volts)
        if meter.isSet { draft.meter = .bytes(meter.bytes(in: source)) }
        if facility.isSet { draft.facility = .bytes(facility.bytes(in: source)) }
        return draft
    }
}
