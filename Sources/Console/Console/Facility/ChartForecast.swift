import EnergyModel
import Ports
import Screen

/// What is to come, and what had been forecast of what came.
extension FacilityChart {
    private static let step = Double(FacilityForecast.stepMilliseconds) / 1000

    // MARK: - The past

    /// What had been forecast a day ahead, as a faint line under the load. Its band stands only where nothing was measured:
    /// elsewhere it would bury what the load did between two points.
    func addPast(_ answer: ForecastAnswer, to chart: inout Chart) {
        let steps = answer.dayAhead.filter {
            $0.start < state.moment && Self.seconds($0.start) < chart.times.upperBound
        }
        guard !steps.isEmpty else { return }
        let samples = steps.map { Chart.Sample(Self.seconds($0.start) + Self.step / 2, Double($0.middle)) }
        chart.lines.append(
            Chart.Line(
                "day ahead", samples, role: .chartForecast, pattern: .sparse, gapAfter: Self.step * 1.5))
        let holes = unmeasured(steps)
        guard !holes.isEmpty else { return }
        let band = holes.flatMap { step -> [Chart.Band.Sample] in
            let start = Self.seconds(step.start)
            return [start, start + Self.step - 1].map { time in
                Chart.Band.Sample(time, low: Double(step.low), high: Double(step.high))
            }
        }
        chart.bands.append(Chart.Band("", band, gapAfter: Self.step - 0.5))
    }

    /// Those of `steps` (ascending) in which no point of the series begins.
    private func unmeasured(_ steps: [ForecastAnswer.PastStep]) -> [ForecastAnswer.PastStep] {
        guard let answer else { return [] }
        let points = answer.points
        var next = 0
        return steps.filter { step in
            while next < points.count, points[next].start < step.start { next += 1 }
            let end = step.start.milliseconds + FacilityForecast.stepMilliseconds
            return next >= points.count || points[next].start.milliseconds >= end
        }
    }

    func dayAhead(at cursor: UTCInstant) -> ForecastAnswer.PastStep? {
        guard cursor < state.moment, let steps = forecast?.dayAhead,
            let index = steps.lastIndex(where: { $0.start <= cursor }),
            cursor.milliseconds - steps[index].start.milliseconds < FacilityForecast.stepMilliseconds
        else { return nil }
        return steps[index]
    }

    // MARK: - What is to come

    /// Where the forecast takes over: where measuring ends, but not before it begins itself.
    private func takeOver(_ forecast: FacilityForecast) -> UTCInstant {
        let newest = answer?.points.last.map { last in
            last.start.advanced(by: .milliseconds((answer?.stepMilliseconds ?? 0) / 2))
        }
        return max(forecast.origin, min(state.moment, newest ?? forecast.origin))
    }

    func addAhead(_ answer: ForecastAnswer, to chart: inout Chart) {
        guard let forecast = answer.forecast, !forecast.steps.isEmpty else { return }
        let course = Self.course(forecast, from: takeOver(forecast))
        guard course.count > 1 else { return }
        chart.bands.append(
            Chart.Band("90 %", course.map { Chart.Band.Sample($0.time, low: $0.low, high: $0.high) }))
        chart.lines.append(
            Chart.Line(
                forecast.mode == .manual ? "manual" : "forecast", course.map { Chart.Sample($0.time, $0.middle) },
                role: .chartForecast, pattern: .chain))
    }

    struct Place: Equatable {
        var time: Double
        var low: Double
        var middle: Double
        var high: Double
    }

    /// A mean stands in the middle of its quarter hour; between two the course is straight, before the first and behind the
    /// last level. Begins at `start`; empty when the forecast is over by then.
    static func course(_ forecast: FacilityForecast, from start: UTCInstant) -> [Place] {
        let steps = forecast.steps
        let begin = max(seconds(start), seconds(forecast.origin))
        let end = seconds(forecast.range.end)
        guard begin < end, !steps.isEmpty else { return [] }
        func middle(_ index: Int) -> Double { seconds(forecast.origin) + (Double(index) + 0.5) * step }
        func place(_ index: Int, at time: Double) -> Place {
            let step = steps[index]
            return Place(time: time, low: Double(step.low), middle: Double(step.middle), high: Double(step.high))
        }
        let first = (0..<steps.count).first { middle($0) > begin } ?? steps.count
        var places: [Place] = []
        places.reserveCapacity(steps.count - first + 2)
        if first == 0 || first == steps.count {
            places.append(place(min(first, steps.count - 1), at: begin))
        } else {
            let share = (begin - middle(first - 1)) / step
            let (a, b) = (place(first - 1, at: begin), place(first, at: begin))
            places.append(
                Place(
                    time: begin, low: a.low + (b.low - a.low) * share,
                    middle: a.middle + (b.middle - a.middle) * share, high: a.high + (b.high - a.high) * share))
        }
        for index in first..<steps.count { places.append(place(index, at: middle(index))) }
        places.append(place(steps.count - 1, at: end))
        return places
    }

