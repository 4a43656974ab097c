import Crypto
import EnergyModel
import Foundation

/// Signs and checks as Standard Webhooks says (DOMAIN §1.4): HMAC-SHA256 over `{id}.{timestamp}.{raw body}`.
package struct StandardWebhook: Sendable {
    package enum Verdict: String, Hashable, Sendable, Codable {
        case valid
        case unsigned
        case malformed
        case badSignature = "bad_signature"
        case tooOld = "too_old"
        case tooNew = "too_new"
    }

    /// Each way.
    static let tolerance = Duration.seconds(300)
    private let key: SymmetricKey

    /// `whsec_` and base64 of 16 to 128 bytes.
    package init(secret: String) throws(SimulationError) {
        guard secret.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(secret.dropFirst(6))),
            (16...128).contains(bytes.count)
        else { throw SimulationError("a webhook secret is whsec_ and the base64 of 16 to 128 bytes") }
        key = SymmetricKey(data: bytes)
    }

    /// `v1,{base64}`. `timestamp` in seconds since the epoch.
    package func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        "v1," + Data(code(id: id, timestamp: "\(timestamp)", body: body)).base64EncodedString()
    }

    /// Headers as they came in; several signatures stand for keys that are being changed.
    package func verify(
        id: String?, timestamp: String?, signatures: String?, body: [UInt8], now: UTCInstant
    ) -> Verdict {
        guard let id, let timestamp, let signatures else { return .unsigned }
        guard let seconds = Int64(timestamp), !id.isEmpty else { return .malformed }
        let sent = UTCInstant(seconds: min(max(seconds, 0), 1 << 40))
        if now.since(sent) > Self.tolerance { return .tooOld }
        if sent.since(now) > Self.tolerance { return .tooNew }
        let authentic = signatures.split(separator: " ").contains { entry in
            guard entry.hasPrefix("v1,"), let code = Data(base64Encoded: String(entry.dropFirst(3))) else {
                return false
            }
            return HMAC<SHA256>.isValidAuthenticationCode(
                code, authenticating: Self.signed(id: id, timestamp: timestamp, body: body), using: key)
        }
        return authentic ? .valid : .badSignature
    }

    private func code(id: String, timestamp: String, body: [UInt8]) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Self.signed(id: id, timestamp: timestamp, body: body), using: key)
    }

    private static func signed(id: String, timestamp: String, body: [UInt8]) -> Data {
        Data("\(id).\(timestamp).".utf8) + Data(body)
    }
}
