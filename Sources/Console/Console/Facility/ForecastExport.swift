import EnergyModel
import Ports

/// Forecast and comparison as tables, whole: not what fitted on the screen.
enum ForecastExport {
    static func steps(_ state: ConsoleState, _ pane: Pane) -> ExportTable {
        let columns = [
            "start", "low_kw", "expected_kw", "high_kw", "usual_kw", "recent_kw", "weather_kw", "origin", "issued_at",
            "model", "mode", "quality", "weather_source",
        ]
        let title = "\(pane.locator) forecast at \(state.moment.iso8601)"
        guard let forecast = FacilityChart(state: state, pane: pane).forecast?.forecast else {
            return ExportTable(title: title, columns: columns, rows: [])
        }
        let shared: [ExportTable.Value] = [
            .text(forecast.origin.iso8601), .text(forecast.issuedAt.iso8601), .text(forecast.model),
            .text(forecast.mode.rawValue), .number(rounded(forecast.quality, 1000)), .text(forecast.weather.words),
        ]
        let rows = forecast.steps.enumerated().map { index, step -> [ExportTable.Value] in
            let figures = [step.low, step.middle, step.high, step.calendar, step.recent, step.weather]
            return [.text(forecast.start(ofStep: index).iso8601)] + figures.map { .init(rounded(Double($0), 10)) }
                + shared
        }
        return ExportTable(title: title, columns: columns, rows: rows)
    }

    static func models(_ pane: Pane) -> ExportTable {
        let comparison = pane.facility.comparison.flatMap { $0.facility == pane.route.facility ? $0 : nil }
        let answer = comparison?.fetch.value
        let horizons = answer?.models.first?.horizons ?? []
        let names = horizons.flatMap { ["error_\($0.from)_\($0.to)h_percent", "in_band_\($0.from)_\($0.to)h_percent"] }
        let rows = (answer?.models ?? []).map { model -> [ExportTable.Value] in
            let shares = [model.relativeError, model.quantileScore, model.bias, model.bandWidth, model.coverage]
            let byHorizon = model.horizons.flatMap { [$0.relativeError, $0.coverage] }
            return [.text(model.version), .number(Double(model.origins))] + shares.map(percent)
                + [.init(model.againstNaive.map { rounded($0, 1000) })] + byHorizon.map(percent)
        }
        let weeks = answer.map { " over \($0.request.weeks) weeks at \($0.answeredAt.iso8601)" } ?? ""
        return ExportTable(
            title: "\(pane.locator) models\(weeks)",
            columns: [
                "model", "forecasts", "error_percent", "quantile_score_percent", "bias_percent", "band_percent",
                "in_band_percent", "against_last_week",
            ] + names, rows: rows)
    }

    private static func percent(_ share: Double) -> ExportTable.Value {
        .init(share.isFinite ? rounded(share * 100, 100) : nil)
    }

    private static func rounded(_ value: Double, _ parts: Double) -> Double { (value * parts).rounded() / parts }
}
