import Forecasting

extension SettingTable {
    static let forecast: [Setting] = [
        Setting(
            "forecast.model", .choice(ModelVersion.allCases.map(\.rawValue)), ModelVersion.standard.rawValue,
            "`forecast_model_version` of every facility (FC-16)"),
        Setting(
            "forecast.models", .list, "", "facilities with a model of their own, F-007=weekday-mean (FC-16)"),
        Setting(
            "forecast.weights", .text, "",
            "file of trained weights for lstm (`switchyard forecast train`); empty is none"),
        Setting(
            "forecast.holidays", .list, "",
            "facilities with holidays of their own, F-007=FILE (lines `Name = 07-04`), nerc, us-federal or none"),
        Setting("forecast.settle", shortTime, "90s", "how long after a quarter hour a run begins"),
        Setting("forecast.stagger", .duration(.zero...(.seconds(600))), "1m", "time over which a run is spread"),
        Setting("forecast.history_days", .integer(14...730), "365", "days of rollups that a fit learns from"),
        Setting("forecast.refit_every", longTime, "1d", "how often each facility's weights are learned anew"),
        Setting(
            "forecast.first_look_days", .integer(7...90), "35", "days that a new forecaster sees before its first fit"),
        Setting("forecast.least_share", share, "0.8", "share of usual readings up to which a load is not known"),
        Setting("forecast.lag_alert", longTime, "30m", "age of the newest run that is reported (FC-12) and not used"),
        Setting("forecast.least_quality", share, "0.25", "data_quality_score below which no plan uses it (FC-10)"),
        Setting("forecast.wanted_days", .integer(1...730), "30", "days of history a forecast wants (FC-18)"),
        Setting("forecast.load_age", longTime, "3h", "age of the newest load from which a forecast is degraded"),
        Setting("forecast.peak_warning", .number(0...10), "0.9", "share of contract demand a forecast peak is told of"),
        Setting("forecast.keep", longTime, "7d", "age of kept forecasts"),
        Setting("forecast.keep_every", longTime, "2h", "age of those kept that do not begin on a whole hour"),
        Setting("forecast.store_timeout", shortTime, "2s", "deadline of storing forecasts, then the log takes them"),
        Setting("forecast.batch", .integer(1...1000), "50", "facilities of one transaction"),
        Setting("forecast.read_timeout", shortTime, "30s", "deadline of one read of a history"),
        Setting("forecast.slice_rollups", .integer(96...100_000), "4000", "rollups read in one go"),
    ]
}
