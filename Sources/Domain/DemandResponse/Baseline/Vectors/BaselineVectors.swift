import EnergyModel

/// A file of worked baselines (`cbl-vectors.json` and any of its form): the load of a customer, events, and the figures
/// each rule shall give. `check` works them out and sets each beside the expected one.
package struct BaselineVectors: Sendable {
    struct LocalDay: Sendable {
        var zone: String
        var date: CivilDate
        var figures: [(key: String, value: VectorReader)]
    }

    let scenarios: [VectorScenario]
    let localDays: [LocalDay]

    /// Figures agree when they differ by no more than this.
    package static let tolerance = 1e-4

    package init(json bytes: [UInt8]) throws(BaselineVectorsError) {
        let reader = VectorReader(try VectorParser.parse(bytes))
        guard reader.node.members != nil else { throw reader.failure("the file must be an object") }
        var form = VectorForm(reader)
        try form.read()
        guard !form.scenarios.isEmpty || !form.localDays.isEmpty else {
            throw reader.failure("nothing to check: give `cases`, a key that ends in `_case`, or `dst_days`")
        }
        scenarios = form.scenarios
        localDays = form.localDays
    }
}

/// The keys of the form and what they default to. A case that leaves something out takes it from the first of `cases`,
/// `extra_case_B` from the one whose name begins with B.
struct VectorForm {
    private let root: VectorReader
    private(set) var scenarios: [VectorScenario] = []
    private(set) var localDays: [BaselineVectors.LocalDay] = []

    private static let settings: Set<String> = [
        "name", "event_date", "event_hours_beginning", "event_day_pre_event_multiplier", "pre_multiplier",
        "event_hour_actual_kw", "days_present", "excluded_event_days", "outage_days", "holidays", "notified_hour",
        "commitment_kw",
        "multipliers", "shape_S_kw_by_hour_beginning",
    ]

    init(_ root: VectorReader) { self.root = root }

    mutating func read() throws(BaselineVectorsError) {
        for member in try root.member("cases")?.elements() ?? [] {
            let name = try member.needed("name", "a text").text()
            try append(VectorReader(member.node, ["case " + name.debugDescription]), name: name)
        }
        for (key, value) in try root.members() where key != "cases" && !Self.settings.contains(key) {
            switch (key, value.node.value) {
            case ("dst_days", _): try readLocalDays(value)
            // Remarks.
            case (_, .string), (_, .null): continue
            case (_, .object) where key.contains("case"): try append(value, name: key)
            default:
                throw value.failure(
                    "unknown key; known are \(Self.settings.sorted().joined(separator: ", ")), cases, dst_days and "
                        + "objects whose key contains `case`")
            }
        }
    }

    private mutating func append(_ reader: VectorReader, name: String) throws(BaselineVectorsError) {
        let model = name.split(separator: "_").last.map(String.init)
        let namesake = scenarios.first { $0.name.split(separator: " ").first.map(String.init) == model }
        var scenario = try scenario(reader, name: name, like: namesake ?? scenarios.first)
        for (key, value) in try reader.members() where !Self.settings.contains(key) {
            if case .string = value.node.value { continue }
            if key.hasPrefix("eligible_"), let count = Int(key.dropFirst(9)), (1...40).contains(count) {
                scenario.eligible.append((count, value))
                continue
            }
            scenario.expectations.append(try expectation(key, value))
        }
        scenarios.append(scenario)
    }

    /// Of a firm service level the level and the peak load contribution stand among the figures.
    private func expectation(
        _ key: String, _ reader: VectorReader
    ) throws(BaselineVectorsError) -> VectorScenario.Expectation {
        if key == "firm_service_level" || key == "fsl" {
            let level = Power(kilowatts: try reader.needed("level_kw", "a number").number())
            let contribution = try (reader.member("plc_kw")?.number()).map(Power.init(kilowatts:))
            let firm = FirmServiceLevel(level: level, peakLoadContribution: contribution)
            return VectorScenario.Expectation(
                label: key, rule: .firmServiceLevel(firm),
                figures: try reader.members().filter { $0.key != "level_kw" && $0.key != "plc_kw" })
        }
        guard let rule = BaselineRule.inVectors(key) else {
            throw reader.failure(
                "no such rule; known are \(BaselineRule.presets.map(\.id).joined(separator: ", ")), firm_service_level, "
                    + "and any high-, middle-, low- or mean-X-of-Y")
        }
        return VectorScenario.Expectation(label: key, rule: rule, figures: try reader.members())
    }

    // MARK: Settings

