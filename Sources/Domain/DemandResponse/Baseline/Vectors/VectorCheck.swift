import EnergyModel

/// One figure of a vector file, worked out and set beside what the file expects.
package struct BaselineFigure: Hashable, Sendable, Codable {
    package var scenario: String
    package var rule: String
    /// `adjusted.14`, `days`.
    package var key: String
    package var expected: String
    package var computed: String
    package var agrees: Bool
    package var line: Int
}

extension BaselineVectors {
    /// Works out every figure, in the order of the file. Throws for a key no rule gives, or a zone that `zone` does not
    /// know; it is asked for the zone's changes around a date.
    package func check(
        zone: (String, CivilDate) -> ZoneOffsets?
    ) throws(BaselineVectorsError) -> [BaselineFigure] {
        var figures: [BaselineFigure] = []
        for scenario in scenarios { figures += try check(scenario) }
        for day in localDays { figures += try check(day, zone: zone) }
        return figures
    }

    private func check(_ scenario: VectorScenario) throws(BaselineVectorsError) -> [BaselineFigure] {
        let request = scenario.request()
        var figures: [BaselineFigure] = []
        for (count, reader) in scenario.eligible {
            let rule = BaselineRule.outOf(count, ranked: count, rank: .all)
            let column = Column(scenario: scenario.name, rule: rule.id)
            switch Result(catching: { () throws(BaselineProblem) in try rule.baseline(for: request) }) {
            case .success(let result): figures.append(try column.days("eligible", reader, result.basis))
            case .failure(let problem): figures.append(column.failed("eligible", reader, problem))
            }
        }
        for expectation in scenario.expectations {
            let column = Column(scenario: scenario.name, rule: expectation.label)
            switch Result(catching: { () throws(BaselineProblem) in try expectation.rule.baseline(for: request) }) {
            case .success(let result):
                for (key, reader) in expectation.figures { figures += try column.figures(key, reader, result) }
            case .failure(let problem):
                for (key, reader) in expectation.figures { figures.append(column.failed(key, reader, problem)) }
            }
        }
        return figures
    }

    private func check(
        _ day: LocalDay, zone: (String, CivilDate) -> ZoneOffsets?
    ) throws(BaselineVectorsError) -> [BaselineFigure] {
        guard let offsets = zone(day.zone, day.date) else {
            let line = day.figures.first?.value.node.line ?? 1
            throw BaselineVectorsError(
                line: line, place: ["dst_days"], sentence: "\(day.zone.debugDescription) is no IANA zone")
        }
        let column = Column(scenario: "dst_days", rule: "\(day.zone) \(day.date)")
        let range = offsets.day(day.date)
        var figures: [BaselineFigure] = []
        for (key, reader) in day.figures {
            switch key {
            case "start_utc":
                figures.append(column.figure(key, reader, try reader.instant().iso8601, range.start.iso8601))
            case "end_utc": figures.append(column.figure(key, reader, try reader.instant().iso8601, range.end.iso8601))
            case "quarter_hours":
                figures.append(try column.number(key, reader, Double(offsets.quarterHours(of: day.date))))
            default: throw reader.failure("unknown key; known are tz, local_date, start_utc, end_utc, quarter_hours")
            }
        }
        return figures
    }
}

/// Where the figures of one rule in one case go.
private struct Column {
    let scenario: String
    let rule: String

    func figure(_ key: String, _ reader: VectorReader, _ expected: String, _ computed: String) -> BaselineFigure {
        BaselineFigure(
            scenario: scenario, rule: rule, key: key, expected: expected, computed: computed,
            agrees: expected == computed, line: reader.node.line)
    }

    func failed(_ key: String, _ reader: VectorReader, _ problem: BaselineProblem) -> BaselineFigure {
        figure(key, reader, reader.node.kind, problem.description)
    }

    func number(
        _ key: String, _ reader: VectorReader, _ computed: Double?
    ) throws(BaselineVectorsError) -> BaselineFigure {
        let expected = try reader.number()
        var figure = figure(key, reader, "\(expected)", computed.map { "\(rounded($0))" } ?? "none")
        figure.agrees = computed.map { abs($0 - expected) <= BaselineVectors.tolerance } ?? false
        return figure
    }

