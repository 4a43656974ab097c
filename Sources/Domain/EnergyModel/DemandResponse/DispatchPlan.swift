/// What the load figures of a plan rest on (ledger DR-15 `forecast_quality`). Ordered from best to worst.
package enum ForecastQuality: String, Sendable, Codable, CaseIterable, Comparable {
    case normal
    /// A profile entered by a person.
    case manual
    case degraded
    /// Newest rollups or contract demand instead of a forecast: an honest guess, not a forecast.
    case heuristic

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    private var rank: Int {
        switch self {
        case .normal: 0
        case .manual: 1
        case .degraded: 2
        case .heuristic: 3
        }
    }
}

/// Which buildings do what, and when, for one version of one event. A record: it is stored before anything is sent.
package struct DispatchPlan: Hashable, Sendable, Codable {
    package var event: DREventID
    /// 1, 2, 3 ...; one more with every re-plan of the event.
    package var version: Int
    package var window: TimeRange
    /// Reduction asked for; nil when the utility named a level, not a power.
    package var target: Power?
    package var forecastQuality: ForecastQuality
    package var legs: [LegPlan]
    /// Whom and what it leaves out, and why; for people. Nil in plans stored before it was kept.
    package var remarks: [String]?

    package init(
        event: DREventID, version: Int, window: TimeRange, target: Power?, forecastQuality: ForecastQuality,
        legs: [LegPlan]
    ) {
        self.event = event
        self.version = version
        self.window = window
        self.target = target
        self.forecastQuality = forecastQuality
        self.legs = legs
    }

    package var commandCount: Int { legs.reduce(0) { $0 + $1.commands.count } }
    /// Reduction the plan expects, from lower bounds.
    package var expected: Power { legs.reduce(.zero) { $0 + $1.expected } }
    /// Highest command number used; 0 without commands.
    package var lastSequence: Int { legs.reduce(0) { max($0, $1.commands.map(\.sequence).max() ?? 0) } }
}

/// One facility's part of a plan.
package struct LegPlan: Hashable, Sendable, Codable {
    package var facility: FacilityID
    package var commands: [CommandPlan]
    /// Reduction expected of the facility in the weakest moment of the window.
    package var expected: Power
    /// Begins its release this long after the window's end, so that buildings do not come back at once.
    package var releaseOffset: Duration
    /// The event that must let go of the building first.
    package var heldBy: DREventID?

    package init(
        facility: FacilityID, commands: [CommandPlan], expected: Power, releaseOffset: Duration = .zero,
        heldBy: DREventID? = nil
    ) {
        self.facility = facility
        self.commands = commands
        self.expected = expected
        self.releaseOffset = releaseOffset
        self.heldBy = heldBy
    }
}

/// One set-point to write and give back.
package struct CommandPlan: Hashable, Sendable, Codable {
    /// Unique in the event over all versions, from 1; half of the idempotency key.
    package var sequence: Int
    /// Steps of a leg go out in ascending order, each when the one before has its answers; they are undone in reverse.
    package var step: Int
    package var point: PointID
    package var kind: PointKind
    package var value: Double
    package var slot: PrioritySlot
    package var startsAt: UTCInstant
    /// When the point is given back, before the leg's release offset.
    package var endsAt: UTCInstant
    /// Dead-man: a BMS that supports it reverts alone at this moment.
    package var expiresAt: UTCInstant
    /// The point keeps a value at least this long (relays, compressors).
    package var minimumHold: Duration
    package var expected: Power
    /// The command on the same point whose value this one overwrites.
    package var replaces: Int?

    package init(
        sequence: Int, step: Int = 0, point: PointID, kind: PointKind, value: Double, slot: PrioritySlot,
        startsAt: UTCInstant, endsAt: UTCInstant, expiresAt: UTCInstant, minimumHold: Duration = .zero,
        expected: Power, replaces: Int? = nil
    ) {
        self.sequence = sequence
        self.step = step
        self.point = point
        self.kind = kind
        self.value = value
        self.slot = slot
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.expiresAt = expiresAt
        self.minimumHold = minimumHold
        self.expected = expected
        self.replaces = replaces
    }
}
