import EnergyModel
import HTTPTypes
import Hummingbird
import Synchronization

@testable import Simulator

/// The engine's webhook, as far as a utility sees it: checks signatures, remembers ids.
final class WebhookStub: Sendable {
    private let seen = Mutex<[(id: String, verdict: StandardWebhook.Verdict, body: String)]>([])
    /// Statuses of the next answers; 202 when there are no more.
    private let statuses: Mutex<[Int]>
    private let webhook: StandardWebhook
    private let now: @Sendable () -> UTCInstant

    init(statuses: [Int], now: @escaping @Sendable () -> UTCInstant) throws {
        self.statuses = Mutex(statuses)
        self.now = now
        webhook = try StandardWebhook(secret: WebhookSignatureTests.secret)
    }

    var received: [(id: String, verdict: StandardWebhook.Verdict, body: String)] { seen.withLock { $0 } }

    func answer(_ exchange: HTTPExchange) -> Response {
        if let word = exchange.query.split(separator: "=").last { return .text(String(word)) }
        let id = exchange.header("webhook-id")
        let verdict = webhook.verify(
            id: id, timestamp: exchange.header("webhook-timestamp"), signatures: exchange.header("webhook-signature"),
            body: exchange.body, now: now())
        seen.withLock { $0.append((id ?? "", verdict, String(decoding: exchange.body, as: UTF8.self))) }
        guard verdict == .valid else { return .text("", .unauthorized) }
        let status = statuses.withLock { $0.isEmpty ? 202 : $0.removeFirst() }
        return .text("", HTTPResponse.Status(code: status))
    }
}
