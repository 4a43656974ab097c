import EnergyModel

/// The figures of one facility's part: by the programme's rule, or by the hour before the event where the rule cannot be
/// followed, and then it says so.
struct Settlement {
    let baseline: ParticipationReport.Baseline
    let intervals: [ParticipationReport.Interval]
    let result: ParticipationReport.Result

    private typealias Report = ParticipationReport

    /// `disturbances` are sentences about what else moved load in the hours that the rule looks at.
    init(rule: BaselineRule, request: BaselineRequest, disturbances: [String]) {
        let fine = Settlement.plainIntervals(request)
        do throws(BaselineProblem) {
            let found = try rule.baseline(for: request)
            baseline = Settlement.settled(rule, found, request.zone, disturbances)
            intervals = Settlement.intervals(found.performance.intervals, request.zone)
            result = Settlement.result(found.performance, intervals, request.zone)
        } catch {
            let substitute = Settlement.substitute(for: request)
            baseline = Settlement.substituted(rule, error, isThere: substitute != nil)
            intervals = Settlement.intervals(substitute?.performance.intervals ?? fine, request.zone)
            result =
                substitute.map { [intervals] in Settlement.result($0.performance, intervals, request.zone) } ?? .init()
        }
    }

    // MARK: - Baseline

    private static func settled(
        _ rule: BaselineRule, _ found: BaselineResult, _ zone: ZoneOffsets, _ disturbances: [String]
    ) -> Report.Baseline {
        Report.Baseline(
            preset: rule.id, summary: rule.summary, quality: Report.Baseline.Quality.settlement.rawValue,
            lookbackDays: rule.selection?.lookbackDays, daysUsed: found.days.map(\.description),
            days: found.candidates.map { day in
                .init(
                    date: day.date.description, type: day.type.rawValue,
                    meanKW: day.eventMean.map { thousandths($0.kilowatts) }, isUsed: found.days.contains(day.date),
                    verdict: day.sentence)
            }, adjustment: adjustment(found.adjustment, zone), trust: .init(found, disturbances))
    }

    private static func adjustment(_ made: BaselineAdjustment, _ zone: ZoneOffsets) -> Report.Baseline.Adjustment {
        var part = Report.Baseline.Adjustment(kind: "none")
        if let comparison = made.comparison {
            part.window = clock(comparison.window, zone)
            part.actualKW = thousandths(comparison.actual.kilowatts)
            part.baselineKW = thousandths(comparison.baseline.kilowatts)
        }
        switch made {
        case .none: break
        case .scaled(_, let ratio, let factor, let capHit):
            part.kind = "multiplicative"
            (part.ratio, part.factor, part.capHit) = (millionths(ratio), millionths(factor), capHit.rawValue)
        case .shifted(_, let addend):
            part.kind = "additive"
            part.addedKW = thousandths(addend.kilowatts)
        case .unavailable(let window, let reason):
            part.kind = "unavailable"
            (part.window, part.reason) = (clock(window, zone), reason)
        }
        return part
    }

    private static func clock(_ range: TimeRange, _ zone: ZoneOffsets) -> [String] {
        [zone.clockTime(range.start), zone.clockTime(range.end)]
    }

    private static func millionths(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }

    // MARK: - The substitute

    /// Nil with less than half an hour of load before the event.
    private static func substitute(for request: BaselineRequest) -> BaselineResult? {
        let ruler = SlotRuler(zone: request.zone, length: .quarterHour)
        let end = ruler.slotStart(of: request.event.start)
        let hour = TimeRange(start: end.advanced(by: .seconds(-3600)), end: end)
        let course = LoadCourse(request.load, acceptsEstimated: true, ruler: ruler)
        guard let mean = course.mean(over: hour), mean.coveredMilliseconds >= 1_800_000 else { return nil }
        do throws(BaselineProblem) {
            return try BaselineRule.hourBefore.baseline(for: request)
        } catch {
            return nil
        }
    }

    private static func substituted(
        _ rule: BaselineRule, _ problem: BaselineProblem, isThere: Bool
    ) -> Report.Baseline {
        let quality = isThere ? Report.Baseline.Quality.heuristic : .none
        let reason =
            isThere
            ? "\(rule.id) could not be followed: \(problem)"
            : "\(rule.id) could not be followed, and the hour before the event has no load: \(problem)"
        var days: [Report.Baseline.Day]?
        if case .notEnoughDays(_, _, _, _, let candidates) = problem {
            days = candidates.map { day in
                .init(
                    date: day.date.description, type: day.type.rawValue,
                    meanKW: day.eventMean.map { thousandths($0.kilowatts) }, isUsed: false, verdict: day.sentence)
            }
        }
        return Report.Baseline(
            preset: isThere ? BaselineRule.hourBefore.id : rule.id,
            summary: isThere ? BaselineRule.hourBefore.summary : rule.summary, quality: quality.rawValue,
            reason: reason, days: days,
            trust: .init(
                grade: .poor,
                reasons: [isThere ? "a heuristic that follows neither weather nor occupancy" : "there is no baseline"]))
    }

