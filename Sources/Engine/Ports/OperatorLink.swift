import EnergyModel

/// Everything a person can see or do, and nothing else (ARCHITECTURE §3). Plain, serialisable values.
package protocol OperatorLink: Sendable {
    /// Coalesced: a slow reader gets the newest snapshot, not the backlog. Ends when the link closes.
    func snapshots() -> AsyncStream<LinkUpdate>

    func series(_ request: SeriesRequest) async throws(PortError) -> SeriesAnswer
    func meters(of facility: FacilityID) async throws(PortError) -> [MeterSnapshot]
    func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage
    func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter?
    /// What processing would say to `payload` in place of this letter's; nil: to what a replay would send now.
    func check(deadLetter number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck
    func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun
    /// Newest first, at most 50.
    func redrives() async throws(PortError) -> [Redrive]
    /// The newest forecast, or the one of a past moment, and what had been forecast of the past.
    func forecast(_ query: ForecastQuery) async throws(PortError) -> ForecastAnswer
    /// May take a minute for a year of history: it learns anew for every week.
    func backtest(_ request: BacktestRequest) async throws(PortError) -> BacktestAnswer
    func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry]
    /// The spans of a trace that were kept, by their start, at most 2,000; empty when none was (ledger TRACE-06).
    func trace(_ id: TraceID) async throws(PortError) -> [TraceSpan]
    func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary]
    /// Every screen's state as it was at a past moment, from what is stored.
    func snapshot(at moment: UTCInstant) async throws(PortError) -> OperatorSnapshot

    func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent]
    func event(_ id: DREventID) async throws(PortError) -> EventDetail?
    /// What the planner would do with such an event now. Stores and sends nothing.
    func preview(_ request: EventRequest) async throws(PortError) -> PlanPreview
    /// The value after the safety envelope, and the limits that bind.
    func preview(_ request: OverrideRequest) async throws(PortError) -> PlanPreview
    /// Reads the building now; what it does not answer is shown as not known.
    func building(_ facility: FacilityID) async throws(PortError) -> BuildingView
    func reports(of event: DREventID) async throws(PortError) -> [ParticipationRecord]

    /// Reserves what the action touches, for this command's key alone, until it is submitted, disarmed or too old.
    func arm(_ request: ArmRequest) async throws(PortError) -> ArmAnswer
    /// Gives it back; a key that holds nothing is no mistake.
    func disarm(key: String) async throws(PortError)

    /// Refused while somebody else has armed what it touches. Written to the audit trail before it acts and its outcome
    /// after; the same key again returns the first outcome.
    func submit(_ command: OperatorCommand) async -> CommandOutcome
}

package enum LinkUpdate: Sendable {
    case snapshot(OperatorSnapshot)
    /// The engine is not answering; the last snapshot stays, marked.
    case lost(sentence: String)
    /// Of a remote link only.
    case standing(LinkStanding)
}

