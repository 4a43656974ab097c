/// What the weather does to a load, piecewise linear: degrees above or below fixed points, of the hour and of the last day.
enum WeatherHinges {
    static let count = 15
    /// Those that are given a second weight on workdays.
    static let onWorkdays = [1, 2, 6, 7, 9, 12, 14]
    /// All of the row's columns: the hinges, seven of them on workdays, the difference to the lagged day.
    static let columns = count + onWorkdays.count + 1

    @inline(__always)
    static func fill(
        _ out: UnsafeMutablePointer<Float>, now: Float, day: Float, quarter: Float
    ) {
        out[0] = max(0, now - 14)
        out[1] = max(0, now - 18)
        out[2] = max(0, now - 22)
        out[3] = max(0, now - 26)
        out[4] = max(0, 16 - now)
        out[5] = max(0, 12 - now)
        out[6] = max(0, 8 - now)
        out[7] = max(0, 4 - now)
        out[8] = max(0, day - 14)
        out[9] = max(0, day - 18)
        out[10] = max(0, day - 22)
        out[11] = max(0, 16 - day)
        out[12] = max(0, 12 - day)
        out[13] = max(0, 8 - day)
        out[14] = quarter
    }
}
