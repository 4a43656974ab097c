import EnergyModel
import GatewayWire
import Ports

/// How facilities are told.
enum FacilityShapes {
    static let response = Shape<FacilityResponse>(
        "FacilityResponse", "The building's part in an event that is not settled.",
        [
            .text("event_id", "The event.", as: Parameters.eventIdentifier) { $0.event.text },
            .choice("state", "How far the building has come.") { $0.state },
            .text("starts_at", "The event begins.", as: .instant) { $0.window.start.iso8601 },
            .text("ends_at", "The event ends.", as: .instant) { $0.window.end.iso8601 },
            .number("expected_kw", "Reduction that is planned.") { $0.expected.kilowatts },
            .number("achieved_kw", "Newest measured reduction.", unknown: "nothing was measured yet") {
                $0.achieved?.kilowatts
            },
            .number("baseline_kw", "Load without the event.", unknown: "no baseline could be found") {
                $0.baseline?.kilowatts
            },
            .text("baseline_method", "How the baseline was found.", unknown: "there is no baseline") {
                $0.baselineMethod
            },
        ])

    static let forecast = Shape<ForecastBrief>(
        "ForecastBrief", "The next 24 hours in a line.",
        [
            .number("peak_kw", "Highest quarter hour.") { $0.peak.kilowatts },
            .number("peak_upper_kw", "Its upper bound.") { $0.peakHigh.kilowatts },
            .text("peak_at", "When it begins.", as: .instant) { $0.peakAt.iso8601 },
            .choice("mode", "What the forecast rests on.") { $0.mode },
            .number("data_quality_score", "0 to 1.") { $0.quality },
            .text("last_updated", "When it was made.", as: .instant) { $0.issuedAt.iso8601 },
        ])

    private static let noLoad = "no meter of the facility has a reading younger than 5 minutes"

    private static let members: [Shape<Told<FacilitySnapshot>>.Field] = [
        .text("facility_id", "Its id.", as: Parameters.identifier) { $0.id.text },
        .text("name", "As its owner calls it; text from outside.") { $0.name },
        .choice("kind", "What it is.") { $0.kind },
        .text("region", "Where it is.") { $0.region },
        .text("time_zone", "IANA zone of its local days.") { $0.timeZone },
        .flag("is_described", "False when it was met in a reading before anybody described it.") { $0.isDescribed },
        .number("contract_demand_kw", "Contract demand.", unknown: "nobody told its contract demand") {
            $0.contractDemand?.kilowatts
        },
        .number("load_kw", "Sum of its usable meters' newest readings.", unknown: noLoad) { $0.load?.kilowatts },
        .number("share_of_contract", "Load over contract demand.", unknown: "load or contract demand is unknown") {
            guard let load = $0.load, let contract = $0.contractDemand, contract.kilowatts > 0 else { return nil }
            return load.kilowatts / contract.kilowatts
        },
        .text("freshness", "fresh to 45 s, stale to 5 min, then bad.", as: .choice(["fresh", "stale", "bad"])) {
            $0.value.freshness(at: $0.now).rawValue
        },
        .text("newest_reading_at", "Event time of its newest reading.", as: .instant, unknown: noReading) {
            $0.newest?.iso8601
        },
        .number("newest_reading_age_seconds", "How old that is.", unknown: noReading) { told in
            told.newest.map { age(of: $0, at: told.now) }
        },
        .number("quality_share", "Good readings of those expected over the last 15 minutes, 0 to 1.") {
            $0.qualityShare
        },
        .integer("meters", "Its meters.") { Int64($0.meters) },
        .integer("fresh_meters", "Those with a reading younger than 45 s.") { Int64($0.freshMeters) },
        .integer("usable_meters", "Those with a reading younger than 5 min.") { Int64($0.usableMeters) },
        .number("peak_today_kw", "Highest 15-minute mean since local midnight.", unknown: "no quarter hour is over") {
            $0.peakToday?.kilowatts
        },
        .object("response", "Its part in an open event.", response, unknown: "it takes part in none") { $0.response },
        .object("forecast", "Its forecast in a line.", forecast, unknown: "none was made yet") { $0.forecast },
    ]

    private static let noReading = "no reading of it was ever taken"

    static let facility = Shape<Told<FacilitySnapshot>>(
        "Facility", "A building or campus that is metered and commanded as one.", members)

    static let single = Shape<Told<FacilitySnapshot>>.told(
        "FacilityDetail", "A facility, and its last hour.",
        members + [
            .value(
                "last_hour_kw", "Mean of the last 60 minutes, oldest first; null for a minute without data.",
                .list(of: .nullable(.number()))
            ) { told in
                .array(told.lastHour.map { $0.map { $0.isFinite ? .number(Double($0)) : .null } ?? .null })
            }
        ])

    struct Page: Sendable {
        var facilities: [FacilitySnapshot]
        var total: Int
        var next: FacilityID?
    }

    static let page = Shape<Told<Page>>.told(
        "FacilityPage", "Facilities by id.",
        [
            .list("facilities", "By id.", facility) { told in told.facilities.map(told.with) },
            .integer("total", "How many there are on all pages.") { Int64($0.total) },
            .optionalText("next_after", "Send it as `after` for the next page.", as: Parameters.identifier) {
                $0.next?.text
            },
        ])
}
