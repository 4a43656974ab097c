import EnergyModel

/// What kind of day a date is to a programme.
package enum DayType: String, Sendable, Codable, CaseIterable {
    /// Monday to Friday without holidays.
    case business
    /// Saturday, Sunday and holidays, where they count alike.
    case nonBusiness = "non-business"
    case saturday
    case sundayOrHoliday = "sunday-or-holiday"
}

package enum DayTypeScheme: String, Sendable, Codable {
    /// `business` and `nonBusiness`.
    case businessOrNot = "business-or-not"
    /// `business`, `saturday`, `sundayOrHoliday`.
    case weekdaySaturdaySunday = "weekday-saturday-sunday"

    package func type(of date: CivilDate, holidays: HolidayTable) -> DayType {
        let isHoliday = holidays.name(of: date) != nil
        switch self {
        case .businessOrNot: return isHoliday || date.weekday.isWeekend ? .nonBusiness : .business
        case .weekdaySaturdaySunday:
            if isHoliday || date.weekday == .sunday { return .sundayOrHoliday }
            return date.weekday == .saturday ? .saturday : .business
        }
    }
}

/// How many days a rule wants for an event on a day of this type.
package struct DayQuota: Hashable, Sendable, Codable {
    package var type: DayType
    /// Y: like days to find, newest first.
    package var basis: Int
    /// X: how many of them make the baseline.
    package var ranked: Int
    /// Fewer than this make no baseline.
    package var minimum: Int

    package init(_ type: DayType, basis: Int, ranked: Int, minimum: Int) {
        self.type = type
        self.basis = basis
        self.ranked = ranked
        self.minimum = minimum
    }
}

/// The walk back from the event that finds the days of a baseline (DOMAIN §2.4, "Model to implement").
package struct DaySelection: Hashable, Sendable, Codable {
    /// Which X of the Y basis days count. Days rank by mean load in the event window; of equals the newer ranks higher.
    package enum Rank: String, Sendable, Codable {
        case all, high, low
        /// The highest and the lowest (Y - X) / 2 are dropped.
        case middle
    }

    /// Drops days on which the customer hardly ran. The share is of a mean load in the event window, 0...1.
    package enum LowUse: Hashable, Sendable, Codable {
        /// Of the mean of the Y days in hand; those below drop together, older days take their place, and again.
        case belowShareOfBasisMean(Double)
        /// Of the mean of the days accepted so far; before the first, of the greatest event hour of the window.
        case belowShareOfRunningLevel(Double)
    }

    package enum Fill: String, Sendable, Codable {
        case none
        /// Days skipped for an event or an outage come back, highest load in the event window first, up to the minimum.
        case highestExcluded = "highest-excluded"
    }

    /// How far to walk: the oldest day is this many calendar days before the event's.
    package var lookbackDays: Int
    /// Days next before the event that never count.
    package var skipDays: Int
    package var scheme: DayTypeScheme
    package var quotas: [DayQuota]
    package var rank: Rank
    package var lowUse: LowUse?
    package var fill: Fill
    /// Drops days of 23, 25 ... hours.
    package var skipsClockChanges: Bool

    package init(
        lookbackDays: Int = 45, skipDays: Int = 0, scheme: DayTypeScheme = .businessOrNot, quotas: [DayQuota],
        rank: Rank = .all, lowUse: LowUse? = nil, fill: Fill = .none, skipsClockChanges: Bool = false
    ) {
        self.lookbackDays = lookbackDays
        self.skipDays = skipDays
        self.scheme = scheme
        self.quotas = quotas
        self.rank = rank
        self.lowUse = lowUse
        self.fill = fill
        self.skipsClockChanges = skipsClockChanges
    }

    package func quota(for type: DayType) -> DayQuota? { quotas.first { $0.type == type } }
}
