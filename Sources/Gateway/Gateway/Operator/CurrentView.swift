import EnergyModel
import GatewayWire
import Ports
import Resilience

/// Event `facilities` of the stream: what changed since the event before, all of them in the first one.
struct CurrentLoads: Codable, Sendable {
    static let name = "facilities"

    struct Facility: Codable, Sendable {
        var id: FacilityID
        /// Nil where no meter's reading is usable.
        var kilowatts: Double?
        /// Moment of the newest reading, and how old it was when this was sent.
        var newest: String?
        var ageSeconds: Double?
        var freshness: Freshness
        /// Load as a share of the contract demand.
        var contractShare: Double?
        /// Good readings as a share of those expected over 15 min.
        var qualityShare: Double

        private enum CodingKeys: String, CodingKey {
            case id = "facility_id"
            case kilowatts = "load_kw"
            case newest = "newest_reading_at"
            case ageSeconds = "age_s"
            case freshness
            case contractShare = "contract_share"
            case qualityShare = "quality_share"
        }
    }
    let asOf: String
    let facilities: [Facility]

    private enum CodingKeys: String, CodingKey {
        case asOf = "as_of"
        case facilities
    }

    init(of snapshot: OperatorSnapshot, since base: OperatorSnapshot?) {
        asOf = snapshot.at.iso8601
        let before = base?.facilities ?? []
        // The order seldom changes: the facility at the same place is nearly always the same one.
        facilities = snapshot.facilities.enumerated().compactMap { place, facility in
            let old =
                before.indices.contains(place) && before[place].id == facility.id
                ? before[place] : before.first { $0.id == facility.id }
            guard let old else { return Facility(facility, at: snapshot.at) }
            let now = facility.freshness(at: snapshot.at)
            let isSame =
                old.load == facility.load && old.newest == facility.newest
                && old.contractDemand == facility.contractDemand && old.qualityShare == facility.qualityShare
                && base.map { old.freshness(at: $0.at) == now } ?? true
            return isSame ? nil : Facility(facility, at: snapshot.at)
        }
    }
}

extension CurrentLoads.Facility {
    init(_ facility: FacilitySnapshot, at now: UTCInstant) {
        id = facility.id
        kilowatts = facility.load?.kilowatts
        newest = facility.newest?.iso8601
        ageSeconds = facility.newest.map { Double(now.since($0).milliseconds) / 1000 }
        freshness = facility.freshness(at: now)
        contractShare = facility.contractShare
        qualityShare = facility.qualityShare
    }
}

/// Event `contract`: a load passed 90 % of its contract demand, or is back under 85 % (ledger CON-05).
struct ContractNotice: Codable, Sendable, Hashable {
    static let name = "contract"
    var facility: FacilityID
    var at: String
    var kilowatts: Double
    var contractKilowatts: Double
    var contractShare: Double
    var isAbove: Bool

    private enum CodingKeys: String, CodingKey {
        case facility = "facility_id"
        case at
        case kilowatts = "load_kw"
        case contractKilowatts = "contract_kw"
        case contractShare = "contract_share"
        case isAbove = "above"
    }
}

/// Tells when a facility passes the mark, once, and when it is well below again. Pure.
struct ContractWatch {
    static let (raisedAt, clearedAt) = (0.9, 0.85)
    private var gates: [FacilityID: HysteresisGate] = [:]

    /// Facilities whose load is not known keep what was last said of them.
    mutating func notices(of snapshot: OperatorSnapshot) -> [ContractNotice] {
        var notices: [ContractNotice] = []
        var standing: [FacilityID: HysteresisGate] = [:]
        for facility in snapshot.facilities {
            var gate =
                gates[facility.id] ?? HysteresisGate(refuseAt: Self.raisedAt.nextUp, resumeAt: Self.clearedAt.nextDown)
            if let share = facility.contractShare, let change = gate.update(level: share) {
                notices.append(
                    ContractNotice(
                        facility: facility.id, at: snapshot.at.iso8601, kilowatts: facility.load?.kilowatts ?? 0,
                        contractKilowatts: facility.contractDemand?.kilowatts ?? 0, contractShare: share,
                        isAbove: change == .startedRefusing))
            }
            standing[facility.id] = gate
        }
        gates = standing
        return notices
    }
}

/// Event `dr-event`: a demand-response event or an override came, changed its state, or is settled.
struct EventNotice: Codable, Sendable, Hashable {
    static let name = "dr-event"
    var event: DREventID
    var kind: DemandResponseEvent.Kind
    var status: DREventStatus
    /// Nil for one that is new.
    var previous: DREventStatus?
    var start: String
    var end: String
    var awaitsApproval: Bool
    var isSettled: Bool
    var at: String

    private enum CodingKeys: String, CodingKey {
        case event = "event_id"
        case kind, status
        case previous = "previous_status"
        case start, end
        case awaitsApproval = "awaits_approval"
        case isSettled = "settled"
        case at
    }

    init(_ event: DemandResponseEvent, previous: DREventStatus?, at now: UTCInstant) {
        self.event = event.id
        kind = event.kind
        status = event.status
        self.previous = previous
        start = event.window.start.iso8601
        end = event.window.end.iso8601
        awaitsApproval = event.awaitsApproval
        isSettled = event.isSettled
        at = now.iso8601
    }
}

extension FacilitySnapshot {
    /// Nil without a load or a contract.
    var contractShare: Double? {
        guard let load, let contractDemand, contractDemand.kilowatts > 0 else { return nil }
        return load.kilowatts / contractDemand.kilowatts
    }
}

/// What became different between two snapshots' events.
enum EventChanges {
    /// Those of `old` that are no longer open: settled meanwhile, and to be asked for.
    static func gone(from old: OperatorSnapshot?, to new: OperatorSnapshot) -> [DemandResponseEvent] {
        let open = Set(new.openEvents.map(\.id))
        return (old?.openEvents ?? []).filter { !open.contains($0.id) }
    }

    /// New ones, and those in another state. Of the first snapshot all are known already.
    static func notices(from old: OperatorSnapshot?, to new: OperatorSnapshot) -> [EventNotice] {
        guard let old else { return [] }
        let before = Dictionary(old.openEvents.map { ($0.id, $0) }) { first, _ in first }
        return new.openEvents.compactMap { event in
            let was = before[event.id]
            let isSame =
                was?.status == event.status && was?.awaitsApproval == event.awaitsApproval
                && was?.window == event.window
            return isSame ? nil : EventNotice(event, previous: was?.status, at: new.at)
        }
    }
}
