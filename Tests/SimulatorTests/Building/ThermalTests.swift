import EnergyModel
import Testing

@testable import Simulator

@Suite("What a shed does to a building's load")
struct ThermalTests {
    private func minute(_ number: Int) -> UTCInstant { Blueprint.start.advanced(by: .seconds(60 * number)) }

    /// Every zone's cooling set-point up by `degrees`.
    private func shed(_ building: inout SimulatedBuilding, by degrees: Double?, key: String) {
        let writes = building.points.map(\.description).filter { $0.kind == .coolingSetPoint }
            .map { Blueprint.write($0.id, degrees.map { [normal = $0.normal] in normal + $0 }, at: 10) }
        _ = building.execute(writes, key: key)
    }

    @Test("+2 K takes away a tenth to a quarter of the load in the first hour, less later, and comes back as rebound")
    func shedDecaysAndRebounds() {
        var building = Blueprint.building()
        shed(&building, by: 2, key: "up")
        let course = (0..<240).map { building.reduction(at: minute($0)) }
        let hours = (0..<4).map { hour in course[(60 * hour)..<(60 * hour + 60)].reduce(0, +) / 60 }
        #expect((40...100).contains(hours[0]), "\(hours)")
        #expect(zip(hours, hours.dropFirst()).allSatisfy { $0 > $1 }, "a shed decays: \(hours)")
        #expect(hours[3] > 0.3 * hours[0], "\(hours)")
        building.advance(to: minute(240))
        shed(&building, by: nil, key: "down")
        let back = (240..<720).map { building.reduction(at: minute($0)) }
        #expect(back[0] < -10, "the plant catches up: \(back[0])")
        #expect(back.allSatisfy { $0 <= 0 })
        #expect(abs(back[479]) < 0.1 * abs(back[0]))
    }

    @Test("deeper is more, and nothing is left after a day")
    func deeperIsMore() {
        let depths = [0.5, 1, 2].map { degrees in
            var building = Blueprint.building()
            shed(&building, by: degrees, key: "up")
            return building.reduction(at: minute(10))
        }
        #expect(depths[0] > 0 && depths[0] < depths[1] && depths[1] < depths[2], "\(depths)")
        var building = Blueprint.building()
        shed(&building, by: 2, key: "up")
        building.advance(to: minute(60))
        shed(&building, by: nil, key: "down")
        building.advance(to: minute(60 + 24 * 60))
        #expect(building.zones.allSatisfy { $0.departure == 0 })
        #expect(building.history.current == 0)
    }

    @Test("the hotter it is, the more a raise gives; on a cold day heating set-points give too")
    func weather() {
        let depths = [2, 25, 32, 38].map { outdoor in
            var building = Blueprint.building(outdoor: outdoor)
            shed(&building, by: 2, key: "up")
            return building.reduction(at: minute(10))
        }
        #expect(depths == depths.sorted() && depths[0] < 0.8 * depths[3], "\(depths)")
        var building = Blueprint.building(outdoor: 2)
        _ = building.execute([Blueprint.write(Blueprint.heating, 19, at: 10)], key: "heat")
        #expect(building.reduction(at: minute(10)) > 5)
        #expect(Blueprint.building(outdoor: 20).heatingGiven() == 0)
    }

    @Test("energy not drawn is the area under the reduction, and the past answers the same again")
    func energy() {
        var building = Blueprint.building()
        shed(&building, by: 2, key: "up")
        let first = (0...120).map { building.effect(at: minute($0)) }
        _ = building.execute([Blueprint.write(Blueprint.light, 0.4, at: 10)], key: "dim")
        var area = 0.0
        for second in stride(from: 0, to: 7200, by: 5) {
            area += building.effect(at: Blueprint.start.advanced(by: .seconds(second))).kilowatts * 5 / 3600
        }
        #expect(abs(area - first[120].kilowattHours) < 0.05, "\(area) \(first[120])")
        for number in 0..<120 { #expect(building.effect(at: minute(number)) == first[number]) }
    }

    @Test("however much is written, a load is never taken below a fifth", arguments: 1...6)
    func neverBelowZero(seed: Int) {
        var building = Blueprint.building([.office, .factory, .store, .school][seed % 4], load: Double(seed * 20))
        let dice = UInt64(seed)
        for number in 0..<80 {
            let moment = minute(number)
            building.advance(to: moment)
            let point = building.points[Int(mixed(dice, UInt64(number)) % UInt64(building.points.count))]
            let value = uniform(dice, UInt64(1000 + number), in: point.range)
            _ = building.execute(
                [Blueprint.write(point.description.id, number % 5 == 4 ? nil : value, at: 10)], key: "\(number)")
            let reduction = building.history.current
            #expect(reduction <= 0.8 * Double(seed * 20) + 0.02 && reduction >= -0.5 * Double(seed * 20) - 0.02)
        }
    }

    @Test("meters move when set-points move, and their registers never run backwards")
    func metersMove() throws {
        let time = StandingTime(Blueprint.start)
        let fleet = try Fleet(facilities: 6, meters: 24, seed: 3, from: time.now)
        let buildings = SimulatedBuildings(
            fleet: fleet, seed: 3, profile: BuildingFaultProfile(building: BuildingRules(applyDelay: .zero ... .zero)),
            now: { time.now })
        var undisturbed = ReadingGenerator(fleet: fleet, seed: 3)
        var disturbed = ReadingGenerator(fleet: fleet, seed: 3, disturbance: buildings.disturbance)
        var registers: [Int: Int64] = [:]
        for step in 0..<240 {
            time.move(by: .seconds(15))
            if step == 80 || step == 160 {
                for facility in buildings.facilities {
                    _ = buildings.visit(facility) { building, _, _ in
                        let points = building.points.map(\.description)
                        let lights = points.filter { $0.kind == .lightLevel }
                        return building.execute(
                            lights.map { Blueprint.write($0.id, step == 80 ? 0.4 : nil, at: 10) }, key: "\(step)")
                    }
                }
            }
            for meter in 0..<24 {
                let plain = undisturbed.reading(meter: meter, at: time.now)
                let real = disturbed.reading(meter: meter, at: time.now)
                let isShed = (80..<160).contains(step)
                #expect(isShed ? real.watts < plain.watts : real.watts == plain.watts)
                let before = registers.updateValue(real.registerWattHours, forKey: meter) ?? 0
                let wrapped = real.registerWattHours + 1_000_000 < before
                #expect(real.registerWattHours >= before || wrapped)
            }
        }
        #expect(
            disturbed.reading(meter: 0, at: time.now).registerWattHours
                < undisturbed.reading(meter: 0, at: time.now).registerWattHours)
    }
}
