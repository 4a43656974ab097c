import EnergyModel

extension DispatchPlanner {
    /// Turns levels into commands with numbers, times and releases.
    func assemble(
        _ request: PlanRequest, _ window: TimeRange, _ stages: [Stage], _ choice: Choice, _ exclusions: [Exclusion]
    ) -> PlanProposal {
        var legs: [LegPlan] = []
        var clamped: [ClampedPoint] = []
        var optimistic = 0.0
        var numbers = Numbers(last: 0)
        let taking = choice.ladders.indices.filter { index in choice.levels.contains { $0[index] > .none } }
        for (place, index) in taking.enumerated() {
            let ladder = choice.ladders[index]
            let levels = choice.levels.map { $0[index] }
            // Shed first, restored last.
            let offset = releaseOffset(taking.count - 1 - place, of: taking.count)
            let commands = commands(ladder, levels, stages, request.now, offset, &numbers)
            guard !commands.isEmpty else { continue }
            let gains = zip(stages, levels).filter { $1 > .none }.map { ladder.gain($1, in: $0.range) }
            let expected = gains.min() ?? 0
            legs.append(
                LegPlan(
                    facility: ladder.outlook.facility, commands: commands, expected: Power(kilowatts: expected),
                    releaseOffset: offset, heldBy: ladder.outlook.heldBy))
            let deepest = levels.max() ?? .none
            if deepest > .none { clamped += ladder.clamped[deepest.rawValue - 1] }
            optimistic += expected * optimism(ladder.outlook, window)
        }
        let quality = choice.ladders.map(\.outlook.effectiveQuality).max() ?? .normal
        let plan = DispatchPlan(
            event: request.event, version: 1, window: window, target: choice.target, forecastQuality: quality,
            legs: legs)
        return PlanProposal(
            plan: plan, missing: choice.missing, optimistic: Power(kilowatts: optimistic),
            exclusions: exclusions.sorted { ($0.facility, $0.point?.text ?? "") < ($1.facility, $1.point?.text ?? "") },
            clamped: clamped.sorted { ($0.facility, $0.point) < ($1.facility, $1.point) },
            warnings: warnings(request, window, plan, choice))
    }

    /// Up to `releaseSpread`, however many buildings there are.
    private func releaseOffset(_ place: Int, of count: Int) -> Duration {
        let spread = Double(rules.releaseSpread.milliseconds) / Double(max(1, count - 1))
        let step = min(Double(rules.releaseStep.milliseconds), spread)
        return .milliseconds(Int64(Double(place) * step))
    }

    /// How much more there would be to take if the load were as expected and not at its lower bound.
    private func optimism(_ outlook: FacilityOutlook, _ window: TimeRange) -> Double {
        guard let lower = outlook.lowest(in: window), lower > .zero,
            let expected = outlook.highestExpected(in: window)
        else { return 1 }
        return max(1, expected.kilowatts / lower.kilowatts)
    }

    // MARK: - Commands

    /// A stretch in which a point keeps one value.
    private struct Run {
        var point: BuildingPoint
        var value: Double
        var range: TimeRange
        var kilowatts: Double
    }

    private func commands(
        _ ladder: ShedLadder, _ levels: [ShedLevel], _ stages: [Stage], _ now: UTCInstant, _ offset: Duration,
        _ numbers: inout Numbers
    ) -> [CommandPlan] {
        var runs: [PointID: [Run]] = [:]
        var order: [PointID] = []
        for (stage, level) in zip(stages, levels) where level > .none {
            let gains = ladder.gains(level, in: stage.range)
            for (measure, gain) in zip(ladder.measures[level.rawValue - 1], gains) {
                let id = measure.point.id
                if runs[id] == nil { order.append(id) }
                extend(&runs[id, default: []], measure, gain, stage.range)
            }
        }
        var commands: [CommandPlan] = []
        for id in order {
            var previous: CommandPlan?
            for run in runs[id] ?? [] {
                let command = command(run, after: previous, now, offset, &numbers)
                commands.append(command)
                previous = command
            }
        }
        return commands.sorted { $0.sequence < $1.sequence }
    }

    private func extend(
        _ runs: inout [Run], _ measure: ShedLadder.Measure, _ gain: Double, _ range: TimeRange
    ) {
        guard let last = runs.last, last.range.end == range.start, last.value == measure.value else {
            runs.append(Run(point: measure.point, value: measure.value, range: range, kilowatts: gain))
            return
        }
        runs[runs.count - 1].range.end = range.end
        runs[runs.count - 1].kilowatts = min(last.kilowatts, gain)
    }

    private func command(
        _ run: Run, after previous: CommandPlan?, _ now: UTCInstant, _ offset: Duration, _ numbers: inout Numbers
    ) -> CommandPlan {
        let follows = previous.map { $0.endsAt == run.range.start } ?? false
        let start = follows ? run.range.start : max(now, run.range.start.advanced(by: .zero - rules.lead))
        var end = run.range.end
        if let longest = run.point.longestShed { end = min(end, run.range.start.advanced(by: longest)) }
        return CommandPlan(
            sequence: numbers.next(), step: run.point.kind.isThermal ? 0 : 1, point: run.point.id,
            kind: run.point.kind, value: run.value, slot: rules.slot, startsAt: start, endsAt: end,
            expiresAt: end.advanced(by: offset).advanced(by: rules.expiryGrace),
            minimumHold: rules.envelope.minimumHold(run.point.kind), expected: Power(kilowatts: run.kilowatts),
            replaces: follows ? previous?.sequence : nil)
    }

    // MARK: - Warnings

    private func warnings(
        _ request: PlanRequest, _ window: TimeRange, _ plan: DispatchPlan, _ choice: Choice
    ) -> [PlanWarning] {
        var warnings: [PlanWarning] = []
        if choice.missing > .zero { warnings.append(.infeasible(missing: choice.missing)) }
        if request.schedule.isCut { warnings.append(.eventCut) }
        let outlooks = Dictionary(
            choice.ladders.map { ($0.outlook.facility, $0.outlook) }, uniquingKeysWith: { first, _ in first })
        for leg in plan.legs {
            guard let outlook = outlooks[leg.facility] else { continue }
            if outlook.effectiveQuality == .heuristic { warnings.append(.heuristic(leg.facility)) }
            if let share = outlook.widestBand(in: window), share > rules.widestBand {
                warnings.append(.wideBand(leg.facility, share: share))
            }
            guard let adjustment = outlook.adjustmentWindow,
                let early = leg.commands.map(\.startsAt).filter(adjustment.contains).min()
            else { continue }
            warnings.append(.actionInAdjustmentWindow(leg.facility, at: early, adjustment))
        }
        return warnings
    }
}
