import EnergyModel
import Foundation
import HTTPTypes
import Hummingbird
import Synchronization

/// The utility's own door:
/// - `POST /callbacks`: the engine's status callbacks, signed; `POST …/reports`: OpenADR reports;
/// - `GET /callbacks`: everything that came; `GET /deliveries`: everything that went out;
/// - `POST /faults` `{"faults": [{"status": 500, "times": 3, "seconds": 2}]}`: what the next requests get.
final class CallbackDesk: Sendable {
    private struct FaultsBody: Decodable {
        struct Fault: Decodable {
            let status: Int?
            let times: Int?
            let seconds: Double?
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
    private let ledger = Mutex(CallbackLedger())

    init(webhook: StandardWebhook?, reportBearer: String?, now: @escaping @Sendable () -> UTCInstant) {
        self.webhook = webhook
        self.reportBearer = reportBearer
        self.now = now
    }

    var records: [CallbackRecord] { ledger.withLock { Array($0.records.elements) } }

    func answer(_ exchange: HTTPExchange) async throws -> Response {
        switch (exchange.method, exchange.path.last) {
        case (.get, "callbacks"): return .json(try page())
        case (.post, "faults"): return setFaults(exchange.body)
        case (.post, "callbacks"): return try await take(.callback, exchange)
        case (.post, "reports"): return try await take(.report, exchange)
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
        let status = fault?.status ?? self.status(kind, exchange, verdict)
        let body = String(decoding: exchange.body, as: UTF8.self)
        ledger.withLock {
            $0.add(
                kind, at: now(), id: exchange.header("webhook-id") ?? "", verdict: verdict, status: status, body: body)
        }
        guard kind == .report, status == 201 else { return .text("", HTTPResponse.Status(code: status)) }
        return .json(exchange.body, .created)
    }

    private func status(
        _ kind: CallbackRecord.Kind, _ exchange: HTTPExchange, _ verdict: StandardWebhook.Verdict?
    ) -> Int {
        switch kind {
        case .callback: return verdict == nil || verdict == .valid ? 204 : 401
        case .report:
            if let reportBearer, exchange.header("Authorization") != "Bearer \(reportBearer)" { return 403 }
            // A report may be signed; a wrong signature is never taken.
            if let verdict, verdict != .valid, verdict != .unsigned { return 401 }
            return 201
        }
    }

    private func setFaults(_ body: [UInt8]) -> Response {
        do {
            let wanted = try JSONDecoder().decode(FaultsBody.self, from: Data(body)).faults
            let faults = wanted.map { fault in
                CallbackFault(
                    status: fault.status.map { min(max($0, 200), 599) },
                    delay: .milliseconds(Int64(min(max(fault.seconds ?? 0, 0), 3600) * 1000)),
                    times: max(1, fault.times ?? 1))
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
