import Foundation

/// Local wall time at a facility. The zone's transitions of some years are looked up once, so that asking costs no
/// Foundation call.
struct LocalCalendar: Sendable {
    struct Moment: Sendable, Equatable {
        /// 0..<24, with fraction.
        var hour: Double
        var isWeekend: Bool
        /// 0..<365.2425, with fraction.
        var dayOfYear: Double
    }

    /// In ascending order of `start`; the first also holds before it.
    private let offsets: [(start: Int64, milliseconds: Int64)]

    /// Nil for a name that is no IANA zone. Transitions are known from one year before `moment` to four years after.
    init?(timeZone: String, around moment: Int64) {
        guard let zone = TimeZone(identifier: timeZone) else { return nil }
        let year = 366.0 * 86_400
        var date = Date(timeIntervalSince1970: Double(moment) / 1000 - year)
        let end = date.addingTimeInterval(5 * year)
        var offsets: [(start: Int64, milliseconds: Int64)] = []
        while true {
            let start = Int64(date.timeIntervalSince1970 * 1000)
            offsets.append((start, Int64(zone.secondsFromGMT(for: date)) * 1000))
            guard let next = zone.nextDaylightSavingTimeTransition(after: date), next > date, next < end else { break }
            date = next
        }
        self.offsets = offsets
    }

    func moment(at milliseconds: Int64) -> Moment {
        let offset = offsets.last { $0.start <= milliseconds } ?? offsets[0]
        let local = milliseconds + offset.milliseconds
        let day = local.flooredQuotient(by: 86_400_000)
        let inDay = Double(local - day * 86_400_000) / 3_600_000
        // 1970-01-01 was a Thursday.
        let weekday = (day + 4) - (day + 4).flooredQuotient(by: 7) * 7
        let year = 365.2425
        let dayOfYear = (Double(day) + inDay / 24).truncatingRemainder(dividingBy: year)
        return Moment(
            hour: inDay, isWeekend: weekday == 0 || weekday == 6,
            dayOfYear: dayOfYear < 0 ? dayOfYear + year : dayOfYear)
    }
}
