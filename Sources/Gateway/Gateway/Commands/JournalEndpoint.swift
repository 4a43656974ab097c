import EnergyModel
import GatewayWire
import Hummingbird
import Ports

/// `GET /api/audit`: the journal.
struct JournalEndpoint: Sendable {
    let surface: Surface

    private static let limit = Parameters.limit(100, upTo: 1000)
    private static let kind = Parameters.choice("kind", "Only this kind.", of: JournalEntry.Kind.self)
    private static let before = Parameters.number("before", in: .query, "Only numbers below this.")

    static let entry = Shape<JournalEntry>(
        "JournalEntry", "What was done, what changed state, what was logged, what the shift noted.",
        [
            .integer("number", "Its number.") { $0.number ?? 0 },
            .text("at", "When.", as: .instant) { $0.at.iso8601 },
            .choice("kind", "What it is.") { $0.kind },
            .text("actor", "`operator:NAME`, `engine` or `service:NAME`.") { $0.actor },
            .text("subject", "What it is about.") { $0.subject },
            .text("text", "One sentence; may quote text from outside.") { $0.text },
            .optionalText("facility_id", "The facility.", as: Parameters.identifier) { $0.facility?.text },
            .optionalText("idempotency_key", "The command's key, for audit entries.") { $0.commandKey },
            .optionalText("trace_id", "The trace it belongs to.") { $0.traceID },
        ])

    struct Page: Sendable {
        var entries: [JournalEntry]
        var next: Int64?
    }

    static let page = Shape<Told<Page>>.told(
        "JournalPage", "Entries, newest first.",
        [
            .list("entries", "Newest first.", entry) { $0.entries },
            .value("next_before", "Send it as `before` for the next page.", .integer(1...Int64.max), isRequired: false)
            {
                $0.next.map { .integer($0) }
            },
        ])

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/api/audit", access: .role(.viewer), rank: .live) { try await answer($0) }
                .described(
                    "listJournal", .audit, "The journal, newest first.",
                    parameters: [
                        Self.kind.described, Parameters.ofFacility.described, Parameters.text.described,
                        Parameters.from.described, Parameters.to.described, Self.before.described,
                        Self.limit.described,
                    ], answers: [.json("A page.", Self.page).paged()])
        ]
    }

    private func answer(_ incoming: IncomingRequest) async throws -> Response {
        let limit = try incoming.value(Self.limit) ?? 100
        let (from, to) = (try incoming.value(Parameters.from), try incoming.value(Parameters.to))
        if let from, let to, from >= to {
            throw Problem.badParameter(
                Parameters.from.described, given: from.iso8601, expected: "before `to`, which is \(to.iso8601)")
        }
        var query = JournalQuery(
            facility: try incoming.value(Parameters.ofFacility), text: try incoming.value(Parameters.text),
            range: from == nil && to == nil
                ? nil
                : TimeRange(
                    start: from ?? .distantPast, end: to ?? incoming.arrivedAt.advanced(by: .seconds(86_400))),
            before: try incoming.value(Self.before), limit: limit)
        if let kind = try incoming.value(Self.kind) { query.kinds = [kind] }
        let entries = try await surface.link(incoming).journal(query)
        let page = Page(entries: entries, next: entries.count == limit ? entries.last?.number : nil)
        return try incoming.answer(
            Told(page, asOf: incoming.arrivedAt, now: incoming.arrivedAt), Self.page,
            next: try page.next.map { try incoming.target(setting: "before", to: String($0)) })
    }
}