    // MARK: - Under the cursor

    /// The step of the forecast under a cursor beyond what was measured.
    private func ahead(at cursor: UTCInstant) -> FacilityForecast.Step? {
        guard let made = forecast?.forecast, point(at: cursor) == nil, cursor >= takeOver(made) else { return nil }
        return made.step(at: cursor)
    }

    /// What stands under the cursor, in words.
    func reading(at cursor: UTCInstant) -> String {
        let clock = state.clock(for: pane)
        let time = clock.near(cursor, now: state.moment)
        if let step = ahead(at: cursor) {
            let range = "(\(Numbers.kilowatts(Double(step.low))) to \(Numbers.kilowatts(Double(step.high))))"
            let kind =
                switch forecast?.forecast?.mode {
                case .manual: "manual profile"
                case .degraded: "degraded forecast"
                default: "forecast"
                }
            return "\(time)  \(Numbers.kilowatts(Double(step.middle))) kW  \(range)  \(kind)"
        }
        guard let point = point(at: cursor) else {
            return "\(time)  \(cursor >= state.moment ? "not forecast" : "no reading")"
        }
        let kilowatts = Numbers.kilowatts(point.mean)
        guard answer?.request.resolution != .raw else {
            return "\(time)  \(kilowatts) kW  \(point.qualityShare >= 1 ? "good" : "uncertain")"
        }
        let range = "\(Numbers.kilowatts(point.low)) to \(Numbers.kilowatts(point.high))"
        let energy = Numeral.fixed(point.kilowattHours, decimals: 2)
        return "\(time)  \(kilowatts) kW  (\(range))  \(energy) kWh  \(Numbers.percent(point.qualityShare)) % good"
    }

    /// Why a forecast is what it is, or how far the past was from what had been forecast; nil where neither is known.
    func facts(at cursor: UTCInstant) -> [[Span]]? {
        var facts: [[Span]] = []
        if let step = ahead(at: cursor) {
            func part(_ name: String, _ value: Float, isFirst: Bool = false) -> [Span] {
                let text = isFirst ? Numbers.kilowatts(Double(value)) : Numbers.signed(Double(value))
                return [Span(name + " ", .chartAxis), Span(text, .chartForecast)]
            }
            facts = [
                part("usual", step.calendar, isFirst: true), part("recent", step.recent),
                part("weather", step.weather) + [Span(" kW", .chartAxis)],
            ]
        } else if let past = dayAhead(at: cursor) {
            facts = [
                [
                    Span("day ahead ", .chartAxis), Span(Numbers.kilowatts(Double(past.middle)), .chartForecast),
                    Span(
                        " kW (\(Numbers.kilowatts(Double(past.low))) to \(Numbers.kilowatts(Double(past.high))))",
                        .chartAxis),
                ]
            ]
            if let point = point(at: cursor), point.mean.isFinite { facts.append(Self.error(point.mean, past)) }
        }
        guard !facts.isEmpty else { return nil }
        return facts + responseFacts(at: cursor)
    }

    /// Positive when there was more load than had been forecast.
    private static func error(_ measured: Double, _ past: ForecastAnswer.PastStep) -> [Span] {
        let error = measured - Double(past.middle)
        let share = measured > 0 ? ", \(Numbers.signed(error / measured * 100)) %" : ""
        let isOutside = measured < Double(past.low) || measured > Double(past.high)
        let outside = isOutside ? [Span(", outside its band", .stateStale)] : []
        return [Span("error ", .chartAxis), Span("\(Numbers.signed(error)) kW\(share)", .textStrong)] + outside
    }

    private func responseFacts(at cursor: UTCInstant) -> [[Span]] {
        guard case .facility(let id?) = pane.route, let response = state.facility(id)?.response,
            response.window.contains(cursor), let baseline = response.baseline?.kilowatts
        else { return [] }
        let target = baseline - response.expected.kilowatts
        return [("target", target), ("baseline", baseline)].map { name, value in
            [Span(name + " ", .chartAxis), Span(Numbers.kilowatts(value), .chartBaseline), Span(" kW", .chartAxis)]
        }
    }
}
