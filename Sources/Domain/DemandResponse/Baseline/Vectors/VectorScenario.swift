import EnergyModel

/// One case of a vector file: a customer whose every day has one shape, scaled; and an event.
struct VectorScenario: Sendable {
    /// A rule and the figures it shall give, each with the place it stands at.
    struct Expectation: Sendable {
        var label: String
        var rule: BaselineRule
        var figures: [(key: String, value: VectorReader)]
    }

    var name: String
    /// Mean kW by hour beginning.
    var shape: [Double]
    var multipliers: [CivilDate: Double]
    var eventDate: CivilDate
    /// Hours beginning, without a gap.
    var eventHours: [Int]
    /// The event day outside the event.
    var eventDayMultiplier: Double
    var eventHourActual: [Double]
    var exclusions: [BaselineExclusion]
    var holidays: HolidayTable
    /// Local hour, with fraction.
    var notifiedHour: Double?
    var commitment: Power?
    var expectations: [Expectation] = []
    /// `eligible_10`: the days a walk back finds.
    var eligible: [(count: Int, figure: VectorReader)] = []

    /// Hours are UTC: the form names no zone for its days.
    func request() -> BaselineRequest {
        let load = multipliers.sorted { $0.key < $1.key }.filter { $0.key != eventDate }
            .flatMap { date, multiplier in shape.indices.map { sample(date, $0, shape[$0] * multiplier) } }
        let eventDay = shape.indices.map { hour in
            sample(
                eventDate, hour,
                eventHours.firstIndex(of: hour).map { eventHourActual[$0] } ?? shape[hour] * eventDayMultiplier)
        }
        let midnight = eventDate.midnightUTC
        return BaselineRequest(
            event: TimeRange(
                start: midnight.advanced(by: .seconds((eventHours.first ?? 0) * 3600)),
                end: midnight.advanced(by: .seconds(((eventHours.last ?? 0) + 1) * 3600))),
            notifiedAt: notifiedHour.map { midnight.advanced(by: .milliseconds(Int64($0 * 3_600_000))) }, zone: .utc,
            holidays: holidays, exclusions: exclusions, load: load + eventDay, commitment: commitment)
    }

    private func sample(_ date: CivilDate, _ hour: Int, _ kilowatts: Double) -> LoadSample {
        let start = date.midnightUTC.advanced(by: .seconds(hour * 3600))
        return LoadSample(
            span: TimeRange(start: start, end: start.advanced(by: .seconds(3600))),
            mean: Power(kilowatts: kilowatts), quality: .validated)
    }
}

extension BaselineRule {
    /// A rule as vector files name it: `caiso`, `pjm_high_4_of_5_saa`, `high_3_of_10`, or an id of ours.
    static func inVectors(_ key: String) -> BaselineRule? {
        let id = String(key.lowercased().map { $0 == "_" ? "-" : $0 })
        switch id {
        case "caiso": return caiso10In10
        case "pjm", "pjm-high-4-of-5": return pjmHigh4Of5
        case "nyiso", "nyiso-high-5-of-10": return nyisoHigh5Of10
        case "iso-ne", "isone", "isone-10-of-10", "iso-ne-10-of-10-additive", "isone-10-of-10-additive":
            return isoNewEngland
        case "ercot": return ercotMiddle8Of10
        case "ieso": return iesoHigh15Of20
        case "same-day", "same-day-3-2": return sameDay3Plus2
        case "match-day": return matchDay3
        default: break
        }
        if let rule = named(id) { return rule }
        return id.hasPrefix("mid-") ? named("middle-" + id.dropFirst(4)) : nil
    }
}
