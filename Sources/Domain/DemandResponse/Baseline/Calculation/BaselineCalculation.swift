import EnergyModel

extension BaselineRule {
    /// Works the baseline out. Before and during the event the parts not yet measured are missing and say so; worked out
    /// again as load arrives, it becomes complete. O(samples · log samples).
    package func baseline(for request: BaselineRequest) throws(BaselineProblem) -> BaselineResult {
        guard !request.event.isEmpty, request.event.duration <= .seconds(86_400) else { throw .badEvent }
        let calculation = BaselineCalculation(rule: self, request: request)
        guard !calculation.course.isEmpty else { throw .noLoad }
        return try calculation.result()
    }
}

struct BaselineCalculation {
    let rule: BaselineRule
    let request: BaselineRequest
    let ruler: SlotRuler
    let course: LoadCourse
    /// The local date the event starts on; slots count from it.
    let eventDate: CivilDate
    let eventPieces: [SlotPiece]

    init(rule: BaselineRule, request: BaselineRequest) {
        self.rule = rule
        self.request = request
        ruler = SlotRuler(zone: request.zone, length: rule.slot)
        course = LoadCourse(request.load, acceptsEstimated: rule.acceptsEstimated, ruler: ruler)
        eventDate = request.zone.date(at: request.event.start)
        eventPieces = ruler.pieces(of: request.event, origin: eventDate)
    }

    func result() throws(BaselineProblem) -> BaselineResult {
        let raw = try rawBaseline()
        let window = try adjustmentWindow()
        let adjustment = adjustment(in: window, raw: raw)
        let windowPieces = window.map { ruler.pieces(of: $0, origin: eventDate) } ?? []
        return BaselineResult(
            rule: rule.id, event: request.event, zone: request.zone.name, candidates: raw.candidates,
            basis: raw.basis, days: raw.days, adjustment: adjustment, points: points(raw, adjustment),
            performance: performance(raw, adjustment),
            eventDayQuality: eventDayQuality(windowPieces + raw.sameDayPieces),
            historyQuality: historyQuality(windowPieces, raw.days), fit: raw.fit, consistency: consistency(raw.days))
    }

    // MARK: Raw

    private func rawBaseline() throws(BaselineProblem) -> RawBaseline {
        switch rule.method {
        case .days(let selection):
            return RawBaseline(try selector(selection).select()) { slot, days in course.average(of: slot, over: days) }
        case .highestBySlot(let selection):
            let found = try selector(selection, rankedBySlot: true).select()
            let type = selection.scheme.type(of: eventDate, holidays: request.holidays)
            let count = selection.quota(for: type)?.ranked ?? found.days.count
            return RawBaseline(found) { slot, days in course.average(of: slot, over: days, highest: count) }
        case .matchingDays(let selection):
            let likeness = DayLikeness(course: course, request: request, eventDate: eventDate, rule: rule)
            let found = try selector(selection).select { likeness.distance(to: $0).map { -$0 } }
            return RawBaseline(found) { slot, days in course.average(of: slot, over: days) }
        case .temperatureRegression(let selection):
            let found = try selector(selection).select()
            return try TemperatureRegression(course: course, request: request, eventPieces: eventPieces)
                .baseline(over: found)
        case .sameDay(let windows):
            return try sameDay(windows)
        case .firmServiceLevel(let firm):
            return RawBaseline(constant: (firm.peakLoadContribution ?? firm.level).kilowatts)
        }
    }

    private func selector(_ selection: DaySelection, rankedBySlot: Bool = false) -> DaySelector {
        var selection = selection
        // Where each slot ranks by itself, no day is dropped as a whole.
        if rankedBySlot { selection.rank = .all }
        return DaySelector(
            selection: selection, rule: rule, request: request, course: course, eventDate: eventDate,
            eventPieces: eventPieces)
    }

    private func sameDay(_ windows: SameDayWindows) throws(BaselineProblem) -> RawBaseline {
        let ranges = rule.sameDayRanges(windows, event: request.event, ruler: ruler)
        let pieces = ranges.flatMap { ruler.pieces(of: $0, origin: eventDate) }
        let measured = pieces.compactMap { piece in course.mean(over: piece.range).map { ($0.value, piece.hours) } }
        let hours = measured.reduce(0) { $0 + $1.1 }
        guard hours > 0 else { throw .sameDayLoadMissing(ranges[0]) }
        var raw = RawBaseline(constant: measured.reduce(0) { $0 + $1.0 * $1.1 } / hours)
        raw.sameDayPieces = pieces
        return raw
    }

    // MARK: Adjustment

    private func adjustmentWindow() throws(BaselineProblem) -> TimeRange? {
        guard let adjustment = rule.adjustment else { return nil }
        guard let window = adjustment.window(event: request.event, notifiedAt: request.notifiedAt, ruler: ruler) else {
            throw .notificationUnknown(rule: rule.id)
        }
        return window
    }