    /// To a millionth, far inside the tolerance.
    private func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }

    /// Which days, not in which order: files list them by date or by rank.
    func days(
        _ key: String, _ reader: VectorReader, _ computed: [CivilDate]
    ) throws(BaselineVectorsError) -> BaselineFigure {
        let expected = try reader.dates()
        var figure = figure(key, reader, listed(expected), listed(computed))
        figure.agrees = expected.sorted() == computed.sorted()
        return figure
    }

    private func listed(_ items: [some CustomStringConvertible]) -> String {
        items.isEmpty ? "none" : items.map(\.description).joined(separator: " ")
    }

    /// `{"14": 454.5, ...}`, or one number for every hour of the event.
    private func byHour(
        _ key: String, _ reader: VectorReader, of hours: [Int], _ computed: (Int) -> Power?
    ) throws(BaselineVectorsError) -> [BaselineFigure] {
        var figures: [BaselineFigure] = []
        if case .number = reader.node.value {
            for hour in hours { figures.append(try number("\(key).\(hour)", reader, computed(hour)?.kilowatts)) }
            return figures
        }
        for (hour, figure) in try reader.byHour() {
            figures.append(try number("\(key).\(hour)", figure, computed(hour)?.kilowatts))
        }
        return figures
    }

    func figures(
        _ key: String, _ reader: VectorReader, _ result: BaselineResult
    ) throws(BaselineVectorsError) -> [BaselineFigure] {
        let hours = result.performance.hours.map(\.slot.index)
        switch key {
        case "days", "top": return [try days(key, reader, result.days)]
        case "basis": return [try days(key, reader, result.basis)]
        case "dropped": return [try days(key, reader, result.lowUseDays)]
        case "raw", "cbl": return try byHour(key, reader, of: hours) { result.mean(of: \.raw, hour: $0) }
        case "adjusted": return try byHour(key, reader, of: hours) { result.mean(of: \.adjusted, hour: $0) }
        case "reduction":
            return try byHour(key, reader, of: hours) { hour in
                result.performance.hours.first { $0.slot.index == hour }.flatMap(\.reduction)
            }
        case "adj_hours":
            let hours = try reader.hours()
            return [figure(key, reader, listed(hours), listed(result.adjustmentHours))]
        default:
            guard let computed = result.figure(named: key) else {
                throw reader.failure(
                    "unknown figure; known are days, top, basis, dropped, raw, cbl, adj_hours, num, den, ratio, gross, "
                        + "factor, saa, addend, adjusted, reduction, total_kwh, average_kw, minimum_hour_kw, percent_of_commitment"
                )
            }
            return [try number(key, reader, computed)]
        }
    }
}

extension BaselineResult {
    fileprivate var lowUseDays: [CivilDate] {
        candidates.filter { if case .lowUse = $0.dropped { true } else { false } }.map(\.date)
    }

    private var slotsPerHour: Int {
        points.first.map { Int(max(1, 3_600_000 / max(1, $0.range.duration.milliseconds))) } ?? 1
    }

    fileprivate var adjustmentHours: [Int] {
        var hours: [Int] = []
        for slot in adjustment.comparison?.slots ?? [] where hours.last != slot.index / slotsPerHour {
            hours.append(slot.index / slotsPerHour)
        }
        return hours
    }

    fileprivate func mean(of power: KeyPath<Point, Power?>, hour: Int) -> Power? {
        let inside = points.filter { $0.slot.dayOffset == 0 && $0.slot.index / slotsPerHour == hour }
            .compactMap { $0[keyPath: power]?.kilowatts }
        return inside.isEmpty ? nil : Power(kilowatts: inside.reduce(0, +) / Double(inside.count))
    }

    /// A figure of one number; the outer nil for a name nobody knows, the inner for one this rule does not give.
    fileprivate func figure(named key: String) -> Double?? {
        switch key {
        case "num": .some(adjustment.comparison?.actual.kilowatts)
        case "den": .some(adjustment.comparison?.baseline.kilowatts)
        case "ratio", "gross":
            if case .scaled(_, let ratio, _, _) = adjustment { .some(ratio) } else { .some(nil) }
        case "factor":
            if case .scaled(_, _, let factor, _) = adjustment { .some(factor) } else { .some(nil) }
        case "saa", "addend":
            if case .shifted(_, let addend) = adjustment { .some(addend.kilowatts) } else { .some(nil) }
        case "total_kwh": .some(performance.gross.kilowattHours)
        case "average_kw": .some(performance.average?.kilowatts)
        case "minimum_hour_kw": .some(performance.minimumHour?.kilowatts)
        case "percent_of_commitment": .some(performance.percentOfCommitment)
        default: nil
        }
    }
}
