import Foundation

/// A zone's temperature as a departure from what it would be without demand response. First order: heat leaks through the
/// envelope, the plant answers in proportion to the distance from its set-point. So a shed is deep at first, decays hour
/// by hour while the zone drifts, and comes back as rebound after the release (DOMAIN §3.4).
struct ThermalZone: Hashable, Sendable {
    /// °C of the outdoor air.
    struct Weather: Hashable, Sendable {
        var outdoor: Double

        /// K per hour by which the zone drifts when cooling, or heating, stops altogether.
        var warming: Double { 0.3 + 0.06 * max(0, outdoor - 12) }
        var chilling: Double { 0.3 + 0.04 * max(0, 16 - outdoor) }
    }

    /// Part of the building, 0...1.
    let weight: Double
    /// Hours in which a departure fades through the envelope alone, to 1/e.
    let timeConstant: Double
    /// K of set-point change that turn the plant off or, the other way, double it.
    let band: Double
    /// K above (below: negative) the undisturbed temperature.
    private(set) var departure = 0.0

    init(weight: Double, timeConstant: Double = 8, band: Double = 3) {
        self.weight = weight
        self.timeConstant = timeConstant
        self.band = band
    }

    /// Most of the undisturbed power that the plant can give to catch up.
    private static let catchUp = 1.6

    /// Power of the plant as a share of its undisturbed power; `raised` and `lowered` are K by which the set-points stand
    /// away from normal, in the direction that sheds.
    func coolingPower(raised: Double) -> Double { min(Self.catchUp, max(0, 1 + (departure - raised) / band)) }
    func heatingPower(lowered: Double) -> Double { min(Self.catchUp, max(0, 1 - (departure + lowered) / band)) }

    /// `hours` at most a few hundredths: explicit steps, far below the shortest time constant.
    mutating func advance(hours: Double, raised: Double, lowered: Double, weather: Weather, heats: Bool) {
        var rate = -departure / timeConstant
        rate += weather.warming * (1 - coolingPower(raised: raised))
        if heats { rate -= weather.chilling * (1 - heatingPower(lowered: lowered)) }
        departure += rate * hours
    }

    /// Below this nothing is worth computing; the rest is forgotten.
    var isSettled: Bool { abs(departure) < 0.01 }
    mutating func settle() { departure = 0 }
}
