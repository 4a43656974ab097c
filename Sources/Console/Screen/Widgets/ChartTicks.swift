/// Round values for axes.
enum ChartTicks {
    /// Multiples of 1, 2, 2.5 or 5 times a power of ten inside the range, at most `count` of them (two at least where
    /// the range allows), and the decimals their labels need.
    static func values(in range: ClosedRange<Double>, count: Int) -> (ticks: [Double], decimals: Int) {
        let span = range.upperBound - range.lowerBound
        guard span > 0, span.isFinite, count > 0 else { return ([range.lowerBound], 0) }
        var power = 1.0
        var exponent = 0
        while power * 10 <= span / Double(count) {
            power *= 10
            exponent += 1
        }
        while power > span / Double(count) {
            power /= 10
            exponent -= 1
        }
        let factors = [1, 2, 2.5, 5, 10]
        let factor = factors.first { span / (power * $0) <= Double(count) } ?? 10
        let step = power * factor
        let first = (range.lowerBound / step - 1e-9).rounded(.up)
        let last = (range.upperBound / step + 1e-9).rounded(.down)
        guard last >= first, last - first < 1_000 else { return ([range.lowerBound], 0) }
        let decimals =
            max(0, -exponent) + (factor == 2.5 && exponent <= 0 ? 1 : 0) - (factor == 10 && exponent < 0 ? 1 : 0)
        return (stride(from: first, through: last, by: 1).map { $0 * step }, decimals)
    }

    /// Seconds between ticks of a time axis: round on a clock.
    private static let steps: [Int] = [
        1, 5, 15, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    ]

    struct TimeTick: Hashable {
        let time: Double
        let label: String
    }

    /// Ticks at round *local* times, no nearer than `spacing` seconds; so a day's ticks stand at its own midnight and
    /// shift with daylight saving. `zoneOffset` gives seconds east of UTC at a moment.
    static func times(
        in range: ClosedRange<Double>, spacing: Double, zoneOffset: (Double) -> Int
    ) -> [TimeTick] {
        guard spacing.isFinite, range.upperBound - range.lowerBound < 1e10, range.lowerBound.magnitude < 1e12 else {
            return []
        }
        let step = steps.first { Double($0) >= spacing } ?? 2_592_000
        let start = range.lowerBound + Double(zoneOffset(range.lowerBound))
        var local = Int((start / Double(step)).rounded(.up)) * step
        var ticks: [TimeTick] = []
        while ticks.count < 1_000 {
            let guess = Double(local - zoneOffset(range.lowerBound))
            let time = Double(local - zoneOffset(guess))
            if time > range.upperBound { break }
            if time >= range.lowerBound { ticks.append(TimeTick(time: time, label: label(local: local, step: step))) }
            local += step
        }
        return ticks
    }

    /// `21:04`, with seconds when the steps need them, and `Sun 22` at midnight.
    private static func label(local: Int, step: Int) -> String {
        let second = ((local % 86_400) + 86_400) % 86_400
        if second == 0 { return dayLabel((local - second) / 86_400) }
        let clock = two(second / 3_600) + ":" + two(second / 60 % 60)
        return step % 60 == 0 ? clock : clock + ":" + two(second % 60)
    }

    static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// `Sun 22`: weekday and day of the month, from days since 1970 (Howard Hinnant's civil_from_days).
    static func dayLabel(_ days: Int) -> String {
        let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return "\(names[((days % 7) + 7) % 7]) \(two(dayOfYear - (153 * month + 2) / 5 + 1))"
    }
}
