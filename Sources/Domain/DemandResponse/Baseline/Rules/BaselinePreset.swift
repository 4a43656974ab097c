import EnergyModel

/// The rules programmes use (DOMAIN §2.1-2.4). What those pages leave open is decided here and said beside it.
extension BaselineRule {
    /// Tariff 4.13.4.1. No low-use test: a day of standstill counts unless it is recorded as an outage.
    package static let caiso10In10 = BaselineRule(
        id: "caiso-10-in-10", summary: "CAISO 10 in 10, load-point adjustment 0.8-1.2",
        method: .days(
            DaySelection(
                quotas: [
                    DayQuota(.business, basis: 10, ranked: 10, minimum: 5),
                    DayQuota(.nonBusiness, basis: 4, ranked: 4, minimum: 4),
                ],
                fill: .highestExcluded)),
        adjustment: .hoursBefore(4, length: 3, .multiplicative(limits: 0.8...1.2)))

    /// Manual 11. With only four weekdays in 45 days the four make the baseline (ours).
    package static let pjmHigh4Of5 = BaselineRule(
        id: "pjm-high-4-of-5-saa", summary: "PJM high 4 of 5, symmetric additive adjustment",
        method: .days(
            DaySelection(
                scheme: .weekdaySaturdaySunday,
                quotas: [
                    DayQuota(.business, basis: 5, ranked: 4, minimum: 4),
                    DayQuota(.saturday, basis: 3, ranked: 2, minimum: 2),
                    DayQuota(.sundayOrHoliday, basis: 3, ranked: 2, minimum: 2),
                ],
                rank: .high, lowUse: .belowShareOfBasisMean(0.25), skipsClockChanges: true)),
        adjustment: .hoursBefore(4, length: 3, .additive))

    /// With fewer than ten weekdays in 30 days, at least five are needed (ours).
    package static let nyisoHigh5Of10 = BaselineRule(
        id: "nyiso-high-5-of-10-wsa", summary: "NYISO high 5 of 10, weather-sensitive adjustment 0.8-1.2",
        method: .days(
            DaySelection(
                lookbackDays: 30, skipDays: 1, scheme: .weekdaySaturdaySunday,
                quotas: [
                    DayQuota(.business, basis: 10, ranked: 5, minimum: 5),
                    DayQuota(.saturday, basis: 3, ranked: 2, minimum: 2),
                    DayQuota(.sundayOrHoliday, basis: 3, ranked: 2, minimum: 2),
                ],
                rank: .high, lowUse: .belowShareOfRunningLevel(0.25))),
        adjustment: .hoursBefore(4, length: 2, .multiplicative(limits: 0.8...1.2)))

    /// Ten preceding weekdays; for Saturdays, and for Sundays and holidays, five of their like (ours).
    package static let isoNewEngland = BaselineRule(
        id: "iso-ne-10-of-10", summary: "ISO-NE 10 of 10, additive adjustment over 15 min before notification",
        method: .days(
            DaySelection(
                scheme: .weekdaySaturdaySunday,
                quotas: [
                    DayQuota(.business, basis: 10, ranked: 10, minimum: 5),
                    DayQuota(.saturday, basis: 5, ranked: 5, minimum: 3),
                    DayQuota(.sundayOrHoliday, basis: 5, ranked: 5, minimum: 3),
                ])),
        adjustment: AdjustmentRule(
            kind: .additive, anchor: .notification, startBefore: .seconds(900), length: .seconds(900)),
        slot: .fiveMinutes)

    /// Middle 8 of 10 with a scalar adjustment over eight quarter-hours. Where these lie is not published to us: we take
    /// the two hours that end one hour before the event.
    package static let ercotMiddle8Of10 = BaselineRule(
        id: "ercot-middle-8-of-10", summary: "ERCOT middle 8 of 10, scalar adjustment",
        method: .days(.outOf(10, ranked: 8, rank: .middle)),
        adjustment: .hoursBefore(3, length: 2, .multiplicative(limits: nil)), slot: .quarterHour)

    /// IESO: the 15 highest values of the same hour in 20 business days; adjustment up to 20 % from the fourth to the
    /// second hour before. Business days only.
    package static let iesoHigh15Of20 = BaselineRule(
        id: "ieso-high-15-of-20", summary: "IESO high 15 of 20 by hour, adjustment 0.8-1.2",
        method: .highestBySlot(
            DaySelection(quotas: [DayQuota(.business, basis: 20, ranked: 15, minimum: 5)], rank: .high)),
        adjustment: .hoursBefore(4, length: 3, .multiplicative(limits: 0.8...1.2)))

