import EnergyModel
import Foundation
import Ports
import Synchronization

/// The utility's OpenADR server (VTN): posts reports with a bearer token, fixed or fetched by client credentials (RFC 6749
/// §4.4) and kept until shortly before it expires. Errors name hosts and statuses, never a token or a secret.
package final class VirtualTopNode: Sendable {
    package struct Client: Sendable, CustomStringConvertible, CustomReflectable {
        package var id: String
        package var secret: String
        package var tokenURL: String
        package var scope: String
        package init(id: String, secret: String, tokenURL: String, scope: String) {
            (self.id, self.secret, self.tokenURL, self.scope) = (id, secret, tokenURL, scope)
        }
        package var description: String { id }
        package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
    }

    /// How the node knows us.
    package enum Identity: Sendable {
        case none
        case token(String)
        case client(Client)
    }

    private struct Token {
        var text: String
        var validUntil: Duration
    }

    private struct TokenAnswer: Decodable {
        let token: String
        let type: String?
        let life: Double?

        enum CodingKeys: String, CodingKey {
            case token = "access_token"
            case type = "token_type"
            case life = "expires_in"
        }
    }

    private struct Created: Decodable { let id: String? }

    private let url: String
    private let identity: Identity
    private let send: HTTPSend
    private let uptime: @Sendable () -> Duration
    private let token = Mutex<Token?>(nil)

    /// - Parameters:
    ///   - url: base of the API, e.g. `https://vtn.example/openadr3/3.1.0`; reports go to `{url}/reports`.
    ///   - uptime: monotonic; what tokens age by.
    package init(url: String, identity: Identity, send: @escaping HTTPSend, uptime: @escaping @Sendable () -> Duration)
    {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.identity = identity
        self.send = send
        self.uptime = uptime
    }

    /// What the node said: its own id of the report, or that it had it. Throws `.invalid` where another attempt cannot help.
    @Sendable package func post(_ report: OutgoingReport) async throws(PortError) -> String {
        var headers = [HTTPHeader("content-type", "application/json"), HTTPHeader("x-idempotency-key", report.id)]
        if let bearer = try await bearer() { headers.append(HTTPHeader("authorization", "Bearer \(bearer)")) }
        let answer = try await exchange(
            HTTPRequest(.post, "\(url)/reports", headers: headers, body: report.body, reusesConnection: false))
        switch answer.status {
        case 200..<300: return created(answer.body).map { "taken as \($0)" } ?? "taken"
        // The name is taken: an earlier attempt arrived, and its answer did not.
        case 409: return "had it already"
        case 401, 403:
            token.withLock { $0 = nil }
            throw PortError(.unavailable, "the utility did not accept our token (\(answer.status)); check vtn.*")
        // Said of this report, so another attempt cannot help.
        case 400, 413, 415, 422: throw PortError(.invalid, "the utility refused the report with \(answer.status)")
        // Anything else may be another address, a page about maintenance, a server that is down: mended, it takes the report.
        default: throw PortError(.unavailable, "the utility answered \(answer.status); if it stays so, check vtn.url")
        }
    }

    private func created(_ body: [UInt8]) -> String? {
        do {
            let id = try JSONDecoder().decode(Created.self, from: Data(body)).id
            return id.flatMap { $0.utf8.count <= 128 ? $0 : nil }
        } catch {
            // What it stored is its own affair; that it did is what counts.
            return nil
        }
    }

    private func bearer() async throws(PortError) -> String? {
        switch identity {
        case .none: return nil
        case .token(let text): return text
        case .client(let client):
            let now = uptime()
            if let known = token.withLock({ $0 }), now < known.validUntil { return known.text }
            let fresh = try await fetch(client)
            token.withLock { $0 = fresh }
            return fresh.text
        }
    }

    private func fetch(_ client: Client) async throws(PortError) -> Token {
        var fields = [("grant_type", "client_credentials"), ("client_id", client.id), ("client_secret", client.secret)]
        if !client.scope.isEmpty { fields.append(("scope", client.scope)) }
        let form = fields.map { "\($0)=\(VirtualTopNode.encoded($1))" }.joined(separator: "&")
        let asked = uptime()
        let answer = try await exchange(
            HTTPRequest(
                .post, client.tokenURL,
                headers: [
                    HTTPHeader("content-type", "application/x-www-form-urlencoded"),
                    HTTPHeader("accept", "application/json"),
                ], body: Array(form.utf8)))
        guard answer.status == 200 else {
            throw PortError(
                .unavailable, "the utility gave no token (\(answer.status)); check vtn.client_id and its secret")
        }
        let decoded: TokenAnswer
        do {
            decoded = try JSONDecoder().decode(TokenAnswer.self, from: Data(answer.body))
        } catch {
            throw PortError(.unavailable, "the utility's answer to our request for a token holds none")
        }
        guard decoded.type.map({ $0.lowercased() == "bearer" }) ?? true,
            (1...4096).contains(decoded.token.utf8.count),
            decoded.token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw PortError(.unavailable, "the utility's token is no bearer token") }
        // Left out, it may end at any time; renewed a tenth before its end, so that it does not end on the way.
        let life = min(max(decoded.life ?? 60, 0), 86_400)
        return Token(text: decoded.token, validUntil: asked + .milliseconds(Int64(life * 900)))
    }

    private func exchange(_ request: HTTPRequest) async throws(PortError) -> HTTPResponse {
        do throws(HTTPTransportError) {
            return try await send(request)
        } catch {
            throw PortError(error.mayHaveBeenSent ? .timedOut : .unavailable, error.sentence, cause: error)
        }
    }

    /// Percent-encoded for a form.
    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }.joined()
    }
}
