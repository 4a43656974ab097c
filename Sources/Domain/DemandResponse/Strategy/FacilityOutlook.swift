import EnergyModel

/// The load expected of a facility over a stretch of time, with its confidence band.
package struct LoadBand: Hashable, Sendable, Codable {
    package var range: TimeRange
    package var lower: Power
    package var expected: Power
    package var upper: Power

    package init(range: TimeRange, lower: Power, expected: Power, upper: Power) {
        self.range = range
        self.lower = lower
        self.expected = expected
        self.upper = upper
    }
}

/// What the planner knows of one facility.
package struct FacilityOutlook: Hashable, Sendable {
    package var facility: FacilityID
    package var kind: FacilityKind
    package var points: [BuildingPoint]
    /// Ascending; empty when nobody knows.
    package var load: [LoadBand]
    package var quality: ForecastQuality
    package var contractDemand: Power?
    /// The building must not fall below this.
    package var firmMinimum: Power
    /// Nil when unknown: estimates then take the mildest band.
    package var outdoor: Temperature?
    /// Hours before the event in which its baseline is adjusted (DOMAIN §2.6).
    package var adjustmentWindow: TimeRange?
    /// False while its breaker is open or it has no endpoint.
    package var isReachable: Bool
    package var hasOptedOut: Bool
    /// Events it took part in lately; who gave least gives first.
    package var recentSheds: Int
    /// The event that must let go of it first.
    package var heldBy: DREventID?

    package init(
        facility: FacilityID, kind: FacilityKind, points: [BuildingPoint], load: [LoadBand],
        quality: ForecastQuality, contractDemand: Power? = nil, firmMinimum: Power = .zero,
        outdoor: Temperature? = nil, adjustmentWindow: TimeRange? = nil, isReachable: Bool = true,
        hasOptedOut: Bool = false, recentSheds: Int = 0, heldBy: DREventID? = nil
    ) {
        self.facility = facility
        self.kind = kind
        self.points = points
        self.load = load
        self.quality = quality
        self.contractDemand = contractDemand
        self.firmMinimum = firmMinimum
        self.outdoor = outdoor
        self.adjustmentWindow = adjustmentWindow
        self.isReachable = isReachable
        self.hasOptedOut = hasOptedOut
        self.recentSheds = recentSheds
        self.heldBy = heldBy
    }

    /// Hospitals and data centres are asked last.
    var isSensitive: Bool { kind == .hospital || kind == .dataCentre }
    /// Without any load figure only the heuristic of ledger DR-17 is left.
    var effectiveQuality: ForecastQuality { load.isEmpty ? .heuristic : quality }

    /// Lowest lower bound inside `range`; nil without a figure for it.
    func lowest(in range: TimeRange) -> Power? {
        load.reduce(nil) { found, band in band.overlaps(range) ? min(found ?? band.lower, band.lower) : found }
    }

    func highestExpected(in range: TimeRange) -> Power? {
        load.reduce(nil) { found, band in band.overlaps(range) ? max(found ?? band.expected, band.expected) : found }
    }

    /// Width of the widest band as a share of its expected load; nil without figures.
    func widestBand(in range: TimeRange) -> Double? {
        load.filter { $0.overlaps(range) && $0.expected > .zero }
            .map { ($0.upper.kilowatts - $0.lower.kilowatts) / $0.expected.kilowatts }.max()
    }
}

extension LoadBand {
    fileprivate func overlaps(_ other: TimeRange) -> Bool { range.start < other.end && other.start < range.end }
}