    /// The same without adjustment.
    package static let high15Of20 = BaselineRule(
        id: "high-15-of-20", summary: "15 highest values of each hour in 20 days", method: iesoHigh15Of20.method)

    /// PJM: three hours before and two after, each with an hour's gap.
    package static let sameDay3Plus2 = BaselineRule(
        id: "same-day-3-plus-2", summary: "Same day, 3 h before and 2 h after",
        method: .sameDay(SameDayWindows(before: .seconds(10_800), after: .seconds(7200), gap: .seconds(3600))))

    /// PJM: mean of the three days most alike outside the event, the hour before and after it left out. Alike is the
    /// smallest mean squared difference (ours).
    package static let matchDay3 = BaselineRule(
        id: "match-day-3", summary: "Mean of the 3 days most like the event day",
        method: .matchingDays(
            DaySelection(
                quotas: [
                    DayQuota(.business, basis: 45, ranked: 3, minimum: 3),
                    DayQuota(.nonBusiness, basis: 45, ranked: 3, minimum: 3),
                ])))

    /// a + b·T for each slot (LBNL); 20 days, at least 10 (ours).
    package static let regression = BaselineRule(
        id: "regression", summary: "Linear in outdoor temperature, 20 days",
        method: .temperatureRegression(
            DaySelection(
                quotas: [
                    DayQuota(.business, basis: 20, ranked: 20, minimum: 10),
                    DayQuota(.nonBusiness, basis: 10, ranked: 10, minimum: 5),
                ])))

    package static func firmServiceLevel(_ level: FirmServiceLevel) -> BaselineRule {
        BaselineRule(
            id: "firm-service-level", summary: "Firm service level", method: .firmServiceLevel(level),
            slot: .quarterHour)
    }

    /// X of Y business days without adjustment; of non-business days the newest four, or as many as X says (ours).
    package static func outOf(_ basis: Int, ranked: Int, rank: DaySelection.Rank) -> BaselineRule {
        let name = rank == .all ? "mean" : rank.rawValue
        return BaselineRule(
            id: "\(name)-\(ranked)-of-\(basis)", summary: "\(name.capitalisedFirst) \(ranked) of \(basis) days",
            method: .days(.outOf(basis, ranked: ranked, rank: rank)))
    }

    package static let middle8Of10 = outOf(10, ranked: 8, rank: .middle)
    package static let high3Of10 = outOf(10, ranked: 3, rank: .high)
    package static let high5Of10 = outOf(10, ranked: 5, rank: .high)
    package static let mean10Of10 = outOf(10, ranked: 10, rank: .all)

    /// Every rule that needs no further figures, by id.
    package static let presets: [BaselineRule] = [
        caiso10In10, pjmHigh4Of5, nyisoHigh5Of10, isoNewEngland, middle8Of10, ercotMiddle8Of10, high3Of10, high5Of10,
        mean10Of10, high15Of20, iesoHigh15Of20, sameDay3Plus2, matchDay3, regression,
    ]

    /// A preset, or any `high-X-of-Y`, `middle-X-of-Y`, `low-X-of-Y`, `mean-Y-of-Y` with X <= Y <= 40; nil otherwise.
    package static func named(_ id: String) -> BaselineRule? {
        if let preset = presets.first(where: { $0.id == id }) { return preset }
        let parts = id.split(separator: "-")
        guard parts.count == 4, parts[2] == "of", let ranked = Int(parts[1]), let basis = Int(parts[3]),
            (1...40).contains(basis), (1...basis).contains(ranked)
        else { return nil }
        switch parts[0] {
        case "mean": return ranked == basis ? outOf(basis, ranked: ranked, rank: .all) : nil
        case "high": return outOf(basis, ranked: ranked, rank: .high)
        case "low": return outOf(basis, ranked: ranked, rank: .low)
        case "middle": return (basis - ranked) % 2 == 0 ? outOf(basis, ranked: ranked, rank: .middle) : nil
        default: return nil
        }
    }
}

extension AdjustmentRule {
    static func hoursBefore(_ hours: Int64, length: Int64, _ kind: Kind) -> AdjustmentRule {
        AdjustmentRule(kind: kind, startBefore: .seconds(hours * 3600), length: .seconds(length * 3600))
    }
}

extension DaySelection {
    static func outOf(_ basis: Int, ranked: Int, rank: Rank) -> DaySelection {
        DaySelection(
            lookbackDays: max(45, 2 * basis),
            quotas: [
                DayQuota(.business, basis: basis, ranked: ranked, minimum: min(basis, max(5, min(ranked, 5)))),
                DayQuota(.nonBusiness, basis: 4, ranked: min(ranked, 4), minimum: min(ranked, 4)),
            ],
            rank: rank)
    }
}

extension String {
    fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
