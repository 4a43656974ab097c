import CurlTransport
import EnergyModel
import Foundation
import Gateway
import Ports

/// Posts JSON to one configured URL, signed by Standard Webhooks when there is a secret (DOMAIN §1.4). Redirects are not
/// followed and only permitted addresses are connected to (SEC-08).
struct OutgoingWebhook: Sendable {
    private let url: String
    private let secret: WebhookSecret?
    private let transport: TransportOnDemand

    /// Nil without a URL under `{name}.url`. Throws a sentence for a secret that is none.
    init?(_ settings: Settings, _ name: String, timeout: Duration) throws {
        guard let url = settings.optionalText("\(name).url") else { return nil }
        self.url = url
        secret = try settings.optionalText("\(name).secret").map { text in
            // What we make ourselves is as long as the standard asks for.
            guard text.hasPrefix("whsec_"), (WebhookSecret.bytes(text)?.count ?? 0) >= 24,
                let secret = WebhookSecret(text)
            else { throw CommandFailure(.usage, "\(name).secret: expected whsec_ and the base64 of 24 to 128 bytes") }
            return secret
        }
        transport = TransportOnDemand(
            CurlTransportConfiguration(deadline: timeout, addresses: try addressPolicy(settings, "\(name).allow")),
            service: "utility")
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
        let signed = secret?.headers(id: id, at: .wallClock, body: body) ?? []
        let trace = TraceContext.current.map { [HTTPHeader("traceparent", $0.traceparent)] } ?? []
        return [HTTPHeader("content-type", "application/json")] + trace + signed.map { HTTPHeader($0.name, $0.value) }
    }
}
