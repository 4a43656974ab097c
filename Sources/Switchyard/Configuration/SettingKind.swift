import EnergyModel

/// What a setting's text may be. Parsing is strict: anything else is an error that says what is allowed.
enum SettingKind: Equatable {
    case text
    case boolean
    /// Whole number in the range.
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    /// `250ms`, `5s`, `15m`, `1h`, `14d`.
    case duration(ClosedRange<Duration>)
    /// `64KiB`, `10GB`, or plain bytes.
    case bytes(ClosedRange<Int64>)
    case choice([String])
    /// An id as facilities and meters have it.
    case identifier
    /// Items separated by commas; in YAML also a list.
    case list
    /// Text that never shows.
    case secret

    var allowed: String {
        switch self {
        case .text: "text"
        case .boolean: "true or false"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            "a time such as 250ms, 5s, 15m, 1h or 14d, from \(durationText(range.lowerBound)) to "
                + durationText(range.upperBound)
        case .bytes(let range):
            "a size such as 64KiB, 8MiB or 10GB, from \(range.lowerBound) to \(range.upperBound) bytes"
        case .choice(let names): "one of " + names.joined(separator: ", ")
        case .identifier: "an id: 1 to 64 letters, digits, points, hyphens or underscores"
        case .list: "a list, its items separated by commas"
        case .secret: "text, or file:PATH for a file of mode 0600"
        }
    }

    /// Whether `text` is allowed here.
    func accepts(_ text: String) -> Bool {
        switch self {
        case .text, .secret, .list: true
        case .boolean: parseBoolean(text) != nil
        case .integer(let range): Int(text).map(range.contains) ?? false
        case .number(let range): Double(text).map { $0.isFinite && range.contains($0) } ?? false
        case .duration(let range): parseDuration(text).map(range.contains) ?? false
        case .bytes(let range): parseBytes(text).map(range.contains) ?? false
        case .choice(let names): names.contains(text)
        case .identifier: FacilityID(text) != nil
        }
    }

    /// Where `text` lies on a line, for comparing two settings of one kind; nil for what has no order.
    func magnitude(_ text: String) -> Double? {
        switch self {
        case .integer, .number: Double(text)
        case .duration: parseDuration(text).map { Double($0.milliseconds) }
        case .bytes: parseBytes(text).map(Double.init)
        default: nil
        }
    }
}

func parseBoolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "yes", "on", "1": true
    case "false", "no", "off", "0": false
    default: nil
    }
}

/// Reads `250ms`, `5s`, `15m`, `1h`, `14d`; nil for anything else or on overflow.
func parseDuration(_ text: String) -> Duration? {
    guard let (number, unit) = numberAndUnit(text) else { return nil }
    let milliseconds: Double
    switch unit {
    case "ms": milliseconds = 1
    case "s": milliseconds = 1000
    case "m", "min": milliseconds = 60_000
    case "h": milliseconds = 3_600_000
    case "d": milliseconds = 86_400_000
    default: return nil
    }
    let total = number * milliseconds
    guard total.isFinite, total >= 0, total < 1e15 else { return nil }
    return .milliseconds(Int64(total))
}

/// Reads `4096`, `64KiB`, `8MiB`, `10GB`; nil for anything else or on overflow.
func parseBytes(_ text: String) -> Int64? {
    guard let (number, unit) = numberAndUnit(text) else { return nil }
    let factor: Double
    switch unit.lowercased() {
    case "", "b": factor = 1
    case "kb": factor = 1e3
    case "mb": factor = 1e6
    case "gb": factor = 1e9
    case "tb": factor = 1e12
    case "kib": factor = 1024
    case "mib": factor = 1_048_576
    case "gib": factor = 1_073_741_824
    default: return nil
    }
    let total = number * factor
    guard total.isFinite, total >= 0, total < 9e18 else { return nil }
    return Int64(total)
}

/// The shortest exact form that `parseDuration` reads back.
func durationText(_ value: Duration) -> String {
    let milliseconds = value.milliseconds
    for (unit, size) in [("d", Int64(86_400_000)), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
    where milliseconds != 0 && milliseconds % size == 0 {
        return "\(milliseconds / size)\(unit)"
    }
    return "\(milliseconds)ms"
}

private func numberAndUnit(_ text: String) -> (Double, String)? {
    let trimmed = text.filter { $0 != " " && $0 != "_" }
    let digits = trimmed.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits) else { return nil }
    return (number, String(trimmed.dropFirst(digits.count)))
}
