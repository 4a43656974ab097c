import EnergyModel

/// How far demand response may move a building. Applied last, after every other consideration: nothing that leaves the
/// planner lies outside. Sources: ASHRAE Guideline 36 demand limits (`lbl-srg/modelica-buildings` OBC/ASHRAE/G36), California
/// Title 24 110.12(b) for the change of a remote set-point (DOMAIN §3.3).
package struct SafetyEnvelope: Hashable, Sendable {
    /// Active cooling set-points, °C.
    package var cooling = 22.0...27.0
    /// Active heating set-points, °C.
    package var heating = 18.0...22.0
    /// Heating stays at least this far below cooling, K.
    package var deadband = 0.5
    /// Farthest a set-point may be moved from its normal value, K. Guideline 36 level 3; Title 24 allows 2.2.
    package var largestChange = 2.0
    /// Darkest light level, share of full.
    package var dimmest = 0.4
    /// Relays keep a state at least this long.
    package var relayHold = Duration.seconds(180)

    package init() {}

    package enum Verdict: Hashable, Sendable {
        case allowed(Double)
        /// The nearest value inside the envelope.
        case clamped(Double)
        /// Inside the envelope nothing is gained.
        case forbidden(Exclusion.Reason)
    }

    /// `partner` is the zone's other set-point as it will be while this one is in force: cooling for a heating point and the
    /// other way round; nil when the zone has none.
    package func judge(_ point: BuildingPoint, proposed: Double, partner: Double?) -> Verdict {
        if point.isCritical { return .forbidden(.criticalZone) }
        if point.isHeldByOperator { return .forbidden(.heldByOperator) }
        guard proposed.isFinite, point.normal.isFinite else { return .forbidden(.noRoom) }
        let value = clamp(point, proposed, partner)
        // A set-point that stands outside already is left alone: to move it inside could raise the load.
        guard sheds(point, value) else { return .forbidden(.noRoom) }
        return value == proposed ? .allowed(value) : .clamped(value)
    }

    private func clamp(_ point: BuildingPoint, _ proposed: Double, _ partner: Double?) -> Double {
        switch point.kind {
        case .coolingSetPoint:
            let highest = min(cooling.upperBound, point.normal + largestChange)
            let lowest = max(cooling.lowerBound, partner.map { $0 + deadband } ?? -.infinity)
            return min(max(proposed, lowest), highest)
        case .heatingSetPoint:
            let lowest = max(heating.lowerBound, point.normal - largestChange)
            let highest = min(heating.upperBound, partner.map { $0 - deadband } ?? .infinity)
            return max(min(proposed, highest), lowest)
        case .lightLevel: return min(max(proposed, dimmest), 1)
        case .switchedLoad: return proposed < 0.5 ? 0 : 1
        }
    }

    private func sheds(_ point: BuildingPoint, _ value: Double) -> Bool {
        let difference = point.kind == .coolingSetPoint ? value - point.normal : point.normal - value
        return difference > 1e-9
    }

    package func minimumHold(_ kind: PointKind) -> Duration { kind == .switchedLoad ? relayHold : .zero }
}

/// Something the plan leaves out, and why: shown beside the plan.
package struct Exclusion: Hashable, Sendable, Codable {
    package enum Reason: String, Sendable, Codable, CaseIterable {
        case criticalZone = "critical_zone"
        case heldByOperator = "held_by_operator"
        /// The set-point stands at its limit already.
        case noRoom = "no_room"
        case unreachable
        case optedOut = "opted_out"
        /// Every point is exempt, or the building has none.
        case nothingToCommand = "nothing_to_command"
        /// Its load leaves nothing above the firm minimum.
        case noLoad = "no_load"
    }

    package var facility: FacilityID
    /// Nil for the whole building.
    package var point: PointID?
    package var reason: Reason

    package init(facility: FacilityID, point: PointID? = nil, reason: Reason) {
        self.facility = facility
        self.point = point
        self.reason = reason
    }
}
