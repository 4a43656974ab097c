import Crypto
import EnergyModel
import Foundation
import HTTPTypes

/// What a delivery's headers say about who sent it, before its body is read. Signatures follow Standard Webhooks 1.0, in `v1,`
/// entries separated by spaces.
struct WebhookCredentials: Sendable {
    enum Refusal: String, Error, Hashable, CaseIterable {
        case missing, malformed
        case tooOld = "too_old"
        case tooNew = "too_new"
        /// No configured utility fits. Does not say whether token or signature failed.
        case wrong
    }

    struct Signature: Sendable {
        /// `{webhook-id}.{webhook-timestamp}.`
        let prefix: [UInt8]
        /// What each `v1,` entry says; entries of other versions are left out, as are those that cannot be a signature.
        let entries: [Data]
    }

    /// Each way (DOMAIN §1.4).
    static let tolerance = Duration.seconds(300)
    /// Entries looked at; a sender in the middle of a change has two.
    static let maximumEntries = 8

    /// The sender's id of this delivery.
    let deliveryID: String?
    let signature: Signature?
    private let tokenDigest: SHA256.Digest?

    /// Reads the headers and judges all that needs no body.
    init(_ headers: HTTPFields, now: UTCInstant) throws(Refusal) {
        if let authorization = headers[.authorization] {
            tokenDigest = SHA256.hash(data: Data(try bearerToken(authorization).utf8))
        } else {
            tokenDigest = nil
        }
        deliveryID = headers[.webhookID]
        if let deliveryID {
            guard (1...256).contains(deliveryID.utf8.count), deliveryID.utf8.allSatisfy(isVisible) else {
                throw .malformed
            }
        }
        guard let list = headers[.webhookSignature] else {
            signature = nil
            if tokenDigest == nil { throw .missing }
            return
        }
        guard let deliveryID, let timestamp = headers[.webhookTimestamp] else { throw .missing }
        guard (1...12).contains(timestamp.utf8.count), timestamp.utf8.allSatisfy({ (48...57).contains($0) }),
            let seconds = Int64(timestamp)
        else { throw .malformed }
        let age = now.since(UTCInstant(seconds: seconds))
        if age > Self.tolerance { throw .tooOld }
        if age < .zero - Self.tolerance { throw .tooNew }
        signature = Signature(
            prefix: WebhookSecret.prefix(id: deliveryID, timestamp: timestamp), entries: entries(list))
    }

    /// Keys that may turn out to be the sender's: those whose token rule holds and that need no signature where none came.
    /// All tokens are compared, each in constant time.
    func candidates(among keys: [UtilityKey]) -> [UtilityKey] {
        keys.filter { key in
            let isTokenRight =
                switch (key.tokenDigest, tokenDigest) {
                case (nil, _): true
                case (.some, nil): false
                case (let expected?, let given?): expected == given
                }
            return isTokenRight && (key.isUnsignedAllowed || (signature != nil && !key.secrets.isEmpty))
        }
    }

    /// The one of `candidates` that sent `body`; nil when none did.
    func sender(of body: [UInt8], among candidates: [UtilityKey]) -> UtilityKey? {
        candidates.first { key in
            guard let signature, !key.secrets.isEmpty else { return key.isUnsignedAllowed }
            return key.secrets.contains { $0.hasMade(signature.entries, over: body, after: signature.prefix) }
        }
    }
}

extension HTTPField.Name {
    static let webhookID = HTTPField.Name("webhook-id")!
    static let webhookTimestamp = HTTPField.Name("webhook-timestamp")!
    static let webhookSignature = HTTPField.Name("webhook-signature")!
}

private func entries(_ list: String) -> [Data] {
    list.split(separator: " ").filter { $0.hasPrefix("v1,") }.prefix(WebhookCredentials.maximumEntries)
        .compactMap { Data(base64Encoded: String($0.dropFirst(3))) }
        .filter { $0.count == SHA256.byteCount }
}

/// The token of `Bearer …`; the scheme's case does not matter (RFC 9110).
private func bearerToken(_ header: String) throws(WebhookCredentials.Refusal) -> String {
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer", (1...4096).contains(parts[1].utf8.count),
        parts[1].utf8.allSatisfy(isVisible)
    else { throw .malformed }
    return String(parts[1])
}

private func isVisible(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }
