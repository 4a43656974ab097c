import EnergyModel
import Testing

@testable import Simulator

@Suite("Standard Webhooks signatures")
struct WebhookSignatureTests {
    static let secret = "whsec_c3dpdGNoeWFyZC1zaW11bGF0ZWQtdXRpbGl0eS1rZXk="
    /// Made with PyPI `standardwebhooks` 1.1.0.
    static let vectors: [(id: String, timestamp: Int64, body: String, signature: String)] = [
        (
            "msg_2026_0001", 1_780_000_000, "{\"event_id\":\"E-1\",\"note\":\"Grüße – ½ kW\"}",
            "v1,vvIFP8nEyb8NJiySFD973Rh1t6bfMIG1LEyQs1vzeo8="
        ),
        ("msg_2026_0002", 1_780_000_001, "", "v1,Ii8o2qPDH+R6e/rA80UT/onVAN9w75UhdkM49v6f4iY="),
    ]

    @Test("agree with PyPI standardwebhooks", arguments: 0..<vectors.count)
    func agree(index: Int) throws {
        let (id, timestamp, body, signature) = Self.vectors[index]
        let webhook = try StandardWebhook(secret: Self.secret)
        #expect(webhook.signature(id: id, timestamp: timestamp, body: Array(body.utf8)) == signature)
    }

    @Test(
        "are checked within five minutes each way",
        arguments: [(-301, .tooOld), (-299, .valid), (0, .valid), (299, .valid), (301, .tooNew)]
            as [(Int64, StandardWebhook.Verdict)])
    func tolerance(shift: Int64, verdict: StandardWebhook.Verdict) throws {
        let webhook = try StandardWebhook(secret: Self.secret)
        let (id, _, body, _) = Self.vectors[0]
        let timestamp = 1_780_000_000 + shift
        let signature = webhook.signature(id: id, timestamp: timestamp, body: Array(body.utf8))
        #expect(
            webhook.verify(
                id: id, timestamp: "\(timestamp)", signatures: "v1,AAAA v2,x \(signature)", body: Array(body.utf8),
                now: UTCInstant(seconds: 1_780_000_000)) == verdict)
    }

    @Test("a changed byte, id or time, a missing header and another key are noticed")
    func tampering() throws {
        let webhook = try StandardWebhook(secret: Self.secret)
        let (id, timestamp, text, signature) = Self.vectors[0]
        let (body, now) = (Array(text.utf8), UTCInstant(seconds: timestamp))
        func verdict(
            _ id: String?, _ timestamp: String?, _ signature: String?, _ body: [UInt8]
        ) -> StandardWebhook.Verdict {
            webhook.verify(id: id, timestamp: timestamp, signatures: signature, body: body, now: now)
        }
        #expect(verdict(id, "\(timestamp)", signature, body) == .valid)
        #expect(verdict(id, "\(timestamp)", signature, body + [0x20]) == .badSignature)
        #expect(verdict(id + "x", "\(timestamp)", signature, body) == .badSignature)
        #expect(verdict(id, "\(timestamp + 1)", signature, body) == .badSignature)
        #expect(verdict(nil, "\(timestamp)", signature, body) == .unsigned)
        #expect(verdict(id, "soon", signature, body) == .malformed)
        let other = try StandardWebhook(secret: "whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldC1vdGhlcg==")
        #expect(other.signature(id: id, timestamp: timestamp, body: body) != signature)
        for secret in ["", "whsec_", "whsec_AAAA", Self.secret.replacing("whsec_", with: "")] {
            #expect(throws: SimulationError.self) { _ = try StandardWebhook(secret: secret) }
        }
    }
}
