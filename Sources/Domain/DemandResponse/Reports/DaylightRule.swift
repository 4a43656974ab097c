import EnergyModel

/// A zone's clock changes as ESPI writes them: two rules of 32 bits that hold for every year. Only for zones that go one hour
/// on and back by the same rule each year; others are told in UTC.
struct DaylightRule: Hashable {
    /// Seconds east of UTC outside summer time.
    var offset: Int
    /// Seconds added in summer; 0 without summer time.
    var summer: Int
    var start: UInt32
    var end: UInt32

    /// "Rule processing is disabled" (ESPI 4.0, DstRuleType).
    static let none: UInt32 = 0xFFFF_FFFF
    static let utc = DaylightRule(offset: 0, summer: 0, start: none, end: none)

    /// The rule that explains every change of `zone` within `span`, some years; nil when none does.
    init?(_ zone: ZoneOffsets, within span: TimeRange) {
        var changes: [Change] = []
        var moment = span.start
        while let next = zone.nextChange(after: moment), next < span.end, changes.count < 100 {
            changes.append(Change(next, zone))
            moment = next
        }
        let (on, back) = (changes.filter { $0.step > 0 }, changes.filter { $0.step < 0 })
        guard !changes.isEmpty else {
            self.init(offset: Int(zone.offset(at: span.start) / 1_000), summer: 0, start: Self.none, end: Self.none)
            return
        }
        guard abs(on.count - back.count) <= 1, changes.allSatisfy({ abs($0.step) == 3_600_000 }),
            let start = Change.rule(of: on), let end = Change.rule(of: back), let winter = back.first?.after,
            back.allSatisfy({ $0.after == winter })
        else { return nil }
        self.init(offset: Int(winter / 1_000), summer: 3_600, start: start, end: end)
    }

    private init(offset: Int, summer: Int, start: UInt32, end: UInt32) {
        (self.offset, self.summer, self.start, self.end) = (offset, summer, start, end)
    }

    private struct Change {
        var date: CivilDate
        /// By the clock before it changes.
        var millisecondOfDay: Int64
        var step: Int64
        var after: Int64

        init(_ moment: UTCInstant, _ zone: ZoneOffsets) {
            let before = zone.offset(at: UTCInstant(milliseconds: moment.milliseconds - 1))
            after = zone.offset(at: moment)
            step = after - before
            let local = ZoneOffsets(name: zone.name, offset: before).clock(at: moment)
            (date, millisecondOfDay) = (local.date, local.millisecondOfDay)
        }

        /// Month, operator, weekday and time of day in the bits of DstRuleType. The last such weekday of a month is preferred
        /// where it explains all.
        static func rule(of changes: [Change]) -> UInt32? {
            guard let first = changes.first,
                changes.allSatisfy({
                    $0.date.month == first.date.month && $0.date.weekday == first.date.weekday
                        && $0.millisecondOfDay == first.millisecondOfDay
                })
            else { return nil }
            let occurrence = (first.date.day - 1) / 7
            let isLast = changes.allSatisfy { $0.date.advanced(by: 7).month != $0.date.month }
            guard isLast || changes.allSatisfy({ ($0.date.day - 1) / 7 == occurrence }) else { return nil }
            // Operators: 2 is the first such weekday of the month ... 6 the fifth, 7 the last.
            let which = isLast ? 7 : UInt32(occurrence + 2)
            let weekday = UInt32((Weekday.allCases.firstIndex(of: first.date.weekday) ?? 0) + 1)
            let seconds = UInt32(first.millisecondOfDay / 1_000)
            return UInt32(first.date.month) << 28 | which << 25 | weekday << 17 | (seconds / 3_600) << 12 | seconds
                % 3_600
        }
    }

    /// Eight hex digits.
    static func text(_ rule: UInt32) -> String {
        let digits = String(rule, radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
