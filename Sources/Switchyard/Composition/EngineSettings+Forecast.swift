import EnergyModel
import Engine
import Forecasting

extension EngineSettings.Forecast {
    /// Throws for a list of models that names no facility or no model, and for weights that cannot be read.
    init(_ settings: Settings) throws {
        self.init()
        let weights = settings.text("forecast.weights")
        if !weights.isEmpty { network = try ForecastFolder.network(weights) }
        settle = settings.span("forecast.settle")
        stagger = settings.span("forecast.stagger")
        model = ModelVersion(rawValue: settings.text("forecast.model")) ?? .standard
        models = try Self.models(settings.list("forecast.models"))
        historyDays = settings.integer("forecast.history_days")
        refitEvery = settings.span("forecast.refit_every")
        firstLookDays = settings.integer("forecast.first_look_days")
        leastShare = settings.number("forecast.least_share")
        lagAlert = settings.span("forecast.lag_alert")
        leastQuality = settings.number("forecast.least_quality")
        wantedDays = settings.integer("forecast.wanted_days")
        loadAge = settings.span("forecast.load_age")
        peakWarning = settings.number("forecast.peak_warning")
        keep = settings.span("forecast.keep")
        keepEvery = settings.span("forecast.keep_every")
        storeTimeout = settings.span("forecast.store_timeout")
        batch = settings.integer("forecast.batch")
        readTimeout = settings.span("forecast.read_timeout")
        sliceRollups = settings.integer("forecast.slice_rollups")
    }

    private static func models(_ items: [String]) throws -> [FacilityID: ModelVersion] {
        var models: [FacilityID: ModelVersion] = [:]
        for item in items {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let facility = FacilityID(parts[0]), let version = ModelVersion(rawValue: parts[1])
            else {
                let known = ModelVersion.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure(
                    .usage, "forecast.models: \(item.debugDescription) is not FACILITY=MODEL, with one of \(known)")
            }
            models[facility] = version
        }
        return models
    }
}
