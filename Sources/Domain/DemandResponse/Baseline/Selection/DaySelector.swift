import EnergyModel

/// The days a baseline is made of, with the walk that found them.
struct SelectedDays: Sendable {
    /// Every day of the look-back, newest first.
    var candidates: [CandidateDay]
    /// The Y days before ranking, newest first, days brought back last.
    var basis: [CivilDate]
    /// The days that count, best rank first; newest first where the rule does not rank.
    var days: [CivilDate]
}

/// Walks back from the event and keeps or drops each day, with its reason. Steps and their order: DOMAIN §2.1-2.3.
struct DaySelector {
    let selection: DaySelection
    let rule: BaselineRule
    let request: BaselineRequest
    let course: LoadCourse
    let eventDate: CivilDate
    let eventPieces: [SlotPiece]

    /// What a day is like before it competes with others.
    private struct Surveyed {
        var date: CivilDate
        var type: DayType
        var mean: Double?
        var drop: CandidateDay.Drop?
        var isFilled = false
        var score = 0.0

        /// Loads that differ by less than a milliwatt are equal: sums of floating point must not decide a settlement.
        var rankKey: Double { (score * 1e6).rounded() }

        func isBelow(_ threshold: Double) -> Bool { threshold - score > 1e-6 }

        /// A fill rule may bring it back.
        var isFillable: Bool {
            guard mean != nil, case .excluded(let kind, _) = drop else { return false }
            return kind != .operatorDecision
        }
    }

    /// `score` ranks the basis, highest first, of equals the newer; nil for a day that cannot be compared. Without it
    /// days rank by their mean load in the event window.
    func select(scoredBy score: ((CivilDate) -> Double?)? = nil) throws(BaselineProblem) -> SelectedDays {
        let type = selection.scheme.type(of: eventDate, holidays: request.holidays)
        guard let quota = selection.quota(for: type) else {
            throw .noDaysOfType(type, rule: rule.id)
        }
        var survey = surveyed(type)
        if let score { compare(&survey, by: score) }
        dropLowUse(&survey, quota)
        let basis = keepNewest(&survey, quota)
        guard basis.count >= quota.minimum else {
            throw .notEnoughDays(
                found: basis.count, needed: quota.minimum, type: type, rule: rule.id,
                candidates: survey.map { candidate($0, rank: nil, isCompared: false) })
        }
        let ranked = rank(basis.map { survey[$0] }, quota)
        return SelectedDays(
            candidates: survey.map { day in
                candidate(day, rank: ranked.ranks[day.date], isCompared: score != nil)
            }.map { ranked.losers.contains($0.date) ? loser($0, of: basis.count) : $0 },
            basis: basis.map { survey[$0].date }, days: ranked.days)
    }

    // MARK: The walk

    private func surveyed(_ type: DayType) -> [Surveyed] {
        (1...max(1, selection.lookbackDays)).map { step in
            let date = eventDate.advanced(by: -step)
            let (mean, share) = course.mean(of: eventPieces, on: date)
            var day = Surveyed(
                date: date, type: selection.scheme.type(of: date, holidays: request.holidays), mean: mean,
                score: mean ?? 0)
            day.drop = drop(of: day, wanted: type, share: share, isTooRecent: step <= selection.skipDays)
            return day
        }
    }

    private func drop(
        of day: Surveyed, wanted: DayType, share: Double, isTooRecent: Bool
    ) -> CandidateDay.Drop? {
        if isTooRecent { return .tooRecent }
        if day.type != wanted { return .otherDayType(day.type, holiday: request.holidays.name(of: day.date)) }
        if selection.skipsClockChanges, request.zone.day(day.date).duration != .seconds(86_400) { return .clockChange }
        if let exclusion = exclusion(of: day.date) { return .excluded(exclusion.kind, note: exclusion.note) }
        if day.mean == nil { return .noLoad }
        return share < rule.minimumCoverage ? .incomplete(share: share) : nil
    }

    /// Of several the one that no fill rule undoes.
    private func exclusion(of date: CivilDate) -> BaselineExclusion? {
        let all = request.exclusions.filter { $0.date == date }
        return all.first { $0.kind == .operatorDecision } ?? all.first
    }

    private func compare(_ survey: inout [Surveyed], by score: (CivilDate) -> Double?) {
        for index in survey.indices where survey[index].drop == nil {
            if let value = score(survey[index].date) {
                survey[index].score = value
            } else {
                survey[index].drop = .incomplete(share: 0)
            }
        }
    }

    // MARK: Low use

