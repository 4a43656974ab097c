import EnergyModel
import Ports

/// How a notification goes out: soundly, or with something wrong that the receiver must notice.
package enum DeliveryManner: String, Hashable, Sendable, CaseIterable, Codable {
    case sound
    case badSignature = "bad_signature"
    /// Ten minutes old, and signed so.
    case oldTimestamp = "old_timestamp"
    case futureTimestamp = "future_timestamp"
    /// Neither signature nor token.
    case unsigned
    /// Signed, and no JSON.
    case garbage
}

/// One delivery as it was sent, and what came back.
package struct UtilityDelivery: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case pending
        case answered(status: Int, body: String)
        case failed(String)
    }

    /// `webhook-id`.
    package let id: String
    /// Nil for a repeat of bytes of unknown meaning.
    package let event: String
    package let word: UtilityWord
    package let manner: DeliveryManner
    package let body: [UInt8]
    package let headers: [HTTPHeader]
    package let sentAt: UTCInstant
    package internal(set) var outcome = Outcome.pending
    /// What the receiver asked for.
    package internal(set) var retryAfter: Duration?

    /// HTTP status; nil when none came back.
    package var status: Int? {
        guard case .answered(let status, _) = outcome else { return nil }
        return status
    }
    package var isAccepted: Bool { status.map { (200..<300).contains($0) } ?? false }
}

/// Turns an order into bytes and headers.
struct DeliveryWriter: Sendable {
    let webhook: StandardWebhook?
    let bearer: String?
    let headers: [HTTPHeader]

    func write(
        id: String, event: String, word: UtilityWord, body: [UInt8], manner: DeliveryManner, now: UTCInstant
    ) -> UtilityDelivery {
        let body = manner == .garbage ? Array("{\"objectType\":\"EVENT\",\"operation\":".utf8) : body
        let shift: Int64 =
            switch manner {
            case .oldTimestamp: -600
            case .futureTimestamp: 600
            case .sound, .badSignature, .unsigned, .garbage: 0
            }
        let timestamp = now.floor(toMilliseconds: 1000).milliseconds / 1000 + shift
        var all = [HTTPHeader("Content-Type", "application/json"), HTTPHeader("webhook-id", id)]
        all.append(HTTPHeader("webhook-timestamp", "\(timestamp)"))
        if manner != .unsigned {
            if let webhook {
                let signed = manner == .badSignature ? body + [0x20] : body
                let signature = webhook.signature(id: id, timestamp: timestamp, body: signed)
                all.append(HTTPHeader("webhook-signature", signature))
            }
            if let bearer {
                let token = manner == .badSignature && webhook == nil ? bearer + "x" : bearer
                all.append(HTTPHeader("Authorization", "Bearer \(token)"))
            }
        }
        return UtilityDelivery(
            id: id, event: event, word: word, manner: manner, body: body, headers: all + headers, sentAt: now)
    }
}
