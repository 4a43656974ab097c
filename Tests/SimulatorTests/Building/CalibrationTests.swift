import DemandResponse
import EnergyModel
import Testing

@testable import Simulator

/// The simulated buildings must neither starve an honest plan nor flatter it.
@Suite("Simulated buildings and the engine's estimates")
struct CalibrationTests {
    /// 9:00 and 18:00 UTC by turns in January, April, July and October of 2026, and how deep to go.
    static let cases = [(0, 9, 3), (90, 18, 3), (181, 18, 2), (273, 9, 2)].map { day, hour, level in
        (UTCInstant(seconds: 1_767_225_600 + day * 86_400 + hour * 3600), level)
    }

    @Test("give about what a plan without weather expects of them", arguments: cases)
    func plan(moment: UTCInstant, level: Int) throws {
        let time = StandingTime(moment)
        let fleet = try Fleet(facilities: 10, meters: 10, seed: 5, from: moment)
        let buildings = SimulatedBuildings(
            fleet: fleet, seed: 5, profile: BuildingFaultProfile(building: BuildingRules(applyDelay: .zero ... .zero)),
            now: { time.now })
        let window = TimeRange(start: moment, end: moment.advanced(by: .seconds(900)))
        let outlooks = fleet.facilities.enumerated().map { index, facility in
            let load = fleet.loads[index].kilowatts(at: moment.milliseconds)
            let points = buildings.visit(facility.id) { building, _, _ in building.points.map(\.described) } ?? []
            return FacilityOutlook(
                facility: facility.id, kind: facility.kind, points: points,
                load: [
                    LoadBand(
                        range: window, lower: Power(kilowatts: 0.9 * load), expected: Power(kilowatts: load),
                        upper: Power(kilowatts: 1.1 * load))
                ], quality: .heuristic)
        }
        let schedule = EventSchedule(slots: [.init(interval: 0, range: window, signal: .level(level))])
        let event = try #require(DREventID("E"))
        let plan = DispatchPlanner().propose(
            PlanRequest(event: event, schedule: schedule, facilities: outlooks, now: moment)
        ).plan
        for leg in plan.legs {
            _ = buildings.visit(leg.facility) { building, _, _ in
                for command in leg.commands {
                    _ = building.execute(
                        [BuildingWrite(point: command.point, value: command.value, slot: command.slot)],
                        key: "\(command.sequence)")
                }
            }
        }
        time.move(by: .seconds(600))
        let share = buildings.reduction.kilowatts / plan.expected.kilowatts
        #expect(plan.expected.kilowatts > 100)
        #expect((0.85...1.7).contains(share), "\(share) of \(plan.expected.kilowatts) kW")
    }
}
