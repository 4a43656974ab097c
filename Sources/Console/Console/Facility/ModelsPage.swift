import EnergyModel
import Ports
import Screen

/// Below the chart: what each model would have forecast over the last weeks, best first.
enum ModelsPage {
    static let standardWeeks = 8

    // MARK: - Asking

    static func begin(_ state: inout ConsoleState, weeks: Int) {
        guard state.past == nil else {
            return state.say(
                "Models are compared from now: \(state.keys.hint(.freeze) ?? ":live") returns to live first", .warning)
        }
        guard let facility = state.pane.route.facility, state.facility(facility) != nil else {
            return state.say("No facility is chosen", .warning)
        }
        if case .meter = state.pane.route { state.go(to: .facility(facility)) }
        state.pane.facility.part = .models
        state.pane.facility.pageTop = 0
        if let running = state.pane.facility.comparison, running.fetch.isUnderWay {
            guard running.facility != facility else { return }
            return state.say("The models of \(running.facility) are being compared: one building at a time", .warning)
        }
        var comparison = FacilityState.Comparison(facility: facility, weeks: weeks, begunAt: state.now)
        comparison.fetch.asked(state.ask(.backtest(BacktestRequest(facility: facility, weeks: weeks))), at: state.now)
        state.pane.facility.comparison = comparison
    }

    /// What the foot of the screen says when it is done: whoever asked may be elsewhere by then.
    static func ending(_ comparison: FacilityState.Comparison) -> String {
        if let failure = comparison.fetch.failure {
            return "The models of \(comparison.facility) were not compared: \(failure)"
        }
        guard let best = comparison.fetch.value?.models.first else {
            return "Too little is known of \(comparison.facility) to compare models"
        }
        let error = Numeral.fixed(best.relativeError * 100, decimals: 1)
        return Sanitiser.drawable(
            "Models of \(comparison.facility) compared: \(best.version) is best, \(error) % error")
    }

    static func tone(_ comparison: FacilityState.Comparison) -> Notice.Tone {
        comparison.fetch.failure == nil ? .plain : .warning
    }

    // MARK: - Rows

    /// Rows to read, and whether the first is a heading; empty while there is nothing to compare.
    static func rows(_ state: ConsoleState, _ pane: Pane, width: Int) -> [[Span]] {
        guard let answer = comparison(pane)?.fetch.value, !answer.models.isEmpty else { return [] }
        let standing = pane.facility.forecast.value?.standing
        let horizons = answer.models.first?.horizons ?? []
        let isWide = width >= 60 + horizons.count * 9 + 11
        let head = heading(isWide ? horizons : [])
        let rows = answer.models.map { model in
            figures(model) + (isWide ? errors(model) : []) + note(model, standing)
        }
        guard !isWide, !horizons.isEmpty else { return [head] + rows }
        let title = pad("ERROR % AHEAD", 16) + horizons.map { right(name($0), 9) }.joined()
        let below = answer.models.map { [Span(pad($0.version, 16))] + errors($0) }
        return [head] + rows + [[Span(title, .header)]] + below
    }

    private static func comparison(_ pane: Pane) -> FacilityState.Comparison? {
        pane.facility.comparison.flatMap { $0.facility == pane.route.facility ? $0 : nil }
    }

    private static func heading(_ horizons: [BacktestAnswer.Horizon]) -> [Span] {
        let columns = [("ERROR %", 8), ("BIAS %", 8), ("BAND %", 8), ("IN BAND", 9), ("LAST WEEK", 11)]
        let text = pad("MODEL", 16) + columns.map { right($0.0, $0.1) }.joined()
        return [Span(text + horizons.map { right(name($0), 9) }.joined(), .header)]
    }

    private static func figures(_ model: BacktestAnswer.Model) -> [Span] {
        func percent(_ share: Double, _ width: Int) -> String { right(Numeral.fixed(share * 100, decimals: 1), width) }
        let isMissing = model.coverage < 0.82
        let isWorse = (model.againstNaive ?? 0) >= 1
        let naive = model.againstNaive.map { Numeral.fixed($0, decimals: 2) } ?? "–"
        return [
            Span(pad(model.version, 16), .text), Span(percent(model.relativeError, 8), .textStrong),
            Span(right(Numbers.signed(model.bias * 100), 8)), Span(percent(model.bandWidth, 8)),
            Span(right("\(Numbers.percent(model.coverage)) %", 9), isMissing ? .stateStale : .text),
            Span(right(naive, 11), isWorse ? .stateStale : .text),
        ]
    }

