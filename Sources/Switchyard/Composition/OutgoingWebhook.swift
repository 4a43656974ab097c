import Crypto
import CurlTransport
import EnergyModel
import Foundation
import Ports

/// Posts JSON to one configured URL, signed by Standard Webhooks when there is a secret (DOMAIN §1.4). Redirects are not
/// followed and only permitted addresses are connected to (SEC-08).
struct OutgoingWebhook: Sendable {
    private let url: String
    private let key: SymmetricKey?
    private let transport: TransportOnDemand

    /// Nil without a URL under `{name}.url`. Throws a sentence for a secret that is none.
    init?(_ settings: Settings, _ name: String, timeout: Duration) throws {
        guard let url = settings.optionalText("\(name).url") else { return nil }
        self.url = url
        key = try settings.optionalText("\(name).secret").map { secret in
            guard secret.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(secret.dropFirst(6))),
                bytes.count >= 24
            else { throw CommandFailure(.usage, "\(name).secret: expected whsec_ and the base64 of 24 bytes or more") }
            return SymmetricKey(data: bytes)
        }
        transport = TransportOnDemand(
            CurlTransportConfiguration(deadline: timeout, addresses: try addressPolicy(settings, "\(name).allow")))
    }

    /// `id` is the same when the message is sent again. Throws `.unavailable` or `.timedOut` where another attempt may help.
    func post(_ body: some Encodable, id: String) async throws(PortError) {
        let bytes: [UInt8]
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            bytes = Array(try encoder.encode(body))
        } catch {
            throw PortError(.invalid, "the message cannot be written down", cause: error)
        }
        let answer: HTTPResponse
        do throws(HTTPTransportError) {
            answer = try await transport.send(
                HTTPRequest(.post, url, headers: headers(bytes, id: id), body: bytes, reusesConnection: false))
        } catch {
            throw PortError(error.mayHaveBeenSent ? .timedOut : .unavailable, error.sentence, cause: error)
        }
        guard (200..<300).contains(answer.status) else {
            let isHopeless = (400..<500).contains(answer.status) && ![408, 425, 429].contains(answer.status)
            throw PortError(isHopeless ? .invalid : .unavailable, "it was answered with \(answer.status)")
        }
    }

    private func headers(_ body: [UInt8], id: String) -> [HTTPHeader] {
        var headers = [HTTPHeader("content-type", "application/json")]
        guard let key else { return headers }
        let seconds = "\(UTCInstant.wallClock.milliseconds / 1000)"
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(id).\(seconds).".utf8) + Data(body), using: key)
        headers.append(HTTPHeader("webhook-id", id))
        headers.append(HTTPHeader("webhook-timestamp", seconds))
        headers.append(HTTPHeader("webhook-signature", "v1," + Data(code).base64EncodedString()))
        return headers
    }
}
