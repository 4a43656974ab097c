import EnergyModel
import Foundation
import Testing

@testable import Gateway

/// The vector that Standard Webhooks publishes with its reference libraries, for both directions.
@Suite("Webhook secrets")
struct WebhookSecretTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let body = Array(#"{"test": 2432232314}"#.utf8)
    private static let moment = UTCInstant(seconds: 1_614_265_330)
    private static let expected = [
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ]

    @Test("what goes out carries the published signature, whatever the fraction of the second")
    func outgoing() throws {
        let secret = try #require(WebhookSecret(Self.secret))
        for milliseconds in [0, 999] {
            let now = Self.moment.advanced(by: .milliseconds(milliseconds))
            let headers = secret.headers(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: now, body: Self.body)
            #expect(Dictionary(uniqueKeysWithValues: headers.map { ($0.name, $0.value) }) == Self.expected)
        }
    }

    @Test("what comes in with the published signature is known, and with any other byte it is not")
    func incoming() throws {
        let secret = try #require(WebhookSecret(Self.secret))
        let prefix = WebhookSecret.prefix(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330")
        let entry = try #require(Self.expected["webhook-signature"]?.dropFirst(3))
        let codes = [try #require(Data(base64Encoded: String(entry)))]
        #expect(secret.hasMade(codes, over: Self.body, after: prefix))
        #expect(!secret.hasMade([], over: Self.body, after: prefix))
        for index in Self.body.indices {
            var body = Self.body
            body[index] ^= 1
            #expect(!secret.hasMade(codes, over: body, after: prefix))
        }
    }
}