    private static func errors(_ model: BacktestAnswer.Model) -> [Span] {
        model.horizons.map { Span(right(Numeral.fixed($0.relativeError * 100, decimals: 1), 9), .textDim) }
    }

    private static func note(_ model: BacktestAnswer.Model, _ standing: ForecasterStanding?) -> [Span] {
        guard let standing else { return [] }
        if model.version == standing.inCharge { return [Span("  in charge", .stateActive)] }
        return model.version == standing.chosen ? [Span("  chosen", .stateEstimated)] : []
    }

    private static func name(_ horizon: BacktestAnswer.Horizon) -> String { "\(horizon.from)-\(horizon.to) h" }

    private static func pad(_ text: String, _ width: Int) -> String {
        let shown = Sanitiser.drawable(text)
        let columns = CharacterWidth.columns(shown)
        guard columns < width else { return String(shown.prefix(width - 2)) + "  " }
        return shown + String(repeating: " ", count: width - columns)
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - CharacterWidth.columns(text))) + text
    }

    static func overflow(_ state: ConsoleState, _ pane: Pane, in box: Rect) -> Int {
        max(0, rows(state, pane, width: box.width - 4).count - box.height)
    }

    // MARK: - Drawing

    static func title(_ pane: Pane) -> [Span] {
        guard let comparison = comparison(pane), let answer = comparison.fetch.value else {
            return [Span("Models", .title)]
        }
        let weeks = Numbers.count(answer.request.weeks, "week", "weeks")
        let origins = answer.models.first.map { ", \(Numeral.grouped($0.origins)) forecasts each" } ?? ""
        return [
            Span("Models", .title),
            Span(" over \(weeks)\(origins), \(Numbers.count(answer.daysKnown, "day", "days")) known", .textDim),
        ]
    }

    static func age(_ pane: Pane, now: UTCInstant) -> [Span] {
        guard let comparison = comparison(pane), let arrived = comparison.fetch.arrivedAt else { return [] }
        return [Span("compared \(Age.text(max(.zero, now.since(arrived)))) ago", .textDim)]
    }

    static func draw(_ state: ConsoleState, _ pane: Pane, in box: Rect, on grid: inout Grid) {
        guard let comparison = comparison(pane) else { return drawInvitation(state, pane, in: box, on: &grid) }
        let waited = Age.countdown(max(.zero, state.now.since(comparison.begunAt)))
        if comparison.fetch.isUnderWay {
            return Chrome.empty(
                "Comparing the models over \(Numbers.count(comparison.weeks, "week", "weeks")), \(waited) so far: each learns "
                    + "anew for every week, which may take a minute. You can go on elsewhere; the last line says when it is done",
                in: box, on: &grid)
        }
        if let failure = comparison.fetch.failure {
            let again = state.keys.hint(.backtest, in: .facility).map { "   \($0) tries again" } ?? ""
            return Chrome.empty("× Not compared: \(failure)\(again)", in: box, on: &grid)
        }
        let rows = rows(state, pane, width: box.width - 4)
        guard !rows.isEmpty else {
            let days = comparison.fetch.value?.daysKnown ?? 0
            return Chrome.empty(
                "Too little to compare: \(Numbers.count(days, "day is", "days are")) known. Ask again after some weeks of readings",
                in: box, on: &grid)
        }
        let top = min(pane.facility.pageTop, max(0, rows.count - box.height))
        TextView(rows, window: ListWindow(top: top), wraps: false).draw(in: box.inset(horizontal: 1), on: &grid)
    }

    private static func drawInvitation(_ state: ConsoleState, _ pane: Pane, in box: Rect, on grid: inout Grid) {
        let key = state.keys.hint(.backtest, in: .facility) ?? ":backtest"
        let text =
            state.past == nil
            ? "\(key) asks what each model would have forecast over the last \(standardWeeks) weeks, each from what was known "
                + "then; it may take a minute. :backtest 4 takes four weeks"
            : "Models are compared from now, not from a past moment"
        Chrome.empty(text, in: box, on: &grid)
    }
}