    private func adjustment(in window: TimeRange?, raw: RawBaseline) -> BaselineAdjustment {
        guard let window, let kind = rule.adjustment?.kind else { return .none }
        let both = ruler.pieces(of: window, origin: eventDate).compactMap { piece in
            course.mean(over: piece.range).flatMap { actual in
                raw.value(piece).map { (piece: piece, actual: actual.value, baseline: $0) }
            }
        }
        let hours = both.reduce(0) { $0 + $1.piece.hours }
        guard hours > 0 else {
            return .unavailable(window, reason: "no load in the adjustment window, on the event day or the days before")
        }
        let comparison = BaselineAdjustment.Comparison(
            window: window, slots: both.map(\.piece.slot),
            actual: Power(kilowatts: both.reduce(0) { $0 + $1.actual * $1.piece.hours } / hours),
            baseline: Power(kilowatts: both.reduce(0) { $0 + $1.baseline * $1.piece.hours } / hours))
        switch kind {
        case .additive: return .shifted(comparison, by: comparison.actual - comparison.baseline)
        case .multiplicative(let limits):
            guard comparison.baseline.kilowatts > 0 else {
                return .unavailable(window, reason: "the baseline of the adjustment window is not above zero")
            }
            let ratio = comparison.actual.kilowatts / comparison.baseline.kilowatts
            let factor = limits.map { min(max(ratio, $0.lowerBound), $0.upperBound) } ?? ratio
            return .scaled(
                comparison, ratio: ratio, factor: factor,
                capHit: factor < ratio ? .upper : factor > ratio ? .lower : .none)
        }
    }

    // MARK: Figures

    private func points(_ raw: RawBaseline, _ adjustment: BaselineAdjustment) -> [BaselineResult.Point] {
        let lastMoment = UTCInstant(milliseconds: request.event.end.milliseconds - 1)
        let span = TimeRange(
            start: request.zone.start(of: eventDate), end: request.zone.day(request.zone.date(at: lastMoment)).end)
        let before = TimeRange(start: min(span.start, request.event.start), end: request.event.start)
        let after = TimeRange(start: request.event.end, end: max(span.end, request.event.end))
        return [before, request.event, after].flatMap { part in
            ruler.pieces(of: part, origin: eventDate).map { piece in
                let power = raw.value(piece).map(Power.init(kilowatts:))
                return BaselineResult.Point(
                    range: piece.range, slot: piece.slot, raw: power,
                    adjusted: part == request.event ? power.map(adjustment.applied) : nil)
            }
        }
    }

    private func performance(_ raw: RawBaseline, _ adjustment: BaselineAdjustment) -> BaselinePerformance {
        let fine = SlotRuler(zone: request.zone, length: rule.slot == .fiveMinutes ? .fiveMinutes : .quarterHour)
        let intervals = eventPieces.flatMap { piece in
            let baseline = raw.value(piece).map { adjustment.applied(to: Power(kilowatts: $0)) }
            return fine.pieces(of: piece.range, origin: eventDate).map { interval($0, baseline) }
        }
        let hours = SlotRuler(zone: request.zone, length: .hour).pieces(of: request.event, origin: eventDate)
        return BaselinePerformance(
            intervals: intervals, hours: hours, commitment: request.commitment ?? firmCommitment,
            firm: firmOutcome(intervals))
    }

    private func interval(_ piece: SlotPiece, _ baseline: Power?) -> BaselinePerformance.Interval {
        let measured = course.mean(over: piece.range)
        let actual = measured.map { Power(kilowatts: $0.value) }
        var reduction: Power?
        if let actual, let baseline { reduction = baseline - actual }
        if firm?.peakLoadContribution != nil { reduction = reduction.map { max($0, .zero) } }
        var quality = BaselineDataQuality()
        quality.count(measured, milliseconds: piece.range.duration.milliseconds)
        return BaselinePerformance.Interval(
            range: piece.range, actual: actual, baseline: baseline, reduction: reduction,
            quality: quality.missing > 0 ? .missing : quality.estimated > 0 ? .estimated : .ok)
    }

    private func consistency(_ days: [CivilDate]) -> FitStatistics? {
        guard days.count > 2 else { return nil }
        var (observed, predicted) = ([Double](), [Double]())
        for slot in Set(eventPieces.map(\.slot)).sorted() {
            let values = days.compactMap { course.mean(slot, on: $0)?.value }
            guard values.count > 1 else { continue }
            let sum = values.reduce(0, +)
            observed += values
            predicted += values.map { (sum - $0) / Double(values.count - 1) }
        }
        return FitStatistics(observed: observed, predicted: predicted)
    }

    // MARK: Firm service level

    private var firm: FirmServiceLevel? {
        if case .firmServiceLevel(let firm) = rule.method { return firm }
        return nil
    }

    private var firmCommitment: Power? {
        firm.flatMap { firm in firm.peakLoadContribution.map { $0 - firm.level } }
    }

    private func firmOutcome(_ intervals: [BaselinePerformance.Interval]) -> BaselinePerformance.Firm? {
        guard let firm, let highest = intervals.compactMap(\.actual).max() else { return nil }
        let excess = max(highest - firm.level, .zero)
        return BaselinePerformance.Firm(level: firm.level, isKept: excess == .zero, worstExcess: excess)
    }

    // MARK: Quality

    private func eventDayQuality(_ otherPieces: [SlotPiece]) -> BaselineDataQuality {
        var quality = BaselineDataQuality()
        for piece in otherPieces + eventPieces {
            quality.count(course.mean(over: piece.range), milliseconds: piece.range.duration.milliseconds)
        }
        return quality
    }

    private func historyQuality(_ windowPieces: [SlotPiece], _ days: [CivilDate]) -> BaselineDataQuality {
        var quality = BaselineDataQuality()
        let slots = Set((windowPieces + eventPieces).map(\.slot))
        for day in days {
            for slot in slots {
                let length = course.milliseconds(of: slot, on: day)
                if length > 0 { quality.count(course.mean(slot, on: day), milliseconds: length) }
            }
        }
        return quality
    }
}
