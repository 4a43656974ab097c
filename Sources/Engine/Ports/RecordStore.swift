import EnergyModel

/// The relational side: facilities, meters, dead letters, journal. Transactions; durable (FULL) before a call returns.
package protocol RecordStore: Sendable {
    func facilities() async throws(PortError) -> [Facility]
    func meters() async throws(PortError) -> [Meter]

    /// Adds or updates facilities and their meters, in one transaction. Numbers already given stay. A meter that moves to
    /// another facility keeps its number. Nothing is deleted.
    func importFacilities(_ descriptions: [FacilityDescription]) async throws(PortError) -> ImportOutcome

    /// The meter with this id, added together with its facility if either is unknown (`isDescribed` false for a facility
    /// added here). Idempotent. Throws `.invalid` when the meter belongs to another facility.
    func register(meter: MeterID, facility: FacilityID) async throws(PortError) -> (Facility, Meter)

    /// The same for many meters in one commit where the store can. One answer a request, in order; `.invalid` for a meter
    /// that belongs to another facility. Throws when nothing could be stored.
    func register(_ requests: [MeterRegistration]) async throws(PortError) -> [Result<RegisteredMeter, PortError>]

    /// True once `importFacilities` ever succeeded: from then on unknown facilities are refused at the edge.
    func hasImportedFacilities() async throws(PortError) -> Bool

    /// Adds dead letters, each at most once by its origin: (topic, `DeadLetterHeader.topic/partition/offset`) when those
    /// headers are present. Returns how many were new.
    func add(_ letters: [DeadLetter]) async throws(PortError) -> Int
    func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter?
    func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage
    func deadLetterCounts() async throws(PortError) -> [DeadLetterCount]
    /// Changes states one by one from `from`; a letter in another state stays and is not counted (compare and set).
    func changeDeadLetters(
        _ numbers: [Int64], from: Set<DeadLetter.State>, to state: DeadLetter.State, note: String?,
        countsAsAttempt: Bool
    ) async throws(PortError) -> [Int64]

    /// Numbers above `after` of the selection's letters that are in one of `states`, ascending, at most `limit`.
    func letterNumbers(
        of selection: LetterSelection, in states: Set<DeadLetter.State>, after: Int64, limit: Int
    ) async throws(PortError) -> [Int64]
    func count(of selection: LetterSelection, in states: Set<DeadLetter.State>) async throws(PortError) -> Int
    /// Puts an edit beside the payload, which stays as it came, if the letter is pending or quarantined and has the edition
    /// before this one (compare and set). The same edit again is stored already.
    func edit(deadLetter number: Int64, _ edit: DeadLetter.Edit) async throws(PortError) -> LetterEditing
    /// Changes each letter that is still as it was sent; returns their numbers (compare and set).
    func settle(_ results: [LetterResult]) async throws(PortError) -> [Int64]

    /// Stores it, or returns the one that has its id already.
    func begin(_ redrive: Redrive) async throws(PortError) -> Redrive
    func redrive(_ id: String) async throws(PortError) -> Redrive?
    /// Newest first.
    func redrives(in states: Set<Redrive.State>, limit: Int) async throws(PortError) -> [Redrive]
    /// Settles the step's results and counts them, in one transaction; state and note stay as others have set them. Returns
    /// the redrive as it stands then; nil when there is none.
    func settle(_ step: RedriveStep, of id: String, at now: UTCInstant) async throws(PortError) -> Redrive?
    /// False, and nothing changes, when it does not stand as `old` (compare and set).
    func change(
        redrive id: String, from old: Redrive.Standing, to new: Redrive.Standing, at now: UTCInstant
    ) async throws(PortError) -> Bool

    func append(_ entries: [JournalEntry]) async throws(PortError)
    /// Newest first.
    func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry]
    /// The outcome stored for a command key, so that a repeated command does not act twice.
    func outcome(ofCommand key: String) async throws(PortError) -> CommandOutcome?
    func record(outcome: CommandOutcome, ofCommand key: String, at: UTCInstant) async throws(PortError)

    /// Drops what is beyond its age, at most `batch` rows a call so that a caller can throttle; returns how many went, 0 when
    /// done. Dead letters that wait for somebody stay for ever.
    func enforceRetention(_ limits: RecordRetention, batch: Int) async throws(PortError) -> Int

    /// Takes or renews a lease; false while another owner holds it (ARCHITECTURE §3).
    func claim(lease name: String, owner: String, now: UTCInstant, duration: Duration) async throws(PortError) -> Bool
}

