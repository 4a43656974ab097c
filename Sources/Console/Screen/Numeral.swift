/// Numbers as an operator reads them: thousands separated by commas, a point before decimals, `--` for what is not known.
/// Locale never changes them: two consoles side by side must show the same text.
package enum Numeral {
    /// What stands for a value that is missing or bad.
    package static let missing = "--"

    /// Fixed decimals (0 to 9), rounded half away from zero; `-0.0` shows as `0.0`. Missing, not finite or beyond ±1e15
    /// shows `--`: no such value is a measurement.
    package static func fixed(_ value: Double?, decimals: Int = 0) -> String {
        guard let value, value.isFinite, value.magnitude < 1e15 else { return missing }
        let decimals = min(max(decimals, 0), 9)
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaledValue = (value.magnitude * Double(scale)).rounded(.toNearestOrAwayFromZero)
        guard scaledValue < 9e18 else { return missing }
        let scaled = Int64(scaledValue)
        var text = grouped(scaled / scale)
        if decimals > 0 {
            let fraction = String(scaled % scale)
            text += "." + String(repeating: "0", count: decimals - fraction.count) + fraction
        }
        return value < 0 && scaled != 0 ? "-" + text : text
    }

    package static func grouped(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value.magnitude).utf8)
        var text: [UInt8] = value < 0 ? [UInt8(ascii: "-")] : []
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(UInt8(ascii: ",")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A count in few columns: `950`, `12.3k`, `4.1M`, `2.0G`.
    package static func compact(_ value: Double?) -> String {
        guard let value, value.isFinite else { return missing }
        let units = ["", "k", "M", "G", "T", "P"]
        var scaled = value
        var unit = 0
        while scaled.magnitude >= 999.95, unit < units.count - 1 {
            scaled /= 1000
            unit += 1
        }
        return unit == 0 ? fixed(scaled, decimals: 0) : fixed(scaled, decimals: 1) + units[unit]
    }

    /// A part of a whole in per cent without the sign, `--` when the whole is missing or zero.
    package static func percent(_ part: Double?, of whole: Double?, decimals: Int = 0) -> String {
        guard let part, let whole, whole != 0 else { return missing }
        return fixed(100 * part / whole, decimals: decimals)
    }

    /// How long ago, in the unit that says most: `3 s`, `6 min`, `2 h`, `4 d`. Negative (a clock ahead of ours) shows
    /// `-5 s`: an operator must see it.
    package static func age(seconds: Double?) -> String {
        guard let seconds, seconds.isFinite, seconds.magnitude < 1e12 else { return missing }
        let sign = seconds <= -0.5 ? "-" : ""
        let whole = Int64(seconds.magnitude.rounded())
        switch whole {
        case ..<100: return "\(sign)\(whole) s"
        case ..<5_940: return "\(sign)\(whole / 60) min"
        case ..<172_800: return "\(sign)\(whole / 3_600) h"
        default: return "\(sign)\(whole / 86_400) d"
        }
    }

    /// `512 B`, `1.5 kB`, `12.0 MB`; powers of 1000.
    package static func bytes(_ count: Int?) -> String {
        guard let count else { return missing }
        return count < 1000 ? "\(count) B" : spaced(compact(Double(count))) + "B"
    }

    private static func spaced(_ compact: String) -> String {
        guard let unit = compact.last, unit.isLetter else { return compact + " " }
        return compact.dropLast() + " " + String(unit)
    }
}
