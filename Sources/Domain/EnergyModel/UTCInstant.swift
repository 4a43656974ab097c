/// A moment in UTC, in whole milliseconds since 1970-01-01T00:00:00Z. Event time: a value that travels with the data.
package struct UTCInstant: Hashable, Comparable, Sendable, Codable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package init(seconds: Int64) { milliseconds = seconds * 1000 }

    package static let distantPast = UTCInstant(milliseconds: 0)
    package static func < (left: UTCInstant, right: UTCInstant) -> Bool { left.milliseconds < right.milliseconds }

    /// This moment shifted by `span`; parts below a millisecond are cut off.
    package func advanced(by span: Duration) -> UTCInstant {
        UTCInstant(milliseconds: milliseconds + span.milliseconds)
    }

    /// Time from `other` to this moment; negative when `other` is later.
    package func since(_ other: UTCInstant) -> Duration { .milliseconds(milliseconds - other.milliseconds) }

    /// The latest multiple of `step` milliseconds (counted from the epoch) not after this moment. `step` > 0.
    package func floor(toMilliseconds step: Int64) -> UTCInstant {
        let remainder = milliseconds % step
        return UTCInstant(milliseconds: milliseconds - (remainder < 0 ? remainder + step : remainder))
    }

    package init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

extension Duration {
    /// Whole milliseconds, cut off toward zero.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}

/// A half-open span of event time, `[start, end)`.
package struct TimeRange: Hashable, Sendable, Codable {
    package var start: UTCInstant
    package var end: UTCInstant

    package init(start: UTCInstant, end: UTCInstant) {
        self.start = start
        self.end = end
    }

    package var isEmpty: Bool { end <= start }
    package var duration: Duration { end.since(start) }
    package func contains(_ instant: UTCInstant) -> Bool { start <= instant && instant < end }
}
