import EnergyModel

/// Moments to come and lengths of time, as an operator types them.
enum Ahead {
    static let longest = Duration.seconds(400 * 86_400)

    /// `90m`, `2h`, `1h30m`, `1d`; nil for anything else, for nothing, and for more than 400 days.
    static func span(_ text: String) -> Duration? {
        var seconds: Int64 = 0
        var digits = ""
        for character in text.lowercased() {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            guard let unit = units[character], digits.count <= 6, let count = Int64(digits) else { return nil }
            seconds += count * unit
            digits = ""
        }
        guard digits.isEmpty, seconds > 0, .seconds(seconds) <= longest else { return nil }
        return .seconds(seconds)
    }

    private static let units: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400]

    /// `now`, a span from now such as `15m` or `+2h`, `16:00` (the next time it is that time in this zone), or RFC 3339.
    static func moment(_ text: String, now: UTCInstant, clock: ZoneClock) -> UTCInstant? {
        let text = text.trimmingSpaces
        if text.lowercased() == "now" { return now }
        if let span = span(text.hasPrefix("+") ? String(text.dropFirst()) : text) { return now.advanced(by: span) }
        if let moment = UTCInstant(iso8601: text) { return moment }
        return timeOfDay(text, now: now, clock: clock)
    }

    /// Found by asking the clock, so that a day with a shifted hour needs no rule of its own.
    private static func timeOfDay(_ text: String, now: UTCInstant, clock: ZoneClock) -> UTCInstant? {
        let wanted = text.count == 4 ? "0" + text : text
        guard wanted.count == 5, wanted.contains(":") else { return nil }
        let next = now.floor(toMilliseconds: 60_000).milliseconds + 60_000
        for minutes in 0..<Int64(1500) {
            let candidate = UTCInstant(milliseconds: next + minutes * 60_000)
            if clock.shortTime(candidate) == wanted { return candidate }
        }
        return nil
    }

    /// `2 h`, `1 h 30 min`, `3 d`: the two largest units.
    static func words(_ span: Duration) -> String {
        let minutes = max(0, span.milliseconds / 60_000)
        let parts = [(minutes / 1440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")].filter { $0.0 > 0 }
        guard !parts.isEmpty else { return "\(max(0, span.milliseconds / 1000)) s" }
        return parts.prefix(2).map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }
}
