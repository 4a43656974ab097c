import DemandResponse
import EnergyModel

/// SplitMix64: the same seed gives the same run everywhere.
struct SagaDice: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x2545_F491_4F6C_DD1D &+ 7 }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
    mutating func unit() -> Double { Double.random(in: 0..<1, using: &self) }
    mutating func seconds(_ range: ClosedRange<Int64>) -> Duration {
        .milliseconds(Int64.random(in: range.lowerBound * 1000...range.upperBound * 1000, using: &self))
    }
}

let sagaStart = UTCInstant(iso8601: "2026-07-15T21:00:00Z") ?? .distantPast
let sagaEnd = sagaStart.advanced(by: .seconds(3600))
let sagaEvent = eventID("evt-1")

func eventID(_ text: String) -> DREventID {
    guard let id = DREventID(text) else { preconditionFailure("\(text) is no event id") }
    return id
}

func building(_ number: Int) -> FacilityID {
    guard let id = FacilityID("F-\(number)") else { preconditionFailure("no id") }
    return id
}

func pointID(_ text: String) -> PointID {
    guard let id = PointID(text) else { preconditionFailure("\(text) is no point id") }
    return id
}

/// `points` cooling set-points for each of `buildings`, numbered over the whole event.
func samplePlan(
    buildings: Int, points: Int, value: Double = 25, kilowatts: Double = 50, steps: Int = 1,
    from start: UTCInstant = sagaStart, until end: UTCInstant = sagaEnd, target: Double? = nil
) -> DispatchPlan {
    var sequence = 0
    let legs = (0..<buildings).map { number in
        let commands = (0..<points).map { point in
            sequence += 1
            return CommandPlan(
                sequence: sequence, step: point % steps, point: pointID("AHU-\(point)/CLG_SP"),
                kind: .coolingSetPoint, value: value, slot: .demandResponse, startsAt: start, endsAt: end,
                expiresAt: end.advanced(by: .seconds(900)), expected: Power(kilowatts: kilowatts))
        }
        return LegPlan(
            facility: building(number), commands: commands,
            expected: Power(kilowatts: kilowatts * Double(points)),
            releaseOffset: .seconds(Int64(number) * 10))
    }
    return DispatchPlan(
        event: sagaEvent, version: 1, window: TimeRange(start: start, end: end),
        target: target.map(Power.init(kilowatts:)), forecastQuality: .normal, legs: legs)
}

/// A building management system that does each key once, whatever comes how often.
struct ModelBuilding {
    private(set) var slots: [PointID: Double] = [:]
    private(set) var executed: [IdempotencyKey: Int] = [:]
    var accepted: Set<IdempotencyKey> = []

    mutating func take(_ request: BuildingRequest) -> BuildingAnswer {
        switch request.operation {
        case .write(let value):
            if executed[request.key] == nil {
                executed[request.key] = 1
                slots[request.point] = value
            }
            return .applied(executionID: "x-\(request.key)")
        case .release:
            if executed[request.key] == nil {
                executed[request.key] = 1
                slots[request.point] = nil
            }
            return .applied(executionID: nil)
        case .status:
            return executed[request.key] != nil ? .applied(executionID: "x-\(request.key)") : .notKnown
        case .readSlot: return .slot(slots[request.point])
        }
    }
}
