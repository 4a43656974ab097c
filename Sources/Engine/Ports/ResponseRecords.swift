import EnergyModel

/// Demand-response events with everything that happened to them. Durable (FULL) before a call returns.
package protocol ResponseRecords: Sendable {
    /// Adds the event, or replaces its summary when the id is known; `document` (nil: keep the stored one) is what its
    /// schedule is resolved from after a crash. Does not touch transitions: `event.ordinal` is the store's own count and is
    /// kept. Returns true when the event is new.
    func put(_ event: DemandResponseEvent, document: EventDocument?) async throws(PortError) -> Bool

    /// One transaction: transitions appended, the event's summary replaced, the outbox of commands brought up to date from
    /// plan and command transitions. Throws `.superseded` and stores nothing when an ordinal is taken or leaves a gap:
    /// somebody else drives the event, or an earlier call that timed out was stored after all; load the event again.
    /// Throws `.invalid` for a transition of another event and for a command that no plan named.
    func append(_ transitions: [DRTransition], of event: DemandResponseEvent) async throws(PortError)

    func event(_ id: DREventID) async throws(PortError) -> DemandResponseEvent?
    func event(utilityRequest id: String) async throws(PortError) -> DemandResponseEvent?
    func document(of id: DREventID) async throws(PortError) -> EventDocument?
    /// Newest window first.
    func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent]
    /// Ascending by ordinal, from `after` on.
    func transitions(of id: DREventID, after ordinal: Int, limit: Int) async throws(PortError) -> [DRTransition]
    /// The outbox as stored: of one event, or of all events that are not settled. Ascending by event and number.
    func commands(of id: DREventID?) async throws(PortError) -> [BuildingCommand]
    /// By building, the demand-response events in which it confirmed a command: of the newest `mostShedEvents` whose windows
    /// begin at `moment` or later.
    func sheds(since moment: UTCInstant) async throws(PortError) -> [FacilityID: Set<DREventID>]

    /// Notices of stored transitions that nobody has marked as done, in the order they were stored.
    func pendingNotices(limit: Int) async throws(PortError) -> [StoredNotice]
    func markDone(_ notices: [StoredNotice.ID]) async throws(PortError)

    /// Points of a building as last read, replaced whole.
    func put(_ points: [BuildingPoint], of facility: FacilityID, readAt: UTCInstant) async throws(PortError)
    func points(of facility: FacilityID) async throws(PortError) -> BuildingPoints?

    /// Adds the next link of the chain of participation reports. Throws `.superseded` when `report.previousHash` is not the
    /// hash of the newest report stored, `.invalid` when this version of (event, facility) is stored already. Its delivery, if
    /// it is owed one, is stored with it.
    func append(_ report: ParticipationRecord) async throws(PortError)
    func newestReportHash() async throws(PortError) -> String?
    /// Ascending by number, from `after` on.
    func reports(of event: DREventID?, after number: Int64, limit: Int) async throws(PortError) -> [ParticipationRecord]
    /// Reports whose delivery is still owed, ascending by number.
    func owedReports(limit: Int) async throws(PortError) -> [ParticipationRecord]
    /// What became of an owed delivery. One that is dealt with, or was never owed, stays as it is.
    func mark(_ delivery: ReportDelivery, ofReport number: Int64) async throws(PortError)
}

/// Events that `ResponseRecords.sheds(since:)` looks at, at most: a busy week costs no more than that.
package let mostShedEvents = 1_000

/// What came in, as it came in: the body is resolved again whenever the event is planned again.
package struct EventDocument: Hashable, Sendable, Codable {
    package var body: [UInt8]
    package var receivedAt: UTCInstant
    package init(body: [UInt8], receivedAt: UTCInstant) {
        self.body = body
        self.receivedAt = receivedAt
    }
}

package struct EventQuery: Hashable, Sendable, Codable {
    package enum Scope: String, Sendable, Codable, CaseIterable {
        case all
        /// Not settled: something is still to be done or given back.
        case open
    }
    package var scope: Scope
    /// Nil: both.
    package var kind: DemandResponseEvent.Kind?
    package var facility: FacilityID?
    /// Only events that one of these facilities has a part in; nil: all.
    package var among: Set<FacilityID>?
    /// Only windows that begin before this: then the limit counts from there back, not from now.
    package var startsBefore: UTCInstant?
    package var limit: Int
    package init(
        scope: Scope = .all, kind: DemandResponseEvent.Kind? = nil, facility: FacilityID? = nil,
        among: Set<FacilityID>? = nil, startsBefore: UTCInstant? = nil, limit: Int = 200
    ) {
        self.scope = scope
        self.kind = kind
        self.facility = facility
        self.among = among
        self.startsBefore = startsBefore
        self.limit = limit
    }
}

package struct StoredNotice: Hashable, Sendable {
    package struct ID: Hashable, Sendable {
        package var event: DREventID
        package var ordinal: Int
        package var index: Int
        package init(event: DREventID, ordinal: Int, index: Int) {
            self.event = event
            self.ordinal = ordinal
            self.index = index
        }
    }
    package var id: ID
    package var at: UTCInstant
    package var traceID: String?
    package var notice: DRNotice
    package init(id: ID, at: UTCInstant, traceID: String?, notice: DRNotice) {
        self.id = id
        self.at = at
        self.traceID = traceID
        self.notice = notice
    }
}

package struct BuildingPoints: Hashable, Sendable, Codable {
    package var points: [BuildingPoint]
    package var readAt: UTCInstant
    package init(points: [BuildingPoint], readAt: UTCInstant) {
        self.points = points
        self.readAt = readAt
    }
}

/// One participation report (DOMAIN §5.6): its exact JSON text and its place in the hash chain.
package struct ParticipationRecord: Hashable, Sendable, Codable {
    /// 1, 2, 3 ...; given by the store, 0 before.
    package var number: Int64
    package var event: DREventID
    package var facility: FacilityID
    package var version: Int
    package var at: UTCInstant
    /// The report without `integrity`, the bytes that are hashed.
    package var body: String
    /// `sha256:` and 64 hex digits; nil for the first of the chain.
    package var previousHash: String?
    package var hash: String
    /// `hmac-sha256:NAME:` and base64, over the hash; nil where no key is configured.
    package var signature: String?
    /// Nil: no utility is to get it.
    package var delivery: ReportDelivery?
    package init(
        number: Int64 = 0, event: DREventID, facility: FacilityID, version: Int, at: UTCInstant, body: String,
        previousHash: String?, hash: String, signature: String? = nil, delivery: ReportDelivery? = nil
    ) {
        self.number = number
        self.event = event
        self.facility = facility
        self.version = version
        self.at = at
        self.body = body
        self.previousHash = previousHash
        self.hash = hash
        self.signature = signature
        self.delivery = delivery
    }
}

/// A report's way to its utility.
package struct ReportDelivery: Hashable, Sendable, Codable {
    package enum State: String, Sendable, Codable, CaseIterable {
        case owed
        case taken
        /// Refused for good, or given up after many attempts; `note` says why.
        case refused
    }
    package var state: State
    package var at: UTCInstant
    /// What the utility answered, from outside: neutralise before it is drawn.
    package var note: String
    package init(_ state: State, at: UTCInstant, note: String = "") {
        self.state = state
        self.at = at
        self.note = note
    }
}
