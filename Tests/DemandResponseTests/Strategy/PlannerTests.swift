import DemandResponse
import EnergyModel
import Testing

private let window = TimeRange(start: sagaStart, end: sagaEnd)

private func outlook(
    _ number: Int, kind: FacilityKind = .office, zones: Int = 4, load: Double? = 1000, spread: Double = 0.1,
    outdoor: Double? = 32, quality: ForecastQuality = .normal
) -> FacilityOutlook {
    let points = (0..<zones).map { zone in
        BuildingPoint(id: pointID("Z\(zone)/CLG"), kind: .coolingSetPoint, zone: "Z\(zone)", normal: 24)
    }
    let band = load.map { load in
        LoadBand(
            range: TimeRange(
                start: sagaStart.advanced(by: .seconds(-7200)), end: sagaEnd.advanced(by: .seconds(20_000))),
            lower: Power(kilowatts: load * (1 - spread)), expected: Power(kilowatts: load),
            upper: Power(kilowatts: load * (1 + spread)))
    }
    return FacilityOutlook(
        facility: building(number), kind: kind, points: points, load: [band].compactMap(\.self), quality: quality,
        contractDemand: Power(kilowatts: 2000), outdoor: outdoor.map(Temperature.init(celsius:)))
}

private func request(
    _ facilities: [FacilityOutlook], _ signal: EventSchedule.Signal, over range: TimeRange = window
) -> PlanRequest {
    PlanRequest(
        event: sagaEvent, schedule: EventSchedule(slots: [.init(interval: 0, range: range, signal: signal)]),
        facilities: facilities, now: sagaStart.advanced(by: .seconds(-600)))
}

private func reduce(_ kilowatts: Double) -> EventSchedule.Signal { .reduceBy(Power(kilowatts: kilowatts)) }
private func near(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-6 }

@Suite("Dispatch planner")
struct PlannerTests {
    let planner = DispatchPlanner()

    @Test("estimates follow the field results by temperature, level and hour")
    func estimates() {
        let estimate = ShedEstimate()
        let rows: [(Double, Int, Double, Double)] = [
            (20, 1, 2, 0.108), (25, 1, 2, 0.153), (32, 1, 2, 0.182), (38, 1, 2, 0.165), (42, 1, 2, 0.223),
            (32, 1, 1, 0.091), (32, 1, 0.5, 0.0455), (32, 2, 2, 0.1547), (32, 3, 2, 0.1274), (32, 4, 2, 0.1092),
            (32, 9, 2, 0.1092), (10, 1, 2, 0), (32, 1, 0, 0),
        ]
        for (celsius, hour, degrees, share) in rows {
            let found = estimate.coolingShare(outdoor: Temperature(celsius: celsius), hour: hour, degrees: degrees)
            #expect(near(found, share), "\(celsius) °C, hour \(hour), \(degrees) K: \(found)")
        }
    }

    @Test("rests on the lower bound, and takes no more than is needed")
    func lowerBound() {
        let proposal = planner.propose(request([outlook(1), outlook(2), outlook(3)], reduce(40)))
        // 900 kW x 18.2 % x 0.5/2 = 40.95 kW: one building at the mildest level does.
        #expect(proposal.isFeasible)
        #expect(proposal.plan.legs.map(\.facility) == [building(1)])
        #expect(near(proposal.plan.expected.kilowatts, 40.95))
        #expect(proposal.plan.legs[0].commands.allSatisfy { $0.value == 24.5 && $0.slot == .demandResponse })
        #expect(near(proposal.optimistic.kilowatts, 45.5))
    }

    @Test("every building one step before any goes two; hospitals last; who gave least first")
    func order() {
        var tired = outlook(1)
        tired.recentSheds = 5
        let fleet = [outlook(0, kind: .hospital), tired, outlook(2)]
        let one = planner.propose(request(fleet, reduce(30)))
        #expect(one.plan.legs.map(\.facility) == [building(2)])
        let both = planner.propose(request(fleet, reduce(80)))
        #expect(both.plan.legs.map(\.facility) == [building(2), building(1)])
        #expect(both.plan.legs.allSatisfy { $0.commands.allSatisfy { $0.value == 24.5 } })
        let all = planner.propose(request(fleet, reduce(340)))
        #expect(all.plan.legs.map(\.facility) == [building(2), building(1), building(0)])
        #expect(all.plan.legs[0].commands[0].value == 26)
        #expect(all.plan.legs[2].commands[0].value == 24.5)
    }

    @Test("what cannot be met is said in kilowatts")
    func infeasible() {
        let proposal = planner.propose(request([outlook(1), outlook(2)], reduce(1000)))
        #expect(!proposal.isFeasible)
        #expect(near(proposal.missing.kilowatts, 1000 - 2 * 163.8))
        #expect(proposal.warnings.contains(.infeasible(missing: proposal.missing)))
        #expect(near(proposal.plan.expected.kilowatts, 2 * 163.8))
    }

