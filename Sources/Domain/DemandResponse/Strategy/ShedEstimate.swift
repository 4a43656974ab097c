import EnergyModel

/// How deep a building is asked to go. Levels are not cumulative (ASHRAE Guideline 36).
package enum ShedLevel: Int, Sendable, Codable, CaseIterable, Comparable {
    case none = 0
    case moderate = 1
    case high = 2
    case emergency = 3

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// K by which thermal set-points move: 0.5, 1, 2 (ASHRAE Guideline 36).
    var degrees: Double {
        switch self {
        case .none: 0
        case .moderate: 0.5
        case .high: 1
        case .emergency: 2
        }
    }
    /// Share of light taken away: .2, .4, .6 (DF strategies, DOMAIN §3.4).
    var dimming: Double { Double(rawValue) * 0.2 }
    /// Relays open at the last level only.
    var opensRelays: Bool { self == .emergency }
}

/// Expected reduction of cooling set-point measures, from field results. A lower figure than a sales sheet's, and honest.
package struct ShedEstimate: Hashable, Sendable {
    /// Median share of the whole building's load by outdoor temperature: below 75 °F, to 85, to 95, to 105, above. 366 retail
    /// events, LBNL (DOMAIN §3.4). Measured with about +4 °F; taken for level 3, less in proportion to the change.
    package var shares: [Double] = [0.108, 0.153, 0.182, 0.165, 0.223]
    package var bounds: [Double] = [23.9, 29.4, 35.0, 40.6]
    /// What is left of the first hour's shed in hours 1, 2, 3, 4 and later. That it decays is known (LBNL GTA estimator); the
    /// figures are ours until a building's own events give better ones.
    package var decay: [Double] = [1, 0.85, 0.7, 0.6]
    /// Below this outdoor temperature, °C, a higher cooling set-point saves nothing.
    package var coolingBegins = 15.0
    /// Without a load figure: this share of contract demand over all HVAC zones (ledger DR-17).
    package var heuristicShare = 0.2

    package init() {}

    /// Share of the building's load that a raise by `degrees` K in every zone takes away in event hour `hour` (from 1).
    package func coolingShare(outdoor: Temperature?, hour: Int, degrees: Double) -> Double {
        guard degrees > 0, outdoor.map({ $0.celsius >= coolingBegins }) ?? true else { return 0 }
        let band = outdoor.map { temperature in bounds.filter { $0 <= temperature.celsius }.count } ?? 0
        let share = shares[min(band, shares.count - 1)]
        return share * min(1, degrees / ShedLevel.emergency.degrees) * remaining(hour: hour)
    }

    package func remaining(hour: Int) -> Double { decay[min(max(hour, 1), decay.count) - 1] }
}
