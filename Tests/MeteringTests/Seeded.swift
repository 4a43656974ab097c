import EnergyModel
import Metering

/// SplitMix64: the same seed gives the same tests everywhere.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}

let noon = UTCInstant(iso8601: "2026-11-21T12:00:00Z") ?? .distantPast

func at(_ seconds: Double, after start: UTCInstant = noon) -> UTCInstant {
    UTCInstant(milliseconds: start.milliseconds + Int64(seconds * 1000))
}

func meter(_ number: UInt32) -> MeterNumber { MeterNumber(rawValue: number) }
func facility(_ number: UInt32) -> FacilityNumber { FacilityNumber(rawValue: number) }

func reading(
    _ seconds: Double, _ kilowatts: Double = .nan, register: Double = .nan, meter number: UInt32 = 0,
    facility home: UInt32 = 0, quality: ReadingQuality = .raw
) -> Reading {
    Reading(
        time: at(seconds), meter: meter(number), facility: facility(home), kilowatts: kilowatts,
        registerKilowattHours: register, quality: quality)
}

func id(_ text: String) -> MeterID {
    guard let id = MeterID(text) else { preconditionFailure("\(text) is no id") }
    return id
}

func site(_ text: String) -> FacilityID {
    guard let id = FacilityID(text) else { preconditionFailure("\(text) is no id") }
    return id
}

/// Meters M-0... with numbers to match, `perFacility` of them in each of F-0...
func directory(meters: UInt32, perFacility: UInt32) -> MeterDirectory {
    var directory = MeterDirectory()
    for number in 0..<max(1, (meters + perFacility - 1) / perFacility) {
        directory.insert(Facility(number: facility(number), id: site("F-\(number)"), name: ""))
    }
    for number in 0..<meters {
        directory.insert(Meter(number: meter(number), id: id("M-\(number)"), facility: facility(number / perFacility)))
    }
    return directory
}