    private func dropLowUse(_ survey: inout [Surveyed], _ quota: DayQuota) {
        switch selection.lowUse {
        case nil: return
        case .belowShareOfBasisMean(let share): dropBelowBasisMean(&survey, quota, share)
        case .belowShareOfRunningLevel(let share): dropBelowRunningLevel(&survey, quota, share)
        }
    }

    private func dropBelowBasisMean(_ survey: inout [Surveyed], _ quota: DayQuota, _ share: Double) {
        while true {
            let basis = survey.indices.filter { survey[$0].drop == nil }.prefix(quota.basis)
            guard !basis.isEmpty else { return }
            let threshold = share * basis.reduce(0) { $0 + survey[$1].score } / Double(basis.count)
            // A site that feeds in on average has no low use to speak of.
            let low = threshold > 0 ? basis.filter { survey[$0].isBelow(threshold) } : []
            guard !low.isEmpty else { return }
            for index in low { survey[index].drop = .lowUse(mean: survey[index].score, threshold: threshold) }
        }
    }

    private func dropBelowRunningLevel(_ survey: inout [Surveyed], _ quota: DayQuota, _ share: Double) {
        let eligible = survey.indices.filter { survey[$0].drop == nil }
        var level =
            eligible.flatMap { index in
                eventPieces.compactMap { course.mean($0.slot, on: survey[index].date)?.value }
            }.max() ?? 0
        var (accepted, sum) = (0, 0.0)
        for index in eligible where accepted < quota.basis {
            guard level <= 0 || !survey[index].isBelow(share * level) else {
                survey[index].drop = .lowUse(mean: survey[index].score, threshold: share * level)
                continue
            }
            accepted += 1
            sum += survey[index].score
            level = sum / Double(accepted)
        }
    }

    // MARK: Basis and rank

    /// Indices of the basis; what is older is not needed. Fills up to the minimum where the rule says so.
    private func keepNewest(_ survey: inout [Surveyed], _ quota: DayQuota) -> [Int] {
        let eligible = survey.indices.filter { survey[$0].drop == nil }
        for index in eligible.dropFirst(quota.basis) { survey[index].drop = .notNeeded }
        var basis = Array(eligible.prefix(quota.basis))
        if selection.fill == .highestExcluded, basis.count < quota.minimum {
            let pool = survey.indices.filter { survey[$0].isFillable && survey[$0].type == quota.type }
                .sorted { (survey[$0].rankKey, $1) > (survey[$1].rankKey, $0) }
            for index in pool.prefix(quota.minimum - basis.count) {
                survey[index].isFilled = true
                survey[index].drop = nil
                basis.append(index)
            }
        }
        return basis
    }

    private func rank(
        _ basis: [Surveyed], _ quota: DayQuota
    ) -> (days: [CivilDate], losers: Set<CivilDate>, ranks: [CivilDate: Int]) {
        guard selection.rank != .all || isMatching else { return (basis.map(\.date), [], [:]) }
        // Of equals the newer first; DOMAIN §2.5.
        let order = basis.sorted { ($0.rankKey, $0.date) > ($1.rankKey, $1.date) }.map(\.date)
        let count = min(quota.ranked, order.count)
        let kept: ArraySlice<CivilDate>
        switch selection.rank {
        case .all, .high: kept = order.prefix(count)
        case .low: kept = order.suffix(count)
        case .middle:
            let side = min((quota.basis - quota.ranked) / 2, (order.count - 1) / 2)
            kept = order.dropFirst(side).dropLast(side)
        }
        let ranks = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0 + 1) })
        return (Array(kept), Set(order).subtracting(kept), ranks)
    }

    private var isMatching: Bool {
        if case .matchingDays = rule.method { return true }
        return false
    }

    // MARK: Explanation

    private func candidate(_ day: Surveyed, rank: Int?, isCompared: Bool) -> CandidateDay {
        let verdict: CandidateDay.Verdict
        if let drop = day.drop {
            verdict = .dropped(drop)
        } else {
            verdict = day.isFilled ? .filled(rank: rank) : .kept(rank: rank)
        }
        return CandidateDay(
            date: day.date, type: day.type, eventMean: day.mean.map(Power.init(kilowatts:)), verdict: verdict,
            distance: isCompared && day.drop == nil ? -day.score : nil)
    }

    private func loser(_ day: CandidateDay, of count: Int) -> CandidateDay {
        var day = day
        day.verdict = .dropped(.notRanked(rank: day.rank ?? 0, of: count))
        return day
    }
}

extension CandidateDay.Drop {
    fileprivate static func lowUse(mean: Double, threshold: Double) -> Self {
        .lowUse(mean: Power(kilowatts: mean), threshold: Power(kilowatts: threshold))
    }
}
