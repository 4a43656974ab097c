import Console
import EnergyModel
import Ports

/// Demand response of the bench's fleet: 500 events, 20 of them open, every third building taking part in one.
extension BenchFleet {
    private static let points = (1...24).compactMap { PointID("0\($0 % 9)/AHU-\($0)/CLG_SP") }

    static func events(at: UTCInstant) -> [DemandResponseEvent] {
        (0..<500).compactMap { number in
            guard let id = DREventID("bench-\(number)") else { return nil }
            let isOpen = number < 20
            let start = at.advanced(by: .seconds(isOpen ? -600 - number * 7 : -86_400 * number))
            return DemandResponseEvent(
                id: id, program: "bench", name: "Bench event \(number)", priority: number % 4, source: "openadr-3.1",
                window: TimeRange(start: start, end: start.advanced(by: .seconds(3600))),
                status: isOpen ? (number % 5 == 4 ? .degraded : .active) : .completed, ordinal: 40, isSettled: !isOpen,
                receivedAt: start.advanced(by: .seconds(-1200)), modifiedAt: start.advanced(by: .seconds(-1200)),
                target: Power(kilowatts: 400), expected: Power(kilowatts: 420),
                achieved: Power(kilowatts: 380 + Double(number % 37)), forecastQuality: .heuristic)
        }
    }

    func withResponse(_ snapshot: OperatorSnapshot, drift: Int) -> OperatorSnapshot {
        var snapshot = snapshot
        snapshot.openEvents = Array(Self.events(at: snapshot.at).prefix(20))
        for index in stride(from: 0, to: snapshot.facilities.count, by: 3) {
            let event = snapshot.openEvents[index / 3 % snapshot.openEvents.count]
            snapshot.facilities[index].response = FacilityResponse(
                event: event.id, state: .active, window: event.window, expected: Power(kilowatts: 20),
                achieved: Power(kilowatts: 15 + Double((index + drift) % 9)), baseline: Power(kilowatts: 400))
        }
        return snapshot
    }

    static func building(_ facility: FacilityID, at: UTCInstant) -> BuildingView {
        let views = points.enumerated().map { index, id in
            let slots = index % 3 == 0 ? [10: 25.5] : [:]
            return PointView(
                point: BuildingPoint(id: id, kind: .coolingSetPoint, zone: "ZONE-\(index % 6)", normal: 23.5),
                reading: PointReading(point: id, value: slots[10] ?? 23.5, slots: slots, at: at), holders: [])
        }
        return BuildingView(
            facility: facility, endpoint: "http://bms.example/soap", points: views, readAt: at, failure: nil)
    }
}