extension RecordStore {
    package func register(
        _ requests: [MeterRegistration]
    ) async throws(PortError) -> [Result<RegisteredMeter, PortError>] {
        var answers: [Result<RegisteredMeter, PortError>] = []
        for request in requests {
            do throws(PortError) {
                let (facility, meter) = try await register(meter: request.meter, facility: request.facility)
                answers.append(.success(RegisteredMeter(facility: facility, meter: meter)))
            } catch {
                guard error.code == .invalid else { throw error }
                answers.append(.failure(error))
            }
        }
        return answers
    }
}

/// What is older goes. Command outcomes and finished redrives age with the journal. Demand-response events with their
/// transitions, commands and participation reports are of the audit class (7 years, ledger BAK-10) and nothing here drops
/// them: an event is a few hundred kilobytes, and the chain of reports must stay whole.
package struct RecordRetention: Sendable, Hashable {
    /// Journal entries but for the audit trail.
    package var journalBefore: UTCInstant
    package var auditBefore: UTCInstant
    /// Dead letters that were replayed or discarded, by when they were first seen.
    package var lettersBefore: UTCInstant
    package init(journalBefore: UTCInstant, auditBefore: UTCInstant, lettersBefore: UTCInstant) {
        self.journalBefore = journalBefore
        self.auditBefore = auditBefore
        self.lettersBefore = lettersBefore
    }
}

/// A meter met in a reading, and the facility it says it belongs to.
package struct MeterRegistration: Sendable, Hashable {
    package var meter: MeterID
    package var facility: FacilityID
    package init(meter: MeterID, facility: FacilityID) {
        self.meter = meter
        self.facility = facility
    }
}

package struct RegisteredMeter: Sendable, Hashable {
    package var facility: Facility
    package var meter: Meter
    package init(facility: Facility, meter: Meter) {
        self.facility = facility
        self.meter = meter
    }
}

package struct ImportOutcome: Sendable, Hashable, Codable {
    package var facilitiesAdded: Int
    package var facilitiesChanged: Int
    package var metersAdded: Int
    package var metersChanged: Int
    package init(facilitiesAdded: Int, facilitiesChanged: Int, metersAdded: Int, metersChanged: Int) {
        self.facilitiesAdded = facilitiesAdded
        self.facilitiesChanged = facilitiesChanged
        self.metersAdded = metersAdded
        self.metersChanged = metersChanged
    }
}

package struct DeadLetterQuery: Sendable, Hashable, Codable {
    package var topic: String?
    package var reason: String?
    package var state: DeadLetter.State?
    package var facility: FacilityID?
    /// Only letters of these facilities, and none without one; nil: of any.
    package var among: Set<FacilityID>?
    /// Substring of payload, message or a header value.
    package var text: String?
    package var before: Int64?
    package var limit: Int
    package init(
        topic: String? = nil, reason: String? = nil, state: DeadLetter.State? = nil, facility: FacilityID? = nil,
        among: Set<FacilityID>? = nil, text: String? = nil, before: Int64? = nil, limit: Int = 200
    ) {
        self.topic = topic
        self.reason = reason
        self.state = state
        self.facility = facility
        self.among = among
        self.text = text
        self.before = before
        self.limit = limit
    }
}

/// Newest first.
package struct DeadLetterPage: Sendable, Codable {
    package var letters: [DeadLetter]
    package var matching: Int
    package init(letters: [DeadLetter], matching: Int) {
        self.letters = letters
        self.matching = matching
    }
}

package struct DeadLetterCount: Sendable, Hashable, Codable {
    package var topic: String
    package var reason: String
    package var state: DeadLetter.State
    package var count: Int
    package var newest: UTCInstant
    package init(topic: String, reason: String, state: DeadLetter.State, count: Int, newest: UTCInstant) {
        self.topic = topic
        self.reason = reason
        self.state = state
        self.count = count
        self.newest = newest
    }
}

package struct JournalQuery: Sendable, Hashable, Codable {
    package var kinds: Set<JournalEntry.Kind>
    package var facility: FacilityID?
    /// Only entries of these facilities, and none without one; nil: of any.
    package var among: Set<FacilityID>?
    package var text: String?
    package var range: TimeRange?
    package var before: Int64?
    package var limit: Int
    package init(
        kinds: Set<JournalEntry.Kind> = Set(JournalEntry.Kind.allCases), facility: FacilityID? = nil,
        among: Set<FacilityID>? = nil, text: String? = nil,
        range: TimeRange? = nil, before: Int64? = nil, limit: Int = 200
    ) {
        self.kinds = kinds
        self.facility = facility
        self.among = among
        self.text = text
        self.range = range
        self.before = before
        self.limit = limit
    }
}
