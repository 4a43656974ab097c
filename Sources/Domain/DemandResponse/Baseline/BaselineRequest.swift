import EnergyModel

/// Everything a baseline is worked out from. Pure: the same request gives the same figures.
package struct BaselineRequest: Sendable {
    /// The event window, at most 24 hours; what is measured against the baseline.
    package var event: TimeRange
    /// When the customer was told; rules anchored there need it.
    package var notifiedAt: UTCInstant?
    package var zone: ZoneOffsets
    package var holidays: HolidayTable
    package var exclusions: [BaselineExclusion]
    /// In any order; the event day's own load among it, as far as it is known.
    package var load: [LoadSample]
    /// Only regression asks for it.
    package var temperatures: [TemperatureSample]
    /// What was promised, as mean reduction over the event.
    package var commitment: Power?

    package init(
        event: TimeRange, notifiedAt: UTCInstant? = nil, zone: ZoneOffsets, holidays: HolidayTable = .nerc,
        exclusions: [BaselineExclusion] = [], load: [LoadSample], temperatures: [TemperatureSample] = [],
        commitment: Power? = nil
    ) {
        self.event = event
        self.notifiedAt = notifiedAt
        self.zone = zone
        self.holidays = holidays
        self.exclusions = exclusions
        self.load = load
        self.temperatures = temperatures
        self.commitment = commitment
    }
}

/// A day that must not shape the baseline.
package struct BaselineExclusion: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable {
        case demandResponse = "dr_event"
        case outage
        /// By a person's decision; a fill rule does not bring it back.
        case operatorDecision = "operator"
    }

    package var date: CivilDate
    package var kind: Kind
    /// The event's id, the outage's ticket, the person's reason.
    package var note: String

    package init(date: CivilDate, kind: Kind, note: String = "") {
        self.date = date
        self.kind = kind
        self.note = note
    }

    /// One exclusion for each local date that `span` touches.
    package static func days(
        of span: TimeRange, kind: Kind, note: String = "", zone: ZoneOffsets
    ) -> [BaselineExclusion] {
        guard !span.isEmpty else { return [] }
        let first = zone.date(at: span.start)
        let last = zone.date(at: UTCInstant(milliseconds: span.end.milliseconds - 1))
        return (0...max(0, last.days(since: first))).map {
            BaselineExclusion(date: first.advanced(by: $0), kind: kind, note: note)
        }
    }
}

/// Why there is no baseline: what is missing and what to do.
package enum BaselineProblem: Error, Hashable, CustomStringConvertible {
    case badEvent
    case noLoad
    case noDaysOfType(DayType, rule: String)
    /// With every candidate day and why it was dropped.
    case notEnoughDays(found: Int, needed: Int, type: DayType, rule: String, candidates: [CandidateDay])
    case notificationUnknown(rule: String)
    case sameDayLoadMissing(TimeRange)
    case temperaturesMissing(TimeRange)

    package var description: String {
        switch self {
        case .badEvent: "the event window must end after its start and last at most 24 hours; split a longer one by day"
        case .noLoad: "there is no usable load: give mean power of the event day and of the days before it"
        case .noDaysOfType(let type, let rule): "\(rule) has no baseline for events on a \(type.rawValue) day"
        case .notEnoughDays(let found, let needed, let type, let rule, let candidates):
            "\(rule) needs \(needed) \(type.rawValue) days and found \(found) in \(candidates.count)"
                + BaselineProblem.tally(candidates) + "; import older load or choose another rule"
        case .notificationUnknown(let rule): "\(rule) is anchored at the notification; say when the customer was told"
        case .sameDayLoadMissing(let range):
            "there is no load from \(range.start.iso8601) to \(range.end.iso8601), which the baseline is made of"
        case .temperaturesMissing(let range):
            "there is no outdoor temperature from \(range.start.iso8601) to \(range.end.iso8601); regression needs it"
        }
    }

    /// ` (31 other day type, 4 without load)`.
    private static func tally(_ candidates: [CandidateDay]) -> String {
        var counts: [(reason: String, count: Int)] = []
        for reason in candidates.compactMap(\.dropped).map(\.label) {
            if let known = counts.firstIndex(where: { $0.reason == reason }) {
                counts[known].count += 1
            } else {
                counts.append((reason, 1))
            }
        }
        return counts.isEmpty ? "" : " (" + counts.map { "\($0.count) \($0.reason)" }.joined(separator: ", ") + ")"
    }
}
