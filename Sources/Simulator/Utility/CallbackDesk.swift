import EnergyModel
import Foundation
import HTTPTypes
import Hummingbird
import Synchronization

/// The utility's own door:
/// - `POST /callbacks`: the engine's status callbacks, signed; `POST …/reports`: OpenADR reports, checked, each name once;
///   `POST …/auth/token`: tokens for them by client credentials;
/// - `GET /callbacks`: everything that came; `GET /deliveries`: everything that went out;
/// - `POST /faults` `{"faults": [{"status": 500, "times": 3, "seconds": 2, "taken": false}]}`: what the next requests get;
///   with `taken` they are dealt with all the same, and only the answer is lost.
final class CallbackDesk: Sendable {
    private struct FaultsBody: Decodable {
        struct Fault: Decodable {
            let status: Int?
            let times: Int?
            let seconds: Double?
            let taken: Bool?
        }
        let faults: [Fault]
    }
    private struct Line: Encodable {
        let number: Int
        let kind: CallbackRecord.Kind
        let at: String
        let id: String
        let verdict: StandardWebhook.Verdict?
        let status: Int
        let body: String
    }
    private struct Page: Encodable {
        let callbacks: [Line]
        /// Accepted more than once.
        let repeated: [String]
        let forgotten: Int
    }

    private let webhook: StandardWebhook?
    private let reportBearer: String?
    private let now: @Sendable () -> UTCInstant
    private let ledger: Mutex<CallbackLedger>

    init(
        webhook: StandardWebhook?, reportBearer: String?, reportClient: UtilityConfiguration.ReportClient? = nil,
        now: @escaping @Sendable () -> UTCInstant
    ) {
        ledger = Mutex(CallbackLedger(client: reportClient))
        self.webhook = webhook
        self.reportBearer = reportBearer
        self.now = now
    }

    var records: [CallbackRecord] { ledger.withLock { Array($0.records.elements) } }
    var reports: [ReceivedReport] { ledger.withLock(\.shelf.reports) }
    var tokensIssued: Int { ledger.withLock(\.tokens.issued) }

    func answer(_ exchange: HTTPExchange) async throws -> Response {
        switch (exchange.method, exchange.path.last) {
        case (.get, "callbacks"): return .json(try page())
        case (.post, "faults"): return setFaults(exchange.body)
        case (.post, "callbacks"): return try await take(.callback, exchange)
        case (.post, "reports"): return try await take(.report, exchange)
        case (.post, "token"): return try token(exchange.body)
        default: return .text("no such path\n", .notFound)
        }
    }

    private func take(_ kind: CallbackRecord.Kind, _ exchange: HTTPExchange) async throws -> Response {
        let fault = ledger.withLock { $0.nextFault() }
        if let fault, fault.delay > .zero { try await Task.sleep(for: fault.delay) }
        let verdict = webhook.map { webhook in
            webhook.verify(
                id: exchange.header("webhook-id"), timestamp: exchange.header("webhook-timestamp"),
                signatures: exchange.header("webhook-signature"), body: exchange.body, now: now())
        }
        var (status, answer) = (self.status(kind, exchange, verdict), "")
        if kind == .report, status == 201, fault?.status == nil || fault?.isTaken == true {
            (status, answer) = ledger.withLock { $0.shelve(exchange.body) }
        }
        status = fault?.status ?? status
        let body = String(decoding: exchange.body, as: UTF8.self)
        ledger.withLock {
            $0.add(
                kind, at: now(), id: exchange.header("webhook-id") ?? "", verdict: verdict, status: status, body: body)
        }
        guard kind == .report, status == 201 else { return .text(answer, HTTPResponse.Status(code: status)) }
        return .json(Self.created(exchange.body, id: answer), .created)
    }

    /// The report as it is kept: with an id.
    private static func created(_ body: [UInt8], id: String) -> [UInt8] {
        guard body.first == UInt8(ascii: "{") else { return body }
        return Array("{\"id\":\"\(id)\",\"objectType\":\"REPORT\",".utf8) + body.dropFirst()
    }

    private func token(_ form: [UInt8]) throws -> Response {
        struct Answer: Encodable {
            let token: String
            let type = "Bearer"
            let life: Int

            enum CodingKeys: String, CodingKey {
                case token = "access_token"
                case type = "token_type"
                case life = "expires_in"
            }
        }
        guard let given = ledger.withLock({ $0.tokens.issue(form, now: now()) }) else {
            return .json(Array("{\"error\":\"invalid_client\"}".utf8), .unauthorized)
        }
        return .json(Array(try JSONEncoder().encode(Answer(token: given.token, life: given.seconds))))
    }

    private func status(
        _ kind: CallbackRecord.Kind, _ exchange: HTTPExchange, _ verdict: StandardWebhook.Verdict?
    ) -> Int {
        switch kind {
        case .callback: return verdict == nil || verdict == .valid ? 204 : 401
        case .report:
            guard mayReport(exchange.header("Authorization")) else { return 403 }
            // A report may be signed; a wrong signature is never taken.
            if let verdict, verdict != .valid, verdict != .unsigned { return 401 }
            return 201
        }
    }

    private func mayReport(_ authorization: String?) -> Bool {
        if let reportBearer, authorization == "Bearer \(reportBearer)" { return true }
        let now = now()
        return ledger.withLock { ledger in
            guard ledger.tokens.client != nil else { return reportBearer == nil }
            guard let authorization, authorization.hasPrefix("Bearer ") else { return false }
            return ledger.tokens.accepts(String(authorization.dropFirst(7)), now: now)
        }
    }

    private func setFaults(_ body: [UInt8]) -> Response {
        do {
            let wanted = try JSONDecoder().decode(FaultsBody.self, from: Data(body)).faults
            let faults = wanted.map { fault in
                CallbackFault(
                    status: fault.status.map { min(max($0, 200), 599) },
                    delay: .milliseconds(Int64(min(max(fault.seconds ?? 0, 0), 3600) * 1000)),
                    times: max(1, fault.times ?? 1), isTaken: fault.taken ?? false)
            }
            ledger.withLock { $0.set(faults) }
            return Response(status: .noContent)
        } catch {
            return .text(
                "send {\"faults\": [{\"status\": 500, \"times\": 3, \"seconds\": 2}]}: \(error)\n", .badRequest)
        }
    }

    private func page() throws -> [UInt8] {
        let page = ledger.withLock { ledger in
            Page(
                callbacks: ledger.records.elements.map { record in
                    Line(
                        number: record.number, kind: record.kind, at: record.at.iso8601, id: record.id,
                        verdict: record.verdict, status: record.status, body: record.body)
                },
                repeated: ledger.accepted.filter { $0.value > 1 }.keys.sorted(), forgotten: ledger.records.forgotten)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(page))
    }
}
