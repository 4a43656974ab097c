import EnergyModel

/// An ISO 8601 duration as OpenADR 3.1.0 writes it. Years and months are calendar steps in UTC; the rest is exact time.
package struct CalendarDuration: Hashable, Sendable {
    package var isNegative: Bool
    package var years: Int64
    package var months: Int64
    package var milliseconds: Int64

    package init(isNegative: Bool = false, years: Int64 = 0, months: Int64 = 0, milliseconds: Int64 = 0) {
        self.isNegative = isNegative
        self.years = years
        self.months = months
        self.milliseconds = milliseconds
    }

    /// `P9999Y` and beyond: for ever.
    package var isForever: Bool { !isNegative && years >= 9999 }
    package var isZero: Bool { years == 0 && months == 0 && milliseconds == 0 }

    /// Nil unless the text matches
    /// `^(-?)P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)([DW]))?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`
    /// (OpenADR 3.1.0) with at most nine digits a number; parts below a millisecond are cut off.
    package init?(_ text: String) {
        var reader = DurationReader(Array(text.utf8))
        self.init()
        isNegative = reader.take("-")
        guard reader.take("P"), reader.isDigit || (reader.isNext("T") && reader.isDigit(after: 1)) else { return nil }
        guard let date = reader.parts(["Y", "M", "D", "W"]) else { return nil }
        guard date["D"] == nil || date["W"] == nil else { return nil }
        years = date["Y"] ?? 0
        months = date["M"] ?? 0
        milliseconds = (date["D"] ?? 0) * 86_400_000 + (date["W"] ?? 0) * 604_800_000
        if reader.take("T") {
            guard let time = reader.parts(["H", "M", "S"]) else { return nil }
            milliseconds += (time["H"] ?? 0) * 3_600_000 + (time["M"] ?? 0) * 60_000
            milliseconds += (time["S"] ?? 0) * 1000 + reader.fraction
        }
        guard reader.isAtEnd else { return nil }
    }

    /// This long after `instant`; saturates at the ends of the representable calendar, years 0001 and 9999. A day past a
    /// month's end becomes its last day.
    package func added(to instant: UTCInstant) -> UTCInstant {
        let sign: Int64 = isNegative ? -1 : 1
        var moved = instant
        if years != 0 || months != 0 {
            let day = instant.floor(toMilliseconds: 86_400_000)
            let civil = civilDate(daysSinceEpoch: day.milliseconds / 86_400_000)
            let total = civil.year * 12 + civil.month - 1 + sign * (min(years, 100_000) * 12 + min(months, 1_000_000))
            guard total >= 12 else { return .earliest }
            guard total < 120_000 else { return .latest }
            let (year, month) = (total / 12, total % 12 + 1)
            let next = daysSinceEpoch(year: total / 12 + (month == 12 ? 1 : 0), month: month % 12 + 1, day: 1)
            let last = civilDate(daysSinceEpoch: next - 1).day
            let start = daysSinceEpoch(year: year, month: month, day: min(civil.day, last))
            moved = UTCInstant(milliseconds: start * 86_400_000 + instant.milliseconds - day.milliseconds)
        }
        let (sum, overflow) = moved.milliseconds.addingReportingOverflow(sign * milliseconds)
        guard !overflow else { return isNegative ? .earliest : .latest }
        return min(max(UTCInstant(milliseconds: sum), .earliest), .latest)
    }
}

extension UTCInstant {
    /// 0001-01-01T00:00:00Z: in OpenADR "now".
    static let earliest = UTCInstant(milliseconds: -62_135_596_800_000)
    /// 9999-12-31T00:00:00Z.
    static let latest = UTCInstant(milliseconds: 253_402_214_400_000)
}

private struct DurationReader {
    let bytes: [UInt8]
    var position = 0
    /// Milliseconds behind the decimal point of the seconds.
    var fraction: Int64 = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }
    var isDigit: Bool { isDigit(after: 0) }
    func isDigit(after offset: Int) -> Bool {
        position + offset < bytes.count && bytes[position + offset] &- 48 < 10
    }
    func isNext(_ letter: Character) -> Bool { position < bytes.count && bytes[position] == letter.asciiValue }

    mutating func take(_ letter: Character) -> Bool {
        guard isNext(letter) else { return false }
        position += 1
        return true
    }

    /// Numbers with their letters, which must come in the given order; nil when they do not.
    mutating func parts(_ letters: [Character]) -> [Character: Int64]? {
        var found: [Character: Int64] = [:]
        var rest = letters[...]
        while isDigit {
            guard let value = number() else { return nil }
            let isFractional = isNext(".")
            if isFractional, !readFraction() { return nil }
            guard let letter = rest.first(where: isNext), !isFractional || letter == "S" else { return nil }
            position += 1
            found[letter] = value
            rest = rest[(rest.firstIndex(of: letter) ?? rest.endIndex)...].dropFirst()
        }
        return found
    }

    private mutating func number() -> Int64? {
        var value: Int64 = 0
        let start = position
        while isDigit {
            guard position - start < 9 else { return nil }
            value = value * 10 + Int64(bytes[position] - 48)
            position += 1
        }
        return value
    }

    private mutating func readFraction() -> Bool {
        position += 1
        var digits = 0
        while isDigit {
            if digits < 3 { fraction = fraction * 10 + Int64(bytes[position] - 48) }
            digits += 1
            position += 1
        }
        for _ in 0..<max(0, 3 - digits) { fraction *= 10 }
        return digits > 0 && digits <= 12
    }
}
