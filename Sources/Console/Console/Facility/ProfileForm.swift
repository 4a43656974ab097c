import EnergyModel
import Ports
import Screen

/// The fields of a load profile entered by hand, and what it would be beside the present forecast.
enum ProfileForm {
    static func entry(_ facility: FacilityID, profile: LoadProfile?, text: String, until: String, word: String?)
        -> SheetEntry
    {
        let present = profile.map { $0.kilowatts.map(short).joined(separator: " ") } ?? ""
        let band = profile.map { Numeral.fixed($0.bandShare * 100) } ?? "20"
        let form = Form([
            Form.Field(
                "load", "Load kW", .text(TextInput(text.isEmpty ? present : text, limit: 400)), isRequired: true,
                placeholder: "1250, 24 numbers by local hour, or x 0.9 of the forecast"),
            Form.Field(
                "band", "Band ±", .number(TextInput(band, limit: 5), unit: "%", range: 0...100), isRequired: true),
            Form.Field(
                "until", "Until", .text(TextInput(until, limit: 40)), isRequired: true,
                placeholder: "8h, 18:00 or 2026-11-21T16:00Z; at most 14d"),
            Form.Field("reason", "Reason", .text(TextInput()), isRequired: true),
        ])
        var entry = SheetEntry(subject: .profile(facility), form: form)
        entry.confirm(word)
        return entry
    }

    private static func short(_ value: Double) -> String {
        value == value.rounded() && value < 1e9 ? String(Int(value)) : String((value * 10).rounded() / 10)
    }

    // MARK: - Reading

    /// The facility's own hours, whatever zone the screens show.
    private static func clock(_ facility: FacilityID, _ state: ConsoleState) -> ZoneClock {
        ZoneClock(named: state.facility(facility)?.timeZone ?? "UTC")
    }

    /// The present forecast by local hour; nothing while none is known.
    private static func present(_ facility: FacilityID, _ state: ConsoleState) -> [Double?] {
        guard let forecast = state.pane.facility.forecast.value?.forecast, forecast.facility == facility else {
            return []
        }
        return ForecastHour.byLocalHour(forecast, clock: clock(facility, state))
    }

    /// Sets what is wrong with each field; nil while anything is.
    static func read(_ entry: inout SheetEntry, _ facility: FacilityID, _ state: ConsoleState) -> LoadProfileRequest? {
        var kilowatts: [Double]?
        switch ProfileText.read(entry.text("load"), forecast: present(facility, state)) {
        case .kilowatts(let read):
            kilowatts = read
            entry.setProblem("load", nil)
        case .wrong(let sentence): entry.setProblem("load", sentence)
        }
        let until = readEnd(&entry, state)
        guard let kilowatts, let until, let band = entry.form["band"]?.number else { return nil }
        return LoadProfileRequest(facility: facility, kilowatts: kilowatts, bandShare: band / 100, until: until)
    }

    private static func readEnd(_ entry: inout SheetEntry, _ state: ConsoleState) -> UTCInstant? {
        let end = Ahead.moment(entry.text("until"), now: state.moment, clock: state.clock(for: state.pane))
        guard let end else {
            entry.setProblem("until", "Write 8h, 2d, 18:00 or 2026-11-21T16:00Z")
            return nil
        }
        let left = end.since(state.moment)
        let problem =
            left < .seconds(60)
            ? "At least a minute from now" : left > LoadProfile.longest ? "At most 14 d from now" : nil
        entry.setProblem("until", problem)
        return problem == nil ? end : nil
    }

    // MARK: - Preview

    /// Lowest, mean and highest beside the forecast's, and the contract where it comes near.
    static func describe(_ facility: FacilityID, _ entry: SheetEntry, _ state: ConsoleState) -> [[Span]] {
        var entry = entry
        let forecast = present(facility, state)
        let expected = forecast.compactMap { $0 }
        guard let request = read(&entry, facility, state) else {
            return expected.isEmpty ? [] : [line("  Forecast  ", course(forecast), .textDim)]
        }
        let values = request.kilowatts
        let band = Numeral.fixed(request.bandShare * 100)
        var lines = [line("→ Profile   ", "\(course(values)), ± \(band) %", .textStrong)]
        if !expected.isEmpty {
            lines.append(line("  Forecast  ", course(forecast) + difference(values, expected), .textDim))
        }
        let clock = state.clock(for: state.pane)
        let until = "\(clock.dateTime(request.until)) \(clock.label(at: request.until))"
        lines.append(line("  Until     ", "\(until), then the models forecast again", .text))
        let highest = values.max() ?? 0
        if let demand = state.facility(facility)?.contractDemand?.kilowatts, demand > 0,
            highest >= demand * ForecastLook.nearContract
        {
            lines.append(
                line("! Contract  ", "its highest is \(Numbers.percent(highest / demand)) % of contract", .barOver))
        }
        return lines
    }

    private static func line(_ label: String, _ text: String, _ role: Role) -> [Span] {
        [Span(label, label.hasPrefix(" ") ? .textDim : role), Span(text, role)]
    }

    /// `600 kW at 03:00 to 1,400 at 18:00, mean 1,033`.
    private static func course(_ hours: [Double?]) -> String {
        let known = hours.enumerated().compactMap { index, value in value.map { (index, $0) } }
        guard let low = known.min(by: { $0.1 < $1.1 }), let high = known.max(by: { $0.1 < $1.1 }) else { return "none" }
        let mean = known.reduce(0) { $0 + $1.1 } / Double(known.count)
        let decimals = high.1 >= 100 ? 0 : 1
        func text(_ value: Double) -> String { Numeral.fixed(value, decimals: decimals) }
        guard high.1 > low.1 else { return "\(text(mean)) kW all day" }
        func at(_ hour: Int) -> String { hour < 10 ? "0\(hour):00" : "\(hour):00" }
        return "\(text(low.1)) kW at \(at(low.0)) to \(text(high.1)) at \(at(high.0)), mean \(text(mean))"
    }

    private static func difference(_ values: [Double], _ expected: [Double]) -> String {
        let mean = values.reduce(0, +) / Double(max(1, values.count))
        let other = expected.reduce(0, +) / Double(max(1, expected.count))
        guard other > 0 else { return "" }
        return "; profile \(Numbers.signed((mean / other - 1) * 100, decimals: 0)) %"
    }
}
