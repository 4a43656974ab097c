import EnergyModel
import Ports
import Screen

/// The series of a facility or meter as a chart: mean with its min-max band, contract line, gaps as gaps; of a facility
/// also what is to come, and what had been forecast of the past.
struct FacilityChart {
    let state: ConsoleState
    let pane: Pane

    var answer: SeriesAnswer? { pane.facility.series.value }

    /// The forecast of what the pane shows; of a moment after the one shown nothing may be known.
    var forecast: ForecastAnswer? {
        guard case .facility = pane.route, let answer = pane.facility.forecast.value else { return nil }
        guard let made = answer.forecast, made.issuedAt > state.moment.advanced(by: .seconds(900)) else {
            return answer
        }
        return nil
    }

    func chart(_ range: TimeRange) -> Chart {
        let start = Self.seconds(range.start)
        let end = Self.seconds(range.end)
        var chart = Chart(times: start...end)
        chart.unit = "kW"
        chart.emptyText = emptyText
        if let forecast { addPast(forecast, to: &chart) }
        if let answer { fill(&chart, answer) }
        if let forecast { addAhead(forecast, to: &chart) }
        if case .facility(let id?) = pane.route {
            if let demand = state.facility(id)?.contractDemand?.kilowatts {
                chart.limits = [Chart.Limit("contract", demand)]
            }
            if let response = state.facility(id)?.response { add(response, to: &chart) }
            if range.end > state.moment, pane.facility.zoom.ahead > .zero { chart.present = Self.seconds(state.moment) }
        }
        if let cursor = pane.facility.cursor {
            chart.cursor = Self.seconds(cursor)
            chart.cursorFacts = facts(at: cursor)
        }
        let clock = state.clock(for: pane)
        chart.zoneName = clock.label(at: range.end)
        chart.zoneOffset = { seconds in
            clock.offset(at: UTCInstant(milliseconds: Int64(seconds * 1000)))
        }
        return chart
    }

    private func fill(_ chart: inout Chart, _ answer: SeriesAnswer) {
        let gap = Double(answer.stepMilliseconds) / 1000 * 1.5
        let middle = answer.request.resolution == .raw ? 0 : Double(answer.stepMilliseconds) / 2000
        let samples = answer.points.map { Chart.Sample(Self.seconds($0.start) + middle, $0.mean) }
        // Where nothing was measured, no name of it stands beside what was forecast.
        if !samples.isEmpty || chart.lines.isEmpty { chart.lines.append(Chart.Line("load", samples, gapAfter: gap)) }
        // A band is worth its ink only where a step hides movement.
        if case .rollup = answer.request.resolution, !samples.isEmpty {
            let band = answer.points.compactMap { point -> Chart.Band.Sample? in
                guard point.low.isFinite, point.high.isFinite else { return nil }
                return Chart.Band.Sample(Self.seconds(point.start) + middle, low: point.low, high: point.high)
            }
            chart.bands.append(Chart.Band("min-max", band, gapAfter: gap))
        }
    }

    /// The event's window, and in it the load that would be without the event and the one that was promised.
    private func add(_ response: FacilityResponse, to chart: inout Chart) {
        let start = Self.seconds(response.window.start)
        let end = min(Self.seconds(response.window.end), chart.times.upperBound)
        guard start < end else { return }
        chart.windows = [Chart.Window("DR", start...end)]
        guard let baseline = response.baseline?.kilowatts else { return }
        let target = baseline - response.expected.kilowatts
        func level(_ name: String, _ value: Double, _ pattern: Chart.Pattern) -> Chart.Line {
            let samples = [Chart.Sample(start, value), Chart.Sample(end, value)]
            return Chart.Line(name, samples, role: .chartBaseline, pattern: pattern)
        }
        chart.lines += [level("baseline", baseline, .dashed), level("target", target, .dotted)]
    }

    private var emptyText: String {
        if answer == nil { return pane.facility.series.failure ?? "Asking for the readings …" }
        return "No readings in these \(pane.facility.zoom.title)"
    }

    static func seconds(_ moment: UTCInstant) -> Double { Double(moment.milliseconds) / 1000 }

    /// The step under the cursor; nil in a gap.
    func point(at cursor: UTCInstant) -> SeriesAnswer.Point? {
        guard let answer, answer.stepMilliseconds > 0 else { return nil }
        let points = answer.points
        guard let index = points.lastIndex(where: { $0.start <= cursor }) else { return nil }
        let isNear = cursor.milliseconds - points[index].start.milliseconds < answer.stepMilliseconds
        return isNear ? points[index] : nil
    }

    var resolution: String {
        guard let answer else { return "" }
        switch answer.request.resolution {
        case .raw: return "raw, every 15 s"
        case .rollup(let granularity): return "\(granularity.words) means"
        }
    }
}

extension Granularity {
    var words: String {
        switch self {
        case .minute: "1-min"
        case .quarterHour: "15-min"
        case .hour: "hourly"
        }
    }
}
