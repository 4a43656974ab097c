import EnergyModel

/// A past moment as an operator types it.
enum Moment {
    /// RFC 3339, `21:04` (the last time it was that time in this zone), or a span back such as `-15m`, `-2h`, `-1d`.
    static func parse(_ text: String, now: UTCInstant, clock: ZoneClock) -> UTCInstant? {
        if let moment = UTCInstant(iso8601: text) { return moment }
        if let span = span(text) { return now.advanced(by: .zero - span) }
        return timeOfDay(text, now: now, clock: clock)
    }

    private static func span(_ text: String) -> Duration? {
        guard text.hasPrefix("-"), let unit = text.last, let count = Int64(text.dropFirst().dropLast()),
            (1...100_000).contains(count)
        else { return nil }
        switch unit {
        case "m": return .seconds(count * 60)
        case "h": return .seconds(count * 3600)
        case "d": return .seconds(count * 86_400)
        default: return nil
        }
    }

    /// Found by asking the clock, so that a day with a shifted hour needs no rule of its own.
    private static func timeOfDay(_ text: String, now: UTCInstant, clock: ZoneClock) -> UTCInstant? {
        let wanted = text.count == 4 ? "0" + text : text
        guard wanted.count == 5, wanted.contains(":") else { return nil }
        let newest = now.floor(toMilliseconds: 60_000)
        for minutes in 0..<Int64(1500) {
            let candidate = UTCInstant(milliseconds: newest.milliseconds - minutes * 60_000)
            if clock.shortTime(candidate) == wanted { return candidate }
        }
        return nil
    }
}