    @Test("the firm minimum is kept")
    func firmMinimum() {
        var tight = outlook(1)
        tight.firmMinimum = Power(kilowatts: 850)
        let proposal = planner.propose(request([tight], reduce(100)))
        #expect(near(proposal.plan.expected.kilowatts, 50))
        #expect(near(proposal.missing.kilowatts, 50))
    }

    @Test("a cap asks for the expected load above it")
    func cap() {
        let proposal = planner.propose(request([outlook(1)], .limitTo(Power(kilowatts: 900))))
        #expect(proposal.plan.target == Power(kilowatts: 100))
    }

    @Test("a level is a level for all", arguments: [(1, 24.5), (2, 25.0), (3, 26.0)])
    func level(number: Int, value: Double) {
        let proposal = planner.propose(request([outlook(1), outlook(2)], .level(number)))
        #expect(proposal.plan.legs.count == 2)
        #expect(proposal.plan.target == nil)
        #expect(proposal.plan.legs.allSatisfy { $0.commands.allSatisfy { $0.value == value } })
    }

    @Test("left out, and why")
    func exclusions() {
        var open = outlook(1)
        open.isReachable = false
        var out = outlook(2)
        out.hasOptedOut = true
        var critical = outlook(3, zones: 2)
        critical.points[0].isCritical = true
        critical.points[1].isHeldByOperator = true
        var some = outlook(5, zones: 2)
        some.points[0].isCritical = true
        let proposal = planner.propose(request([open, out, critical, outlook(4, zones: 0), some], .level(3)))
        func reasons(_ number: Int) -> [Exclusion.Reason] {
            proposal.exclusions.filter { $0.facility == building(number) }.map(\.reason)
        }
        #expect(reasons(1) == [.unreachable])
        #expect(reasons(2) == [.optedOut])
        #expect(Set(reasons(3)) == [.criticalZone, .heldByOperator, .nothingToCommand])
        #expect(reasons(4) == [.nothingToCommand])
        #expect(reasons(5) == [.criticalZone])
        #expect(proposal.plan.legs.map(\.facility) == [building(5)])
        // One zone of two: half the building's figure.
        #expect(near(proposal.plan.expected.kilowatts, 81.9))
    }

    @Test("the envelope binds last, and what it takes away is not counted")
    func clamped() {
        var warm = outlook(1, zones: 1)
        warm.points[0].normal = 26
        let proposal = planner.propose(request([warm], .level(3)))
        #expect(proposal.plan.legs[0].commands[0].value == 27)
        #expect(proposal.clamped.map(\.allowed) == [27])
        #expect(proposal.clamped.map(\.proposed) == [28])
        #expect(near(proposal.plan.expected.kilowatts, 81.9))
    }

    @Test("the shed decays, so a long event is sized by its last hour")
    func decays() {
        let long = TimeRange(start: sagaStart, end: sagaStart.advanced(by: .seconds(4 * 3600)))
        let proposal = planner.propose(request([outlook(1)], .level(3), over: long))
        #expect(near(proposal.plan.expected.kilowatts, 163.8 * 0.6))
    }

    @Test("warnings: adjustment window, wide band, no forecast")
    func warnings() {
        var early = outlook(1)
        let adjustment = TimeRange(
            start: sagaStart.advanced(by: .seconds(-3600)), end: sagaStart.advanced(by: .seconds(60)))
        early.adjustmentWindow = adjustment
        let proposal = planner.propose(
            request([early, outlook(2, spread: 0.2), outlook(3, load: nil), outlook(4)], .level(1)))
        #expect(proposal.warnings.contains(.actionInAdjustmentWindow(building(1), at: sagaStart, adjustment)))
        #expect(proposal.warnings.contains { if case .wideBand(building(2), _) = $0 { true } else { false } })
        #expect(proposal.warnings.contains(.heuristic(building(3))))
        #expect(proposal.warnings.count == 3)
        #expect(proposal.plan.forecastQuality == .heuristic)
        #expect(proposal.warnings.allSatisfy { !$0.sentence.isEmpty })
    }

    @Test("without a figure, 20 % of contract demand over all zones, and marked")
    func heuristic() {
        let proposal = planner.propose(request([outlook(1, load: nil)], .level(3)))
        #expect(near(proposal.plan.expected.kilowatts, 400))
        #expect(proposal.plan.forecastQuality == .heuristic)
    }

    @Test("a deeper second stage overwrites without letting go between")
    func stages() {
        let middle = sagaStart.advanced(by: .seconds(1800))
        let schedule = EventSchedule(slots: [
            .init(interval: 0, range: TimeRange(start: sagaStart, end: middle), signal: .level(1)),
            .init(interval: 1, range: TimeRange(start: middle, end: sagaEnd), signal: .level(2)),
        ])
        let proposal = planner.propose(
            PlanRequest(event: sagaEvent, schedule: schedule, facilities: [outlook(1, zones: 1)], now: sagaStart))
        let commands = proposal.plan.legs[0].commands
        #expect(commands.map(\.value) == [24.5, 25])
        #expect(commands[0].endsAt == middle && commands[1].startsAt == middle)
        #expect(commands[1].replaces == commands[0].sequence)
    }

