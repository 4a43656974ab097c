import EnergyModel

/// What a programme says a customer's load would have been: a value, so that every programme is data (DOMAIN §2.4).
package struct BaselineRule: Hashable, Sendable, Codable {
    package enum Method: Hashable, Sendable, Codable {
        /// X of Y days, then the mean of each slot over them.
        case days(DaySelection)
        /// All Y days; then for each slot by itself the mean of its X highest values.
        case highestBySlot(DaySelection)
        case sameDay(SameDayWindows)
        /// The X days whose load outside the event is most like the event day's.
        case matchingDays(DaySelection)
        /// Load as a straight line over outdoor temperature, for each slot by itself, fitted on the days found.
        case temperatureRegression(DaySelection)
        case firmServiceLevel(FirmServiceLevel)
    }

    /// As configuration and reports name it, e.g. `caiso-10-in-10`.
    package var id: String
    package var summary: String
    package var method: Method
    package var adjustment: AdjustmentRule?
    package var slot: SlotLength
    /// A candidate day needs values for this share of the event window, 0...1.
    package var minimumCoverage: Double
    package var acceptsEstimated: Bool

    package init(
        id: String, summary: String, method: Method, adjustment: AdjustmentRule? = nil, slot: SlotLength = .hour,
        minimumCoverage: Double = 0.9, acceptsEstimated: Bool = true
    ) {
        self.id = id
        self.summary = summary
        self.method = method
        self.adjustment = adjustment
        self.slot = slot
        self.minimumCoverage = minimumCoverage
        self.acceptsEstimated = acceptsEstimated
    }

    package var selection: DaySelection? {
        switch method {
        case .days(let selection), .highestBySlot(let selection), .matchingDays(let selection),
            .temperatureRegression(let selection):
            selection
        case .sameDay, .firmServiceLevel: nil
        }
    }
}

/// Corrects the raw baseline by what the event day itself looked like before the event.
package struct AdjustmentRule: Hashable, Sendable, Codable {
    package enum Kind: Hashable, Sendable, Codable {
        /// Event-day mean over baseline mean times the baseline; the ratio is held within `limits` if there are any.
        case multiplicative(limits: ClosedRange<Double>?)
        /// Event-day mean minus baseline mean is added, uncapped.
        case additive
    }

    package enum Anchor: String, Sendable, Codable {
        /// The first slot of the event, also where the event starts inside it.
        case eventStart = "event-start"
        /// The moment the customer was told.
        case notification
    }

    package var kind: Kind
    package var anchor: Anchor
    /// The window begins this long before the anchor and lasts `length`.
    package var startBefore: Duration
    package var length: Duration

    package init(kind: Kind, anchor: Anchor = .eventStart, startBefore: Duration, length: Duration) {
        self.kind = kind
        self.anchor = anchor
        self.startBefore = startBefore
        self.length = length
    }
}

/// A baseline from the event day alone: the mean load before and after, with a gap on each side of the event.
package struct SameDayWindows: Hashable, Sendable, Codable {
    package var before: Duration
    package var after: Duration
    package var gap: Duration

    package init(before: Duration, after: Duration, gap: Duration) {
        self.before = before
        self.after = after
        self.gap = gap
    }
}

/// A promise to stay at or below a level. With a peak load contribution the reduction is that minus the load, never below
/// zero; without one the figures are the room left under the level, negative where it was broken (DOMAIN §1.6, §2.4).
package struct FirmServiceLevel: Hashable, Sendable, Codable {
    package var level: Power
    package var peakLoadContribution: Power?

    package init(level: Power, peakLoadContribution: Power?) {
        self.level = level
        self.peakLoadContribution = peakLoadContribution
    }
}
