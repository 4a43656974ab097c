/// A row of `dr_events`: an event as records, gateway and console know it. Its transitions are the truth; this is the summary.
package struct DemandResponseEvent: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case demandResponse = "dr"
        /// One operator's value on one point at slot 8: written, confirmed and given back by the same saga.
        case override
    }

    package var id: DREventID
    package var kind: Kind
    /// `utility_request_id`: the utility's own number for the request, when it is not the event's id.
    package var utilityRequestID: String?
    package var program: String
    /// Free text from outside: neutralise before it is drawn.
    package var name: String
    /// 0 is the highest; nil the lowest.
    package var priority: Int?
    /// Who sent it: `utility:acme openadr-3.1`, `utility:acme json`, `operator:ana`.
    package var source: String
    package var window: TimeRange
    package var status: DREventStatus
    /// Transitions stored so far.
    package var ordinal: Int
    package var isSettled: Bool
    /// Planned, and waiting for a person's approval before anything is sent.
    package var awaitsApproval: Bool
    package var receivedAt: UTCInstant
    /// The version of the utility's object that governs, by its `modificationDateTime`.
    package var modifiedAt: UTCInstant
    package var target: Power?
    package var expected: Power?
    /// `achieved_reduction_kw`: newest measured reduction; nil before the first measurement.
    package var achieved: Power?
    package var forecastQuality: ForecastQuality?
    package var traceID: String?

    package init(
        id: DREventID, kind: Kind = .demandResponse, utilityRequestID: String? = nil, program: String,
        name: String = "", priority: Int? = nil,
        source: String, window: TimeRange, status: DREventStatus = .pending, ordinal: Int = 0,
        isSettled: Bool = false, awaitsApproval: Bool = false, receivedAt: UTCInstant, modifiedAt: UTCInstant,
        target: Power? = nil,
        expected: Power? = nil, achieved: Power? = nil, forecastQuality: ForecastQuality? = nil, traceID: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.utilityRequestID = utilityRequestID
        self.program = program
        self.name = name
        self.priority = priority
        self.source = source
        self.window = window
        self.status = status
        self.ordinal = ordinal
        self.isSettled = isSettled
        self.awaitsApproval = awaitsApproval
        self.receivedAt = receivedAt
        self.modifiedAt = modifiedAt
        self.target = target
        self.expected = expected
        self.achieved = achieved
        self.forecastQuality = forecastQuality
        self.traceID = traceID
    }
}

/// One building command with how far it came: a row of the command outbox.
package struct BuildingCommand: Hashable, Sendable, Codable {
    package var event: DREventID
    package var facility: FacilityID
    package var plan: CommandPlan
    package var progress: CommandProgress

    package init(event: DREventID, facility: FacilityID, plan: CommandPlan, progress: CommandProgress) {
        self.event = event
        self.facility = facility
        self.plan = plan
        self.progress = progress
    }

    package var key: IdempotencyKey { .write(event, plan.sequence) }
}
