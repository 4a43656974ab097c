import EnergyModel

/// A question to the planner.
package struct PlanRequest: Hashable, Sendable {
    package var event: DREventID
    package var schedule: EventSchedule
    package var facilities: [FacilityOutlook]
    package var now: UTCInstant

    package init(event: DREventID, schedule: EventSchedule, facilities: [FacilityOutlook], now: UTCInstant) {
        self.event = event
        self.schedule = schedule
        self.facilities = facilities
        self.now = now
    }
}

/// A plan with what a person should know before approving it.
package struct PlanProposal: Hashable, Sendable {
    package var plan: DispatchPlan
    /// Kilowatts that no permitted measure gives; zero for a feasible plan.
    package var missing: Power
    /// Without the lower bounds' caution: what the plan gives if loads are as expected.
    package var optimistic: Power
    package var exclusions: [Exclusion]
    /// Points where the safety envelope bound, ascending by facility and point.
    package var clamped: [ClampedPoint]
    package var warnings: [PlanWarning]

    package var isFeasible: Bool { missing <= .zero }
}

package struct ClampedPoint: Hashable, Sendable, Codable {
    package var facility: FacilityID
    package var point: PointID
    package var proposed: Double
    package var allowed: Double
}

package enum PlanWarning: Hashable, Sendable {
    /// The action moves the customer's own baseline (DOMAIN §2.6).
    case actionInAdjustmentWindow(FacilityID, at: UTCInstant, TimeRange)
    /// DR-16: the band is wider than the limit; somebody should look.
    case wideBand(FacilityID, share: Double)
    /// DR-17: an honest guess, not a forecast.
    case heuristic(FacilityID)
    /// The target cannot be met.
    case infeasible(missing: Power)
    /// The event was cut to the longest allowed.
    case eventCut

    package var sentence: String {
        switch self {
        case .actionInAdjustmentWindow(let facility, let at, let window):
            "\(facility): the action at \(at.iso8601) lies in the baseline's adjustment window "
                + "\(window.start.iso8601) - \(window.end.iso8601) and moves the customer's own baseline."
        case .wideBand(let facility, let share):
            "\(facility): the forecast band is \(Int((share * 100).rounded())) % of the load; review by hand."
        case .heuristic(let facility): "\(facility): no forecast; the figure is a heuristic."
        case .infeasible(let missing):
            "The target cannot be met within the safety limits: \(Int(missing.kilowatts.rounded(.up))) kW are missing."
        case .eventCut: "The event is longer than allowed and was cut; plan it again before it ends."
        }
    }
}

package struct PlanRules: Hashable, Sendable {
    package var slot = PrioritySlot.demandResponse
    /// Confidence band wider than this share of the load: manual review (DR-16).
    package var widestBand = 0.3
    /// Set-points stay at least this long before they change again (VOLTTRON ILC control time).
    package var stageHold = Duration.seconds(1_200)
    /// Buildings come back one after another, this far apart, all within `releaseSpread`.
    package var releaseStep = Duration.seconds(30)
    package var releaseSpread = Duration.seconds(900)
    /// Dead-man beyond the planned release.
    package var expiryGrace = Duration.seconds(600)
    /// Commands leave this long before the event begins.
    package var lead = Duration.zero
    package var estimate = ShedEstimate()
    package var envelope = SafetyEnvelope()

    package init() {}
}
