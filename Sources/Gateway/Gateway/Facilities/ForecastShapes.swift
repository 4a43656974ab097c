import EnergyModel
import GatewayWire
import Ports

/// How forecasts are told (ledger FC-08, FC-10).
enum ForecastShapes {
    struct Forecast: Sendable {
        var facility: FacilityID
        var answer: ForecastAnswer
        var forecast: FacilityForecast? { answer.forecast }
    }

    static let step = Shape<(start: UTCInstant, step: FacilityForecast.Step)>(
        "ForecastStep", "A quarter hour.",
        [
            .text("start", "It begins.", as: .instant) { $0.start.iso8601 },
            .number("load_kw", "Mean load to be expected.") { Double($0.step.middle) },
            .number("confidence_interval_lower", "kW; nine of ten loads lie between lower and upper.") {
                Double($0.step.low)
            },
            .number("confidence_interval_upper", "kW.") { Double($0.step.high) },
            .number("calendar_kw", "Of the load: the usual course of such a day.") { Double($0.step.calendar) },
            .number("recent_kw", "Of the load: what the last hours, days and weeks add.") { Double($0.step.recent) },
            .number("weather_kw", "Of the load: what the weather adds.") { Double($0.step.weather) },
        ])

    static let profile = Shape<LoadProfile>(
        "LoadProfile", "A load entered by a person, which takes the place of the forecast.",
        [
            .text("facility_id", "The facility.", as: Parameters.identifier) { $0.facility.text },
            .value("kilowatts", "Mean load by local hour.", .list(of: .number(), lengths: 24...24)) {
                .array($0.kilowatts.map { .number($0) })
            },
            .number("band_share", "Half width of its 90 % band as a share of the load.") { $0.bandShare },
            .text("until", "It holds until.", as: .instant) { $0.until.iso8601 },
            .text("entered_at", "When it was entered.", as: .instant) { $0.enteredAt.iso8601 },
            .text("author", "By whom.") { $0.author },
            .text("reason", "Why.") { $0.reason },
        ])

    private static let none = "no forecast was made yet, or none was in force then"

    static let forecast = Shape<Told<Forecast>>.told(
        "Forecast", "A forecast as issued once.",
        [
            .text("facility_id", "The facility.", as: Parameters.identifier) { $0.facility.text },
            .text(
                "mode", "What it rests on.", as: .choice(ForecastQuality.allCases.map(\.rawValue)), unknown: none
            ) { $0.forecast?.mode.rawValue },
            .text("forecast_model_version", "The model that made it.", unknown: none) { $0.forecast?.model },
            .text("last_updated", "When it was made.", as: .instant, unknown: none) { $0.forecast?.issuedAt.iso8601 },
            .number("data_quality_score", "0 to 1: one minus the relative error to be expected.", unknown: none) {
                $0.forecast?.quality
            },
            .text(
                "weather_standing", "Where its temperatures came from.",
                as: .choice(FacilityForecast.WeatherNote.Standing.allCases.map(\.rawValue)), unknown: none
            ) { $0.forecast?.weather.standing.rawValue },
            .text("weather_provider", "Who told the weather.", unknown: "no provider's word is behind it") {
                $0.forecast?.weather.provider
            },
            .text(
                "weather_as_of", "When the provider told it.", as: .instant, unknown: "no provider's word is behind it"
            ) {
                $0.forecast?.weather.asOf?.iso8601
            },
            .texts("remarks", "Why it is not normal, and what else to know of it.") { $0.forecast?.remarks ?? [] },
            .list("steps", "By quarter hour, normally 96; empty without a forecast.", step) { told in
                guard let forecast = told.forecast else { return [] }
                return forecast.steps.indices.map { (start: forecast.start(ofStep: $0), step: forecast.steps[$0]) }
            },
            .object("profile", "A load entered by hand that is in force.", profile, unknown: "none is in force") {
                $0.answer.profile
            },
            .number(
                "relative_error", "Mean absolute error over mean load of its last weeks' forecasts.",
                unknown: "no forecast of this engine was judged yet"
            ) { $0.answer.standing?.relativeError },
            .number(
                "band_coverage", "Share of loads that lay in the band.",
                unknown: "no forecast of this engine was judged yet"
            ) { $0.answer.standing?.coverage },
        ])
}
