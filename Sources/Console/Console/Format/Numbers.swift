import EnergyModel
import Screen

/// What `Numeral` writes, in the units the console shows.
enum Numbers {
    static let unknown = Numeral.missing

    static func kilowatts(_ value: Double?) -> String { Numeral.fixed(value, decimals: 1) }

    /// With its sign, `+12.0`; what rounds to nothing has none.
    static func signed(_ value: Double, decimals: Int = 1) -> String {
        let text = Numeral.fixed(value, decimals: decimals)
        return value > 0 && text != Numeral.fixed(0, decimals: decimals) && text != unknown ? "+" + text : text
    }

    /// For totals: kW below one megawatt, else MW with two decimals.
    static func power(_ power: Power?) -> String {
        guard let power else { return unknown }
        return abs(power.kilowatts) < 1000
            ? Numeral.fixed(power.kilowatts, decimals: 1) + " kW"
            : Numeral.fixed(power.kilowatts / 1000, decimals: 2) + " MW"
    }

    /// A share as whole per cent, without the sign.
    static func percent(_ share: Double?) -> String { Numeral.fixed(share.map { $0 * 100 }) }

    static func perSecond(_ rate: Double?) -> String {
        Numeral.fixed(rate, decimals: abs(rate ?? 0) < 99.95 ? 1 : 0)
    }

    static func milliseconds(_ value: Double) -> String {
        Numeral.fixed(value, decimals: value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
    }

    /// A word for a count of things: `1 facility`, `128 facilities`.
    static func count(_ value: Int, _ one: String, _ many: String) -> String {
        Numeral.grouped(value) + " " + (value == 1 ? one : many)
    }
}

/// How long ago something was, in its largest whole unit; a negative age is a clock ahead.
enum Age {
    static func text(_ age: Duration) -> String {
        let seconds = age.milliseconds / 1000
        return switch seconds {
        case ..<0: "\(text(.zero - age)) ahead"
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(Numeral.grouped(seconds / 86_400)) d"
        }
    }

    /// As it stands in the age column, in seven places: a clock up to 2 s ahead is no news, one further ahead is `-59 min`.
    static func column(_ age: Duration?) -> String {
        guard let age else { return Numbers.unknown }
        if age < .zero { return age > .seconds(-2) ? "0 s" : "-" + text(.zero - age) }
        return text(age)
    }

    /// For countdowns and waits: `1:05` above a minute, else `12 s`.
    static func countdown(_ left: Duration) -> String {
        let seconds = max(0, (left.milliseconds + 999) / 1000)
        guard seconds >= 60 else { return "\(seconds) s" }
        return "\(seconds / 60):" + (seconds % 60 < 10 ? "0" : "") + "\(seconds % 60)"
    }
}
