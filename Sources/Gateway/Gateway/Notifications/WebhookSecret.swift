import Crypto
import EnergyModel
import Foundation

/// A secret of Standard Webhooks 1.0 (DOMAIN §1.4) and what is made with it, for what comes in and what goes out:
/// HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{raw body}`, base64, in `v1,` entries. Never shows what it is.
package struct WebhookSecret: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: SymmetricKey

    /// `whsec_` and base64 of 16 to 128 bytes; as the reference libraries have it, the prefix and padding may be missing. Nil
    /// for anything else.
    package init?(_ text: String) {
        guard let bytes = WebhookSecret.bytes(text) else { return nil }
        key = SymmetricKey(data: bytes)
    }

    package var description: String { "a webhook secret" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// What the text stands for, for a key of another use that is written the same way.
    package static func bytes(_ text: String) -> [UInt8]? {
        let base64 = text.hasPrefix("whsec_") ? String(text.dropFirst(6)) : text
        let missing = (4 - base64.utf8.count % 4) % 4
        guard let data = Data(base64Encoded: base64 + String(repeating: "=", count: missing)),
            (16...128).contains(data.count)
        else { return nil }
        return Array(data)
    }

    /// The three headers of a message. `id` is the same when it is sent again, the moment is that of each sending.
    package func headers(id: String, at now: UTCInstant, body: [UInt8]) -> [(name: String, value: String)] {
        let seconds = "\(now.floor(toMilliseconds: 1_000).milliseconds / 1_000)"
        let code = Data(code(over: body, after: WebhookSecret.prefix(id: id, timestamp: seconds)))
        return [
            ("webhook-id", id), ("webhook-timestamp", seconds),
            ("webhook-signature", "v1," + code.base64EncodedString()),
        ]
    }

    /// What is signed before the body.
    static func prefix(id: String, timestamp: String) -> [UInt8] { Array("\(id).\(timestamp).".utf8) }

    /// Whether one of `codes` is the right one. Compares in constant time.
    func hasMade(_ codes: [Data], over body: [UInt8], after prefix: [UInt8]) -> Bool {
        let expected = code(over: body, after: prefix)
        return codes.contains { expected == $0 }
    }

    private func code(over body: [UInt8], after prefix: [UInt8]) -> HMAC<SHA256>.MAC {
        var code = HMAC<SHA256>(key: key)
        code.update(data: prefix)
        code.update(data: body)
        return code.finalize()
    }
}
