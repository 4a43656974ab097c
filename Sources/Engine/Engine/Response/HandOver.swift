import DemandResponse
import EnergyModel

/// Who stands where among open events, for the question of which of two that want the same slots has them. Pure.
struct Standing: Sendable {
    /// What only one event can hold at a time: a building's slot for demand response, or a point's for operators.
    struct Resource: Hashable, Sendable, Comparable {
        var facility: FacilityID
        /// Nil: the whole building.
        var point: PointID?

        static func < (left: Self, right: Self) -> Bool {
            (left.facility, left.point?.text ?? "") < (right.facility, right.point?.text ?? "")
        }
    }

    struct Stake: Sendable {
        var resource: Resource
        /// Begins when the resource is free.
        var isWaiting: Bool
        var isEnding: Bool
        var hasLetGo: Bool
    }

    var event: DREventID
    var precedence: Precedence
    var window: TimeRange
    var stakes: [Stake]

    init(event: DREventID, precedence: Precedence, window: TimeRange, stakes: [Stake]) {
        self.event = event
        self.precedence = precedence
        self.window = window
        self.stakes = stakes
    }

    init(_ cell: EventCell) {
        event = cell.event.id
        // Among overrides of one point the newest governs: it is what the operator wants now.
        precedence =
            cell.event.kind == .override
            ? Precedence(
                priority: nil, createdAt: UTCInstant(milliseconds: -cell.event.receivedAt.milliseconds),
                event: cell.event.id) : cell.precedence
        window = cell.event.window
        let saga = cell.ahead ?? cell.saga
        stakes = (saga.plan?.legs ?? []).compactMap { leg in
            guard let progress = saga.leg(leg.facility) else { return nil }
            let point = cell.event.kind == .override ? leg.commands.first?.point : nil
            return Stake(
                resource: Resource(facility: leg.facility, point: point), isWaiting: progress.state == .waiting,
                isEnding: progress.ending != nil, hasLetGo: saga.hasLetGo(of: leg.facility))
        }
    }

    /// It has the resource, or will have it before `other` is over.
    func occupies(_ stake: Stake, against other: TimeRange) -> Bool {
        !stake.isWaiting && !stake.hasLetGo && window.start < other.end
    }
}

/// Standings by what they have a stake in.
struct StandingIndex: Sendable {
    private var stakes: [Standing.Resource: [(standing: Standing, stake: Standing.Stake)]] = [:]

    /// O(stakes).
    init(_ standings: [Standing]) {
        for standing in standings {
            for stake in standing.stakes where !stake.isWaiting && !stake.hasLetGo {
                stakes[stake.resource, default: []].append((standing, stake))
            }
        }
    }

    /// Those that are in the way of `event`, in no order.
    func inTheWay(
        of event: DREventID, _ window: TimeRange, at resource: Standing.Resource
    ) -> [(standing: Standing, stake: Standing.Stake)] {
        (stakes[resource] ?? []).filter {
            $0.standing.event != event && $0.standing.occupies($0.stake, against: window)
        }
    }

    /// The event that `event` must wait for before it may have `resource`; nil when it is free.
    func holder(of resource: Standing.Resource, for event: DREventID, window: TimeRange) -> DREventID? {
        inTheWay(of: event, window, at: resource).min { $0.standing.precedence < $1.standing.precedence }?
            .standing.event
    }

    /// Points of a building that operators hold through us.
    var heldPoints: [FacilityID: Set<PointID>] {
        var held: [FacilityID: Set<PointID>] = [:]
        for resource in stakes.keys {
            if let point = resource.point { held[resource.facility, default: []].insert(point) }
        }
        return held
    }
}

enum HandOver {
    enum Move: Hashable, Sendable {
        /// The winner waits for the building; the holder gives it back.
        case supersede(DREventID, by: DREventID, FacilityID)
        /// Nobody is in the way any more.
        case free(DREventID, FacilityID)
    }

    /// What must happen for every waiting event to get its buildings, in order of precedence. Waiting events themselves do
    /// not stand in one another's way; of several one is freed at a time.
    static func moves(_ standings: [Standing]) -> [Move] {
        var moves: [Move] = []
        var taken: Set<Standing.Resource> = []
        let index = StandingIndex(standings)
        for standing in standings.sorted(by: { $0.precedence < $1.precedence }) {
            for stake in standing.stakes where stake.isWaiting && !stake.isEnding && !taken.contains(stake.resource) {
                let inTheWay = index.inTheWay(of: standing.event, standing.window, at: stake.resource)
                taken.insert(stake.resource)
                if inTheWay.isEmpty {
                    moves.append(.free(standing.event, stake.resource.facility))
                }
                for other in inTheWay where standing.precedence < other.standing.precedence && !other.stake.isEnding {
                    moves.append(.supersede(other.standing.event, by: standing.event, stake.resource.facility))
                }
            }
        }
        return moves
    }
}
