import EnergyModel
import Testing

@testable import Simulator

@Suite("A simulated building")
struct SimulatedBuildingTests {
    @Test("a key acts once, however often it comes, and always names the same execution")
    func exactlyOnceByKey() {
        var building = Blueprint.building()
        let writes = [Blueprint.write(Blueprint.cooling, 25.5, at: 10), Blueprint.write(Blueprint.light, 0.6, at: 10)]
        let first = building.execute(writes, key: "E-1:1")
        #expect(first.map(\.state) == [.accepted, .accepted])
        for _ in 0..<5 {
            let again = building.execute(writes, key: "E-1:1")
            #expect(again.map(\.state) == [.duplicate, .duplicate])
            #expect(again.map(\.execution) == first.map(\.execution))
        }
        #expect(building.duplicates == 5)
        #expect(building.keys["E-1:1"]?.requests == 6)
        #expect(building.keys["E-1:1"]?.effects == [Blueprint.cooling: 1, Blueprint.light: 1])
        #expect(building.effects.total == 2)
        #expect(building.present(Blueprint.cooling) == 25.5)
    }

    @Test("a key that stood for something else is refused and does nothing")
    func keyReused() {
        var building = Blueprint.building()
        _ = building.execute([Blueprint.write(Blueprint.cooling, 25, at: 10)], key: "E-1:1")
        let other = building.execute([Blueprint.write(Blueprint.cooling, 26, at: 10)], key: "E-1:1")
        #expect(other.map(\.state) == [.rejected(.keyReused)])
        #expect(building.present(Blueprint.cooling) == 25)
    }

    @Test(
        "what cannot be is rejected alone",
        arguments: [
            (PointID("no/such/point")!, 25.0, 10, BuildingReceipt.Rejection.unknownPoint),
            (Blueprint.cooling, 25, 5, .invalidPriority), (Blueprint.cooling, 25, 6, .invalidPriority),
            (Blueprint.cooling, 40, 10, .invalidValue), (Blueprint.cooling, .nan, 10, .invalidValue),
            (Blueprint.light, 1.5, 10, .invalidValue),
        ])
    func rejections(point: PointID, value: Double, slot: Int, rejection: BuildingReceipt.Rejection) {
        var building = Blueprint.building()
        let receipts = building.execute(
            [Blueprint.write(point, value, at: slot), Blueprint.write(Blueprint.relay, 0, at: 10)], key: "k")
        #expect(receipts.map(\.state) == [.rejected(rejection), .accepted])
        #expect(building.effects.elements.map(\.point) == [Blueprint.relay])
    }

    @Test("a command takes its time, and commands to one point keep their order")
    func pending() {
        var building = Blueprint.building(rules: BuildingRules(applyDelay: .milliseconds(200) ... .milliseconds(1500)))
        for number in 1...20 {
            _ = building.execute(
                [Blueprint.write(Blueprint.cooling, 24 + Double(number) / 10, at: 10)], key: "\(number)")
        }
        _ = building.execute([Blueprint.write(Blueprint.cooling, nil, at: 10)], key: "release")
        #expect(building.executions(key: "1").map(\.state) == [.pending])
        #expect(building.present(Blueprint.cooling) == 23.5)
        building.advance(to: Blueprint.start.advanced(by: .milliseconds(1500)))
        #expect(building.executions.elements.allSatisfy { $0.state == .applied })
        #expect(building.present(Blueprint.cooling) == 23.5)
        #expect(building.effects.elements.last?.kind == .release)
    }

    @Test("a failed execution has no effect, and its key may be tried anew")
    func failure() {
        var building = Blueprint.building(rules: BuildingRules(applyDelay: .zero ... .zero, failureShare: 1))
        let writes = [Blueprint.write(Blueprint.cooling, 25, at: 10)]
        let first = building.execute(writes, key: "k")
        #expect(building.executions(key: "k").map(\.state) == [.failed])
        #expect(building.effects.total == 0)
        building.follow(BuildingRules(applyDelay: .zero ... .zero))
        let second = building.execute(writes, key: "k")
        #expect(second.map(\.state) == [.accepted])
        #expect(second[0].execution != first[0].execution)
        #expect(building.present(Blueprint.cooling) == 25)
        #expect(building.keys["k"]?.effects == [Blueprint.cooling: 1])
    }