    private func scenario(
        _ reader: VectorReader, name: String, like model: VectorScenario?
    ) throws(BaselineVectorsError) -> VectorScenario {
        func setting(_ key: String) -> VectorReader? { reader.member(key) ?? root.member(key) }
        func needed(_ key: String, _ meaning: String) throws(BaselineVectorsError) -> VectorReader {
            if let found = setting(key) { return found }
            return try reader.needed(key, meaning)
        }
        let shape = try needed("shape_S_kw_by_hour_beginning", "24 numbers, kW by hour; here or for all cases")
        let eventHours = try needed("event_hours_beginning", "a list of hours such as [14, 15]; here or for all cases")
        var scenario = VectorScenario(
            name: name, shape: try shape.numbers(), multipliers: try multipliers(reader),
            eventDate: try needed("event_date", "a date; here or for all cases").date(),
            eventHours: try eventHours.hours(),
            eventDayMultiplier: try preEventMultiplier(reader, model), eventHourActual: [],
            exclusions: try exclusions(setting), holidays: try holidays(setting("holidays")),
            notifiedHour: try setting("notified_hour")?.number(),
            commitment: try (setting("commitment_kw")?.number()).map(Power.init(kilowatts:)))
        guard scenario.shape.count == 24 else {
            throw shape.failure("must hold 24 numbers, one an hour, not \(scenario.shape.count)")
        }
        let hours = scenario.eventHours
        guard !hours.isEmpty, zip(hours, hours.dropFirst()).allSatisfy({ $1 == $0 + 1 }) else {
            throw eventHours.failure("must be hours in order without a gap, such as [14, 15, 16]")
        }
        scenario.eventHourActual = try actual(reader, model, count: hours.count)
        return scenario
    }

    private func preEventMultiplier(
        _ reader: VectorReader, _ model: VectorScenario?
    ) throws(BaselineVectorsError) -> Double {
        for key in ["event_day_pre_event_multiplier", "pre_multiplier"] {
            if let member = reader.member(key) { return try member.number() }
        }
        if let model { return model.eventDayMultiplier }
        return try reader.needed("event_day_pre_event_multiplier", "a number; times the shape, before the event")
            .number()
    }

    private func actual(
        _ reader: VectorReader, _ model: VectorScenario?, count: Int
    ) throws(BaselineVectorsError) -> [Double] {
        if !reader.has("event_hour_actual_kw"), let model, model.eventHourActual.count == count {
            return model.eventHourActual
        }
        let member = try reader.needed("event_hour_actual_kw", "\(count) numbers, one for each event hour")
        let actual = try member.numbers()
        guard actual.count == count else {
            throw member.failure("must hold \(count) numbers, one for each event hour, not \(actual.count)")
        }
        return actual
    }

    private func multipliers(_ reader: VectorReader) throws(BaselineVectorsError) -> [CivilDate: Double] {
        let source: VectorReader
        if let own = reader.member("multipliers") {
            source = own
        } else {
            source = try root.needed("multipliers", "an object of numbers by date")
        }
        var multipliers: [CivilDate: Double] = [:]
        for (key, value) in try source.members() {
            guard let date = CivilDate(key) else {
                throw value.failure("\(key.debugDescription) is no date; write it like 2026-08-20")
            }
            multipliers[date] = try value.number()
        }
        guard let present = reader.member("days_present") else { return multipliers }
        let days = try present.dates()
        for day in days where multipliers[day] == nil { throw present.failure("\(day) has no multiplier") }
        return multipliers.filter { days.contains($0.key) }
    }

    private func exclusions(
        _ setting: (String) -> VectorReader?
    ) throws(BaselineVectorsError) -> [BaselineExclusion] {
        let events = try setting("excluded_event_days")?.dates() ?? []
        let outages = try setting("outage_days")?.dates() ?? []
        return events.map { BaselineExclusion(date: $0, kind: .demandResponse) }
            + outages.map { BaselineExclusion(date: $0, kind: .outage) }
    }

    /// A list of dates; NERC's holidays without one.
    private func holidays(_ reader: VectorReader?) throws(BaselineVectorsError) -> HolidayTable {
        guard let reader else { return .nerc }
        return HolidayTable(try reader.dates().map { HolidayTable.Holiday(name: $0.description, rule: .once($0)) })
    }

    private mutating func readLocalDays(_ reader: VectorReader) throws(BaselineVectorsError) {
        for element in try reader.elements() {
            let zone = try element.needed("tz", "an IANA zone").text()
            let date = try element.needed("local_date", "a date").date()
            let figures = try element.members().filter { $0.key != "tz" && $0.key != "local_date" }
            localDays.append(BaselineVectors.LocalDay(zone: zone, date: date, figures: figures))
        }
    }
}