package struct OperatorCommand: Sendable, Hashable, Codable {
    /// Idempotency key, given by whoever submits.
    package var key: String
    /// `operator:ana`.
    package var author: String
    package var reason: String
    package var action: Action

    package enum Action: Sendable, Hashable, Codable {
        /// At once, for a handful; `redrive` for many.
        case replayDeadLetters([Int64])
        case discardDeadLetters(LetterSelection)
        /// `edition` is that of the edit it replaces, 0 for none; another one in between refuses it.
        case editDeadLetter(Int64, payload: [UInt8], edition: Int)
        /// Begins a replay in the background.
        case redrive(LetterSelection, perSecond: Int)
        case pauseRedrive(String)
        case resumeRedrive(String)
        case cancelRedrive(String)
        case addNote(facility: FacilityID?)
        case tripBreaker(String)
        case resetBreaker(String)
        case importFacilities([FacilityDescription])
        case enforceRetentionNow
        case recompute(TimeRange)
        /// An event by hand: planned at once, dispatched at its start.
        case createEvent(EventRequest)
        /// Lets an event that waits for a person go on.
        case approveEvent(DREventID)
        case cancelEvent(DREventID)
        /// Nil: the whole event.
        case optOut(DREventID, FacilityID?)
        case retryCommand(DREventID, FacilityID, sequence: Int)
        /// The building's points were given back at the building; nothing more is sent for them.
        case settleByHand(DREventID, FacilityID)
        case overridePoint(OverrideRequest)
        /// A new end for an override of ours.
        case extendOverride(DREventID, until: UTCInstant)
        case releaseOverride(DREventID)
        /// NULL at our slots on every point of the building, after ending what holds them.
        case releaseBuilding(FacilityID)
        /// A new version of the event's participation reports, of one building or of all, where figures differ.
        case recomputeReports(DREventID, FacilityID?)
        /// A load expected by a person takes the place of the forecast until it ends (FC-13).
        case enterProfile(LoadProfileRequest)
        case removeProfile(FacilityID)
        /// Until the engine ends; nil: as configured again. A component is `engine.response`, or `engine` with all its parts.
        case setLogLevel(component: String, level: LogSeverity?)
    }

    package init(key: String, author: String, reason: String, action: Action) {
        self.key = key
        self.author = author
        self.reason = reason
        self.action = action
    }
}

package enum CommandOutcome: Sendable, Hashable, Codable {
    /// What was done, in one sentence; `affected` counts the things changed.
    case done(sentence: String, affected: Int)
    /// Refused or failed: why, and what would make it possible.
    case refused(sentence: String)
}

package struct SeriesRequest: Sendable, Hashable, Codable {
    package enum Subject: Sendable, Hashable, Codable {
        case facility(FacilityID)
        case meter(MeterID)
    }
    package enum Resolution: Sendable, Hashable, Codable {
        /// Raw readings; a facility has none, its finest is `rollup(.minute)`.
        case raw
        case rollup(Granularity)
    }
    package var subject: Subject
    package var resolution: Resolution
    package var range: TimeRange
    package init(subject: Subject, resolution: Resolution, range: TimeRange) {
        self.subject = subject
        self.resolution = resolution
        self.range = range
    }
}

/// Points by time; a hole in time is a gap. At most 20,000 points.
package struct SeriesAnswer: Sendable, Hashable, Codable {
    package struct Point: Sendable, Hashable, Codable {
        package var start: UTCInstant
        package var mean: Double
        package var low: Double
        package var high: Double
        package var kilowattHours: Double
        /// Good readings as a share of those expected, 0...1.
        package var qualityShare: Double
        package init(
            start: UTCInstant, mean: Double, low: Double, high: Double, kilowattHours: Double, qualityShare: Double
        ) {
            self.start = start
            self.mean = mean
            self.low = low
            self.high = high
            self.kilowattHours = kilowattHours
            self.qualityShare = qualityShare
        }
    }
    package var request: SeriesRequest
    package var stepMilliseconds: Int64
    package var points: [Point]
    /// When the engine answered.
    package var answeredAt: UTCInstant
    package init(request: SeriesRequest, stepMilliseconds: Int64, points: [Point], answeredAt: UTCInstant) {
        self.request = request
        self.stepMilliseconds = stepMilliseconds
        self.points = points
        self.answeredAt = answeredAt
    }
}

package struct MeterSnapshot: Sendable, Hashable, Codable {
    package var id: MeterID
    package var kilowatts: Double?
    package var registerKilowattHours: Double?
    package var volts: Double?
    package var quality: ReadingQuality?
    package var newest: UTCInstant?
    /// 15-s slots without a reading in the last hour, of 240.
    package var missingSlotsLastHour: Int
    package init(
        id: MeterID, kilowatts: Double?, registerKilowattHours: Double?, volts: Double?, quality: ReadingQuality?,
        newest: UTCInstant?, missingSlotsLastHour: Int
    ) {
        self.id = id
        self.kilowatts = kilowatts
        self.registerKilowattHours = registerKilowattHours
        self.volts = volts
        self.quality = quality
        self.newest = newest
        self.missingSlotsLastHour = missingSlotsLastHour
    }
}
