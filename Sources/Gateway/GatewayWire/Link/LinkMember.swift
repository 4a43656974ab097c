import EnergyModel
import Ports

/// One member of `OperatorLink` on the wire: `POST /api/operator/{name}` with the question as its body.
package struct LinkMember<Question: Codable & Sendable, Answer: Codable & Sendable>: Sendable {
    package let name: String
    package var path: String { "/api/operator/\(name)" }
    /// From asking to the whole answer.
    package let deadline: Duration

    init(_ name: String, deadline: Duration = .seconds(8)) {
        self.name = name
        self.deadline = deadline
    }
}

package enum LinkMembers {
    package static let series = LinkMember<SeriesRequest, SeriesAnswer>("series")
    package static let meters = LinkMember<FacilityQuestion, [MeterSnapshot]>("meters")
    package static let deadLetters = LinkMember<DeadLetterQuery, DeadLetterPage>("deadLetters")
    package static let deadLetter = LinkMember<LetterQuestion, DeadLetter?>("deadLetter")
    package static let check = LinkMember<LetterCheckQuestion, LetterCheck>("check")
    package static let dryRun = LinkMember<LetterSelection, DryRun>("dryRun", deadline: .seconds(25))
    package static let redrives = LinkMember<Nothing, [Redrive]>("redrives")
    package static let forecast = LinkMember<ForecastQuery, ForecastAnswer>("forecast")
    package static let backtest = LinkMember<BacktestRequest, BacktestAnswer>("backtest", deadline: .seconds(90))
    package static let journal = LinkMember<JournalQuery, [JournalEntry]>("journal")
    package static let snapshot = LinkMember<MomentQuestion, OperatorSnapshot>("snapshot")
    package static let events = LinkMember<EventQuery, [DemandResponseEvent]>("events")
    package static let event = LinkMember<EventQuestion, EventDetail?>("event")
    package static let previewEvent = LinkMember<EventRequest, PlanPreview>("previewEvent")
    package static let previewOverride = LinkMember<OverrideRequest, PlanPreview>("previewOverride")
    package static let building = LinkMember<FacilityQuestion, BuildingView>("building")
    package static let reports = LinkMember<EventQuestion, [ParticipationRecord]>("reports")
    package static let trace = LinkMember<TraceQuestion, [TraceSpan]>("trace")
    package static let traces = LinkMember<TraceQuery, [TraceSummary]>("traces")
    package static let arm = LinkMember<ArmRequest, ArmAnswer>("arm")
    package static let disarm = LinkMember<KeyQuestion, Nothing>("disarm")
    /// The deadline is that of one sending; the same key may be sent again until `submitPatience` has passed.
    package static let submit = LinkMember<OperatorCommand, CommandOutcome>("submit", deadline: .seconds(15))

    /// How long the outcome of a command is asked for.
    package static let submitPatience = Duration.seconds(15)
    /// The one whose answers may take longer than the gateway lets others take.
    package static let slowPath = backtest.path
    package static let clockPath = "/api/operator/clock"
    package static let streamPath = "/api/stream"

    /// The longest body of a question, in bytes; that of `importFacilities` may be longer.
    package static let bodyLimit = 1 << 20
    package static let importLimit = 8 << 20

    /// Sent with every request: the version of the wire that the sender speaks, `WireVersion.current`.
    package static let versionHeader = "X-Switchyard-Wire"
}

/// `{}`.
package struct Nothing: Codable, Sendable, Hashable { package init() {} }

package struct FacilityQuestion: Codable, Sendable, Hashable {
    package var facility: FacilityID
    package init(facility: FacilityID) { self.facility = facility }
}

package struct LetterQuestion: Codable, Sendable, Hashable {
    package var number: Int64
    package init(number: Int64) { self.number = number }
}

package struct LetterCheckQuestion: Codable, Sendable, Hashable {
    package var number: Int64
    package var payload: [UInt8]?
    package init(number: Int64, payload: [UInt8]?) {
        self.number = number
        self.payload = payload
    }
}

package struct MomentQuestion: Codable, Sendable, Hashable {
    package var at: UTCInstant
    package init(at: UTCInstant) { self.at = at }
}

package struct EventQuestion: Codable, Sendable, Hashable {
    package var event: DREventID
    package init(event: DREventID) { self.event = event }
}

package struct TraceQuestion: Codable, Sendable, Hashable {
    package var trace: TraceID
    package init(trace: TraceID) { self.trace = trace }
}

package struct KeyQuestion: Codable, Sendable, Hashable {
    package var key: String
    package init(key: String) { self.key = key }
}

/// What `GET /api/operator/clock` answers: for measuring how far two clocks are apart, and who the engine takes one for.
package struct ClockAnswer: Codable, Sendable, Hashable {
    package var wire: Int
    /// The engine's clock when the question was there, and when the answer left.
    package var received: UTCInstant
    package var sent: UTCInstant
    package var identity: OperatorIdentity
    /// When the session ends by itself.
    package var expiresAt: UTCInstant?

    package init(
        wire: Int = WireVersion.current, received: UTCInstant, sent: UTCInstant, identity: OperatorIdentity,
        expiresAt: UTCInstant?
    ) {
        self.wire = wire
        self.received = received
        self.sent = sent
        self.identity = identity
        self.expiresAt = expiresAt
    }
}
