import EnergyModel
import GatewayWire
import Ports

/// How meters are told.
enum MeterShapes {
    struct List: Sendable {
        var facility: FacilityID
        var meters: [MeterSnapshot]
    }

    private static let noReading = "no reading of the last days is stored"

    static let meter = Shape<Told<MeterSnapshot>>(
        "Meter", "A meter with its newest reading.",
        [
            .text("meter_id", "Its id.", as: Parameters.identifier) { $0.id.text },
            .number("load_kw", "Power, positive is import.", unknown: "its newest reading carries no power") {
                $0.kilowatts
            },
            .number("register_kwh", "Cumulative register.", unknown: "its newest reading carries no register") {
                $0.registerKilowattHours
            },
            .number("voltage_v", "Voltage.", unknown: "its newest reading carries no voltage") { $0.volts },
            .text(
                "quality", "What the reading is worth.", as: .choice(ReadingQuality.allCases.map(\.name)),
                unknown: noReading
            ) { $0.quality?.name },
            .text("newest_reading_at", "Event time of the reading.", as: .instant, unknown: noReading) {
                $0.newest?.iso8601
            },
            .number("newest_reading_age_seconds", "How old it is.", unknown: noReading) { told in
                told.newest.map { age(of: $0, at: told.now) }
            },
            .text("freshness", "fresh to 45 s, stale to 5 min, then bad.", as: .choice(["fresh", "stale", "bad"])) {
                told in
                (told.newest.map { Freshness(age: told.now.since($0)) } ?? .bad).rawValue
            },
            .integer("missing_slots_last_hour", "15-second slots without a reading in the last hour, of 240.") {
                Int64($0.missingSlotsLastHour)
            },
        ])

    static let list = Shape<Told<List>>.told(
        "MeterList", "A facility's meters by id.",
        [
            .text("facility_id", "The facility.", as: Parameters.identifier) { $0.facility.text },
            .list("meters", "By id.", meter) { told in told.meters.map(told.with) },
        ])
}
