import DemandResponse
import EnergyModel
import Ports

/// An operator's value on one point, checked: what may be written, and what a person should know before it is. Pure.
struct OverrideOrder: Sendable {
    let request: OverrideRequest
    let point: BuildingPoint
    /// After the safety envelope.
    let value: Double
    let remarks: [String]

    /// `partner` is the normal value of the zone's other set-point; `isOurs`: what holds slot 8 there is an override of ours.
    init(
        _ request: OverrideRequest, point: BuildingPoint, partner: Double?, isOurs: Bool, envelope: SafetyEnvelope,
        now: UTCInstant
    ) throws(PortError) {
        guard request.value.isFinite else { throw PortError(.invalid, "the value must be a number") }
        guard request.until > now else { throw PortError(.invalid, "the override must end in the future") }
        guard !point.isHeldByOperator || isOurs else {
            throw PortError(
                .invalid,
                "\(point.id) is held at \(PrioritySlot.operatorOverride) at the building itself; release it there")
        }
        self.request = request
        self.point = point
        value = OverrideOrder.clamp(request.value, point.kind, partner, envelope)
        var remarks: [String] = []
        if value != request.value {
            remarks.append("\(request.value) is limited to \(value) \(point.kind.unit) by the safety envelope.")
        }
        if point.isCritical { remarks.append("The point is critical: demand response never touches it.") }
        if isOurs { remarks.append("An override holds the point already; this one takes its place.") }
        self.remarks = remarks
    }

    /// A person may move a point either way, so only the envelope's absolute bounds and the deadband bind (DOMAIN §3.3), not
    /// the limit on how far demand response may go.
    private static func clamp(
        _ value: Double, _ kind: PointKind, _ partner: Double?, _ envelope: SafetyEnvelope
    ) -> Double {
        switch kind {
        case .coolingSetPoint:
            let lowest = max(envelope.cooling.lowerBound, partner.map { $0 + envelope.deadband } ?? -.infinity)
            return min(max(value, lowest), envelope.cooling.upperBound)
        case .heatingSetPoint:
            let highest = min(envelope.heating.upperBound, partner.map { $0 - envelope.deadband } ?? .infinity)
            return max(min(value, highest), envelope.heating.lowerBound)
        case .lightLevel: return min(max(value, envelope.dimmest), 1)
        case .switchedLoad: return value < 0.5 ? 0 : 1
        }
    }

    /// One command at slot 8. Nil when its time is over, or without an id.
    func plan(
        of event: DREventID?, at now: UTCInstant, until end: UTCInstant? = nil, heldBy: DREventID? = nil,
        _ rules: PlanRules
    ) -> DispatchPlan? {
        let end = end ?? request.until
        guard let event, end > now else { return nil }
        let command = CommandPlan(
            sequence: 1, point: point.id, kind: point.kind, value: value, slot: .operatorOverride, startsAt: now,
            endsAt: end, expiresAt: end.advanced(by: rules.expiryGrace),
            minimumHold: rules.envelope.minimumHold(point.kind), expected: .zero)
        let leg = LegPlan(facility: request.facility, commands: [command], expected: .zero, heldBy: heldBy)
        return DispatchPlan(
            event: event, version: 1, window: TimeRange(start: now, end: end), target: nil, forecastQuality: .manual,
            legs: [leg])
    }

    /// The same id for the same command key, so that a repeated command makes no second override.
    static func id(ofCommand key: String) -> DREventID? {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.utf8 {
            hash ^= UInt64(byte)
            hash &*= 0x0000_0100_0000_01B3
        }
        let text = String(hash, radix: 36)
        return DREventID("ovr-" + text)
    }
}