    @Test("a slot that nobody gives back empties itself, at its own time")
    func deadMan() {
        var building = Blueprint.building()
        let expiry = Blueprint.start.advanced(by: .seconds(600))
        _ = building.execute([Blueprint.write(Blueprint.cooling, 25.5, at: 10, expires: expiry)], key: "k")
        building.advance(to: Blueprint.start.advanced(by: .milliseconds(599_999)))
        #expect(building.present(Blueprint.cooling) == 25.5)
        building.advance(to: Blueprint.start.advanced(by: .seconds(7200)))
        #expect(building.present(Blueprint.cooling) == 23.5)
        #expect(building.effects.elements.last?.kind == .expiry)
        #expect(building.effects.elements.last?.at == expiry)
        let late = building.execute([Blueprint.write(Blueprint.cooling, 25, at: 10, expires: expiry)], key: "late")
        #expect(late.map(\.state) == [.rejected(.expired)])
    }

    @Test("a building without a dead-man's switch keeps the value")
    func withoutDeadMan() {
        var rules = BuildingRules(applyDelay: .zero ... .zero)
        rules.honoursExpiry = false
        var building = Blueprint.building(rules: rules)
        let expiry = Blueprint.start.advanced(by: .seconds(600))
        _ = building.execute([Blueprint.write(Blueprint.cooling, 25.5, at: 10, expires: expiry)], key: "k")
        building.advance(to: Blueprint.start.advanced(by: .seconds(7200)))
        #expect(building.present(Blueprint.cooling) == 25.5)
    }

    @Test("an occupant at slot 8 defeats demand response, and lets go by itself")
    func comfort() {
        var building = Blueprint.building()
        _ = building.execute([Blueprint.write(Blueprint.cooling, 25.5, at: 10)], key: "k")
        #expect(building.comfortOverride(nil, for: .seconds(1800)) == 8)
        #expect(building.present(Blueprint.cooling) == 23.5)
        let described = building.position(of: Blueprint.cooling).map { building.points[$0].described }
        #expect(described?.isHeldByOperator == true)
        building.advance(to: Blueprint.start.advanced(by: .seconds(1800)))
        #expect(building.present(Blueprint.cooling) == 25.5)
    }

    @Test("release all empties our slots only")
    func releaseAll() {
        var building = Blueprint.building()
        _ = building.execute([Blueprint.write(Blueprint.cooling, 25.5, at: 10)], key: "a")
        _ = building.execute([Blueprint.write(Blueprint.light, 0.5, at: 16)], key: "b")
        #expect(building.releaseAll([.demandResponse], of: nil, key: "r") == [Blueprint.cooling])
        #expect(building.releaseAll([.demandResponse], of: nil, key: "r") == [])
        #expect(building.present(Blueprint.cooling) == 23.5)
        #expect(building.present(Blueprint.light) == 0.5)
    }

    @Test("a relay keeps its state for its minimum time, whatever is written")
    func minimumTime() {
        var building = Blueprint.building()
        _ = building.execute([Blueprint.write(Blueprint.relay, 0, at: 10)], key: "off")
        let off = building.reduction(at: Blueprint.start)
        #expect(off > 0)
        _ = building.execute([Blueprint.write(Blueprint.relay, nil, at: 10)], key: "on")
        #expect(building.present(Blueprint.relay) == 1)
        #expect(building.reduction(at: Blueprint.start.advanced(by: .seconds(179))) == off)
        #expect(building.reduction(at: Blueprint.start.advanced(by: .seconds(180))) == 0)
    }

    @Test("hospitals and data centres have critical points, every facility kind has something to give")
    func layouts() {
        for kind in FacilityKind.allCases {
            let points = Blueprint.building(kind).points.map(\.description)
            let isSensitive = kind == .hospital || kind == .dataCentre
            #expect(points.contains(where: \.isCritical) == isSensitive, "\(kind)")
            #expect(points.contains { !$0.isCritical }, "\(kind)")
            #expect(Set(points.map(\.id)).count == points.count, "\(kind)")
            #expect(points.allSatisfy { ($0.rated?.kilowatts ?? 0) > 0 }, "\(kind)")
        }
    }
}
