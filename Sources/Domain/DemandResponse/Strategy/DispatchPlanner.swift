import EnergyModel

/// Chooses which buildings do what, and how far: least discomfort first. The same question has the same answer, on every
/// instance. O(facilities × points) plus sorting.
package struct DispatchPlanner: Hashable, Sendable {
    package var rules: PlanRules

    package init(rules: PlanRules = PlanRules()) { self.rules = rules }

    /// Consecutive stretches of the event with one demand.
    struct Stage {
        var range: TimeRange
        var signal: EventSchedule.Signal
    }

    package func propose(_ request: PlanRequest) -> PlanProposal {
        let schedule = request.schedule.remaining(at: request.now)
        let stages = stages(of: schedule)
        guard let first = stages.first, let last = stages.last else { return empty(request) }
        let window = TimeRange(start: first.range.start, end: last.range.end)
        var exclusions: [Exclusion] = []
        var ladders: [ShedLadder] = []
        for outlook in request.facilities.sorted(by: asksBefore) {
            if let reason = excluded(outlook) {
                exclusions.append(Exclusion(facility: outlook.facility, reason: reason))
                continue
            }
            let ladder = ShedLadder(outlook, window: window, rules)
            exclusions += ladder.exclusions
            if ladder.isEmpty {
                exclusions.append(Exclusion(facility: outlook.facility, reason: .nothingToCommand))
            } else {
                ladders.append(ladder)
            }
        }
        var choice = Choice(ladders: ladders)
        for stage in stages { choose(stage, &choice) }
        return assemble(request, window, stages, choice, exclusions)
    }

    // MARK: - Order

    /// Ordinary buildings before hospitals and data centres; then who gave least lately; then the id.
    private func asksBefore(_ left: FacilityOutlook, _ right: FacilityOutlook) -> Bool {
        (left.isSensitive ? 1 : 0, left.recentSheds, left.facility)
            < (right.isSensitive ? 1 : 0, right.recentSheds, right.facility)
    }

    private func excluded(_ outlook: FacilityOutlook) -> Exclusion.Reason? {
        if outlook.hasOptedOut { return .optedOut }
        if !outlook.isReachable { return .unreachable }
        return outlook.points.isEmpty ? .nothingToCommand : nil
    }

    /// Neighbours with the same demand are one stage, and no stage is shorter than the hold: a short one joins its neighbour
    /// with the greater demand of the two.
    private func stages(of schedule: EventSchedule) -> [Stage] {
        var stages: [Stage] = []
        for slot in schedule.slots where slot.signal != .nothing {
            guard let last = stages.last, last.range.end == slot.range.start else {
                stages.append(Stage(range: slot.range, signal: slot.signal))
                continue
            }
            let isShort = min(last.range.duration, slot.range.duration) < rules.stageHold
            if last.signal == slot.signal {
                stages[stages.count - 1].range.end = slot.range.end
            } else if isShort, let stronger = last.signal.stronger(slot.signal) {
                stages[stages.count - 1] = Stage(
                    range: TimeRange(start: last.range.start, end: slot.range.end), signal: stronger)
            } else {
                stages.append(Stage(range: slot.range, signal: slot.signal))
            }
        }
        return stages
    }

    // MARK: - Choice

    /// Levels by stage and building, and what was asked and found.
    struct Choice {
        let ladders: [ShedLadder]
        /// One row a stage.
        var levels: [[ShedLevel]] = []
        var target: Power?
        var missing = Power.zero

        init(ladders: [ShedLadder]) { self.ladders = ladders }
    }

    private func choose(_ stage: Stage, _ choice: inout Choice) {
        if case .level(let number) = stage.signal {
            let level = ShedLevel(rawValue: number) ?? .emergency
            choice.levels.append(Array(repeating: level, count: choice.ladders.count))
            return
        }
        let needed = need(stage, choice.ladders)
        choice.target = max(choice.target ?? .zero, Power(kilowatts: needed))
        let levels = climb(choice.ladders, to: needed, stage.range)
        let found = zip(choice.ladders, levels).reduce(0) { $0 + $1.0.gain($1.1, in: stage.range) }
        choice.missing = max(choice.missing, Power(kilowatts: max(0, needed - found)))
        choice.levels.append(levels)
    }

    private func need(_ stage: Stage, _ ladders: [ShedLadder]) -> Double {
        switch stage.signal {
        case .reduceBy(let power): return power.kilowatts
        case .limitTo(let limit):
            let load = ladders.reduce(0) {
                $0 + ($1.outlook.highestExpected(in: stage.range) ?? $1.outlook.contractDemand ?? .zero).kilowatts
            }
            return max(0, load - limit.kilowatts)
        case .level, .nothing: return 0
        }
    }

    /// Every ordinary building one step before any goes two; sensitive ones only when the ordinary are at their limit. Stops
    /// as soon as the need is met.
    private func climb(_ ladders: [ShedLadder], to needed: Double, _ range: TimeRange) -> [ShedLevel] {
        var levels = Array(repeating: ShedLevel.none, count: ladders.count)
        var sum = 0.0
        var gains = Array(repeating: 0.0, count: ladders.count)
        for isSensitive in [false, true] {
            for level in [ShedLevel.moderate, .high, .emergency] {
                for index in ladders.indices where ladders[index].isSensitive == isSensitive {
                    guard sum < needed - 1e-9 else { return levels }
                    let gain = ladders[index].gain(level, in: range)
                    guard gain > gains[index] + 1e-9 else { continue }
                    sum += gain - gains[index]
                    gains[index] = gain
                    levels[index] = level
                }
            }
        }
        return levels
    }

    private func empty(_ request: PlanRequest) -> PlanProposal {
        let window = request.schedule.window ?? TimeRange(start: request.now, end: request.now)
        let plan = DispatchPlan(
            event: request.event, version: 1, window: window, target: nil, forecastQuality: .normal, legs: [])
        return PlanProposal(
            plan: plan, missing: .zero, optimistic: .zero, exclusions: [], clamped: [], warnings: [])
    }
}

extension EventSchedule.Signal {
    /// The greater demand of two of a kind; nil when they cannot be compared.
    fileprivate func stronger(_ other: Self) -> Self? {
        switch (self, other) {
        case (.reduceBy(let left), .reduceBy(let right)): .reduceBy(max(left, right))
        case (.limitTo(let left), .limitTo(let right)): .limitTo(min(left, right))
        case (.level(let left), .level(let right)): .level(max(left, right))
        default: nil
        }
    }
}
