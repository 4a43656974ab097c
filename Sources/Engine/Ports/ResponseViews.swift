import EnergyModel

/// One event with all that a person asks about it.
package struct EventDetail: Hashable, Sendable, Codable {
    package var event: DemandResponseEvent
    package var progress: EventProgress
    package var legs: [EventLegView]
    package var commands: [BuildingCommand]
    /// Newest first, at most 500, and the first ones of the whole event behind them.
    package var transitions: [EventTransitionView]
    /// Sentences about the plan: warnings, exclusions, limits that bind, kilowatts that are missing.
    package var remarks: [String]
    package init(
        event: DemandResponseEvent, progress: EventProgress, legs: [EventLegView], commands: [BuildingCommand],
        transitions: [EventTransitionView], remarks: [String]
    ) {
        self.event = event
        self.progress = progress
        self.legs = legs
        self.commands = commands
        self.transitions = transitions
        self.remarks = remarks
    }
}

package struct EventLegView: Hashable, Sendable, Codable {
    package var facility: FacilityID
    package var progress: LegProgress
    package var expected: Power
    /// Reduction that confirmed commands stand for.
    package var confirmed: Power
    /// Newest measured reduction and the baseline it was measured against; nil before the first.
    package var achieved: Power?
    package var baseline: Power?
    /// How the baseline was found, e.g. `same-day-hour-before`: a heuristic until the report's; nil without one.
    package var baselineMethod: String?
    package var commands: Int
    package var confirmedCommands: Int
    package var failedCommands: Int
    package init(
        facility: FacilityID, progress: LegProgress, expected: Power, confirmed: Power, achieved: Power?,
        baseline: Power?, baselineMethod: String? = nil, commands: Int, confirmedCommands: Int, failedCommands: Int
    ) {
        self.facility = facility
        self.progress = progress
        self.expected = expected
        self.confirmed = confirmed
        self.achieved = achieved
        self.baseline = baseline
        self.baselineMethod = baselineMethod
        self.commands = commands
        self.confirmedCommands = confirmedCommands
        self.failedCommands = failedCommands
    }
}

/// A transition as a line of the time line. `subject` is `event`, `F-007` or `F-007 #3`.
package struct EventTransitionView: Hashable, Sendable, Codable {
    package var ordinal: Int
    package var at: UTCInstant
    package var subject: String
    package var from: String
    package var to: String
    package var actor: String
    package var reason: String
    package init(
        ordinal: Int, at: UTCInstant, subject: String, from: String, to: String, actor: String, reason: String
    ) {
        self.ordinal = ordinal
        self.at = at
        self.subject = subject
        self.from = from
        self.to = to
        self.actor = actor
        self.reason = reason
    }
}

/// What a person asks for when the webhook failed (ledger RUN-05, DR-25).
package struct EventRequest: Hashable, Sendable, Codable {
    package var id: DREventID
    package var program: String
    package var start: UTCInstant
    package var duration: Duration
    package var target: Power
    /// Empty: every building that can be commanded.
    package var facilities: [FacilityID]
    package init(
        id: DREventID, program: String, start: UTCInstant, duration: Duration, target: Power,
        facilities: [FacilityID]
    ) {
        self.id = id
        self.program = program
        self.start = start
        self.duration = duration
        self.target = target
        self.facilities = facilities
    }
}

/// What would be done, before anything is.
package struct PlanPreview: Hashable, Sendable, Codable {
    package var plan: DispatchPlan
    package var expected: Power
    /// If loads are as expected, without the lower bounds' caution.
    package var optimistic: Power
    /// Kilowatts that no permitted measure gives.
    package var missing: Power
    package var remarks: [String]
    package init(plan: DispatchPlan, expected: Power, optimistic: Power, missing: Power, remarks: [String]) {
        self.plan = plan
        self.expected = expected
        self.optimistic = optimistic
        self.missing = missing
        self.remarks = remarks
    }
}

/// A building's points as they stand: what is known, what was read, and who of us holds what until when.
package struct BuildingView: Hashable, Sendable, Codable {
    package var facility: FacilityID
    /// Nil: it has no endpoint and cannot be commanded.
    package var endpoint: String?
    package var points: [PointView]
    /// When points and values were read; nil when the building did not answer (`failure` says why).
    package var readAt: UTCInstant?
    package var failure: String?
    package init(facility: FacilityID, endpoint: String?, points: [PointView], readAt: UTCInstant?, failure: String?) {
        self.facility = facility
        self.endpoint = endpoint
        self.points = points
        self.readAt = readAt
        self.failure = failure
    }
}

package struct PointView: Hashable, Sendable, Codable {
    /// One of ours that holds, or is about to hold, a slot of the point.
    package struct Holder: Hashable, Sendable, Codable {
        package var slot: PrioritySlot
        package var event: DREventID
        /// `operator:ana` or `engine`.
        package var author: String
        package var reason: String
        package var since: UTCInstant
        package var until: UTCInstant
        package var state: CommandState
        package init(
            slot: PrioritySlot, event: DREventID, author: String, reason: String, since: UTCInstant,
            until: UTCInstant, state: CommandState
        ) {
            self.slot = slot
            self.event = event
            self.author = author
            self.reason = reason
            self.since = since
            self.until = until
            self.state = state
        }
    }
    package var point: BuildingPoint
    package var reading: PointReading?
    package var holders: [Holder]
    package init(point: BuildingPoint, reading: PointReading?, holders: [Holder]) {
        self.point = point
        self.reading = reading
        self.holders = holders
    }
}

/// Writes one point at slot 8 until a moment, for a reason (ledger DR-25, BMS-15).
package struct OverrideRequest: Hashable, Sendable, Codable {
    package var facility: FacilityID
    package var point: PointID
    package var value: Double
    package var until: UTCInstant
    package init(facility: FacilityID, point: PointID, value: Double, until: UTCInstant) {
        self.facility = facility
        self.point = point
        self.value = value
        self.until = until
    }
}
