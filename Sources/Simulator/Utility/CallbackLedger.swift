import EnergyModel

/// What the engine told the utility: status callbacks, and OpenADR reports.
struct CallbackRecord: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable, Codable { case callback, report }

    let number: Int
    let kind: Kind
    let at: UTCInstant
    /// `webhook-id`; empty when none came.
    let id: String
    let verdict: StandardWebhook.Verdict?
    /// What was answered.
    let status: Int
    let body: String
}

/// Faults of the receiving side: each request takes the next that is due.
struct CallbackFault: Hashable, Sendable {
    /// Nil: answered as usual, only slowly.
    var status: Int?
    var delay: Duration
    /// Requests it befalls.
    var times: Int
    /// The request is taken all the same, only the answer is lost.
    var isTaken = false
}

struct CallbackLedger: Sendable {
    private(set) var records = BoundedLog<CallbackRecord>(limit: 20_000)
    private var faults: [CallbackFault] = []
    private(set) var shelf = ReportShelf()
    var tokens: TokenDesk
    /// Accepted deliveries by `webhook-id`: an id that came twice was repeated.
    private(set) var accepted: [String: Int] = [:]

    init(client: UtilityConfiguration.ReportClient? = nil) { tokens = TokenDesk(client) }

    mutating func shelve(_ body: [UInt8]) -> (status: Int, answer: String) { shelf.take(body) }

    mutating func set(_ faults: [CallbackFault]) { self.faults = faults }

    mutating func nextFault() -> CallbackFault? {
        guard let fault = faults.first else { return nil }
        faults[0].times -= 1
        if faults[0].times <= 0 { faults.removeFirst() }
        return fault
    }

    mutating func add(
        _ kind: CallbackRecord.Kind, at: UTCInstant, id: String, verdict: StandardWebhook.Verdict?, status: Int,
        body: String
    ) {
        let gone = records.append(
            CallbackRecord(
                number: records.total + 1, kind: kind, at: at, id: id, verdict: verdict, status: status, body: body))
        if let gone, (200..<300).contains(gone.status) { accepted[gone.id] = nil }
        if (200..<300).contains(status), !id.isEmpty { accepted[id, default: 0] += 1 }
    }
}