    @Test("no change sooner than the stage hold: a short stretch takes the greater demand")
    func stageHold() {
        let slots = (0..<4).map { index in
            EventSchedule.Slot(
                interval: index,
                range: TimeRange(
                    start: sagaStart.advanced(by: .seconds(Int64(index) * 900)),
                    end: sagaStart.advanced(by: .seconds(Int64(index + 1) * 900))), signal: .level(index % 2 + 1))
        }
        let proposal = planner.propose(
            PlanRequest(
                event: sagaEvent, schedule: EventSchedule(slots: slots), facilities: [outlook(1, zones: 1)],
                now: sagaStart))
        #expect(proposal.plan.legs[0].commands.map(\.value) == [25])
    }

    @Test("buildings come back one after another, the first to shed last; dead-man after that")
    func staggered() {
        let fleet = (0..<100).map { outlook($0, zones: 1) }
        let legs = planner.propose(request(fleet, .level(1))).plan.legs
        #expect(legs.count == 100)
        #expect(legs.last?.releaseOffset == .zero)
        #expect(Set(legs.map(\.releaseOffset)).count == 100)
        #expect(legs.allSatisfy { $0.releaseOffset <= .seconds(900) })
        #expect(
            legs.allSatisfy { leg in
                leg.commands.allSatisfy { $0.expiresAt > $0.endsAt.advanced(by: leg.releaseOffset) }
            })
        let few = planner.propose(request(Array(fleet.prefix(3)), .level(1))).plan.legs
        #expect(few.map(\.releaseOffset) == [.seconds(60), .seconds(30), .zero])
    }

    @Test("a load that may be shed for so long only is given back early")
    func longestShed() {
        var limited = outlook(1, zones: 1)
        limited.points[0].longestShed = .seconds(600)
        let command = planner.propose(request([limited], .level(1))).plan.legs[0].commands[0]
        #expect(command.endsAt == sagaStart.advanced(by: .seconds(600)))
    }

    @Test(
        "any fleet: deterministic, inside the limits, numbers unique, missing plus found covers the target",
        arguments: 0..<60)
    func property(seed: Int) {
        var dice = SagaDice(UInt64(seed))
        let fleet = (0..<Int.random(in: 1...30, using: &dice)).map { number -> FacilityOutlook in
            var outlook = outlook(
                number, kind: FacilityKind.allCases.randomElement(using: &dice) ?? .office,
                zones: Int.random(in: 0...6, using: &dice),
                load: dice.chance(0.8) ? Double.random(in: 0...3000, using: &dice) : nil,
                outdoor: dice.chance(0.9) ? Double.random(in: -10...45, using: &dice) : nil)
            for index in outlook.points.indices {
                outlook.points[index].normal = Double.random(in: 20...29, using: &dice)
                outlook.points[index].isCritical = dice.chance(0.1)
                if dice.chance(0.3) {
                    outlook.points[index].kind = .lightLevel
                    outlook.points[index].normal = 1
                    outlook.points[index].rated = Power(kilowatts: 20)
                }
            }
            return outlook
        }
        let target = Double.random(in: 0...3000, using: &dice)
        let proposal = planner.propose(request(fleet, reduce(target)))
        #expect(proposal == planner.propose(request(fleet.shuffled(using: &dice), reduce(target))))
        let commands = proposal.plan.legs.flatMap(\.commands)
        #expect(Set(commands.map(\.sequence)).count == commands.count)
        #expect(proposal.plan.expected.kilowatts + proposal.missing.kilowatts >= target - 1e-6)
        let critical = Set(
            fleet.flatMap { outlook in outlook.points.filter(\.isCritical).map { "\(outlook.facility)/\($0.id)" } })
        for leg in proposal.plan.legs {
            for command in leg.commands {
                #expect(!critical.contains("\(leg.facility)/\(command.point)"))
                if command.kind == .coolingSetPoint { #expect((22...27).contains(command.value)) }
                #expect(command.slot.isForDemandResponse)
            }
        }
    }

    @Test("a thousand facilities are planned in well under a second")
    func thousand() {
        let fleet = (0..<1000).map { outlook($0, zones: 8) }
        let clock = ContinuousClock()
        let best = (0..<5).map { _ in clock.measure { _ = planner.propose(request(fleet, reduce(100_000))) } }.min()
        print("plan of 1,000 facilities, 8,000 points: \(best ?? .zero)")
        #expect(planner.propose(request(fleet, reduce(100_000))).plan.legs.count == 1000)
    }
}