    // MARK: - Figures

    private static func plainIntervals(_ request: BaselineRequest) -> [BaselinePerformance.Interval] {
        let ruler = SlotRuler(zone: request.zone, length: .quarterHour)
        let course = LoadCourse(request.load, acceptsEstimated: true, ruler: ruler)
        return ruler.pieces(of: request.event, origin: request.zone.date(at: request.event.start)).map { piece in
            let mean = course.mean(over: piece.range)
            var quality = BaselineDataQuality()
            quality.count(mean, milliseconds: piece.range.duration.milliseconds)
            return .init(
                range: piece.range, actual: mean.map { Power(kilowatts: $0.value) }, baseline: nil, reduction: nil,
                quality: quality.missing > 0 ? .missing : quality.estimated > 0 ? .estimated : .ok)
        }
    }

    /// Whole watt-hours, rounded along the running sum: their sum is the energy to a watt-hour.
    private static func intervals(
        _ measured: [BaselinePerformance.Interval], _ zone: ZoneOffsets
    ) -> [Report.Interval] {
        var (actual, expected) = (RunningEnergy(), RunningEnergy())
        return measured.map { interval in
            let actual = interval.actual.map { actual.next($0.kilowatts * interval.hours) }
            let expected = interval.baseline.map { expected.next($0.kilowatts * interval.hours) }
            var reduction: Double?
            if let measured = interval.reduction, let actual, let expected {
                // A firm service level counts no load above it as a negative reduction.
                reduction = measured == .zero ? 0 : thousandths(expected - actual)
            }
            return Report.Interval(
                start: interval.range.start.iso8601, localStart: zone.iso8601(interval.range.start),
                durationSeconds: Int(interval.range.duration.milliseconds / 1_000), actualKWh: actual,
                baselineKWh: expected, reductionKWh: reduction,
                quality: interval.quality == .ok ? "OK" : interval.quality == .estimated ? "ESTIMATED" : "MISSING")
        }
    }

    private static func result(
        _ performance: BaselinePerformance, _ intervals: [Report.Interval], _ zone: ZoneOffsets
    ) -> Report.Result {
        let measured = zip(performance.intervals, intervals).filter { $1.reductionKWh != nil }
        guard !measured.isEmpty else { return .init() }
        let energy = measured.reduce(0) { $0 + ($1.1.reductionKWh ?? 0) }
        return Report.Result(
            energyKWh: thousandths(energy), averageKW: performance.average.map { thousandths($0.kilowatts) },
            minimumIntervalKW: measured.compactMap(\.0.reduction).min().map { thousandths($0.kilowatts) },
            minimumHourKW: performance.minimumHour.map { thousandths($0.kilowatts) },
            percentOfCommitment: performance.percentOfCommitment.map(thousandths),
            hours: performance.hours.map { hour in
                .init(
                    start: hour.range.start.iso8601, localStart: zone.iso8601(hour.range.start),
                    reductionKW: hour.reduction.map { thousandths($0.kilowatts) })
            })
    }
}

/// Rounds energies along their sum.
private struct RunningEnergy {
    private var exact = 0.0
    private var given = 0.0

    mutating func next(_ kilowattHours: Double) -> Double {
        exact += kilowattHours
        let rounded = thousandths(thousandths(exact) - given)
        given = thousandths(given + rounded)
        return rounded
    }
}

extension BaselineRule {
    /// The load a building would have without the event, where nothing better is known: the mean of the last full hour
    /// before the window, in whole quarter hours. It errs where load rises or falls through the event.
    package static let hourBefore = BaselineRule(
        id: "same-day-hour-before", summary: "Mean of the hour before the event, a heuristic",
        method: .sameDay(SameDayWindows(before: .seconds(3600), after: .zero, gap: .zero)), slot: .quarterHour)
}

extension ZoneOffsets {
    /// RFC 3339 with the offset in force, to the second: `2026-07-15T14:00:00-07:00`.
    package func iso8601(_ moment: UTCInstant) -> String {
        let offset = offset(at: moment)
        let local = UTCInstant(milliseconds: moment.milliseconds + offset).iso8601
        let minutes = Int(offset.magnitude / 60_000)
        let (hour, minute) = (minutes / 60, minutes % 60)
        return local.prefix(19) + (offset < 0 ? "-" : "+") + "\(hour < 10 ? "0" : "")\(hour):"
            + "\(minute < 10 ? "0" : "")\(minute)"
    }
}
