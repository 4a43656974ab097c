import Foundation
import Ports

/// A token from an OAuth issuer for somebody who types a code into a browser anywhere: the device authorization grant of
/// RFC 8628, with the issuer's own description of where its endpoints are (RFC 8414).
struct DeviceLogin: Sendable {
    let issuer: String
    let clientID: String
    let scope: String
    let audience: String
    let send: HTTPSend
    let pause: @Sendable (Duration) async throws -> Void

    /// What the person has to do.
    struct Prompt: Sendable, Equatable {
        var address: String
        var code: String
        var seconds: Int
    }

    private struct Description: Decodable {
        var issuer: String
        var deviceAuthorizationEndpoint: String?
        var tokenEndpoint: String?
    }

    private struct Grant: Decodable {
        var deviceCode: String
        var userCode: String
        var verificationUri: String
        var expiresIn: Int
        var interval: Int?
    }

    private struct Answer: Decodable {
        var accessToken: String?
        var error: String?
        var errorDescription: String?
    }

    /// Throws a sentence when the issuer refuses, is away, or the code grows too old.
    func token(show: @Sendable (Prompt) -> Void) async throws -> String {
        let description = try await describe()
        var form = [("client_id", clientID), ("scope", scope)]
        if !audience.isEmpty { form.append(("audience", audience)) }
        let grant: Grant = try await post(description.device, form, of: "the device endpoint").value
        show(Prompt(address: grant.verificationUri, code: grant.userCode, seconds: grant.expiresIn))
        return try await poll(description.token, grant)
    }

    private func describe() async throws -> (device: String, token: String) {
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let response = try await exchange(
            HTTPRequest(.get, base + "/.well-known/openid-configuration", deadline: .seconds(10)))
        let description: Description = try decode(response, of: "the issuer's description")
        // Mix-up of issuers: what another one says of itself is not followed.
        guard description.issuer == issuer || description.issuer == base || description.issuer == base + "/" else {
            throw CommandFailure(.failed, "\(issuer) describes itself as \(description.issuer); check login.issuer")
        }
        guard let device = description.deviceAuthorizationEndpoint, let token = description.tokenEndpoint else {
            throw CommandFailure(
                .failed, "\(issuer) offers no device login; use `switchyard login --token-file` instead")
        }
        return (device, token)
    }

    /// Not more often than the issuer allows, and at most as long as the code is good.
    private func poll(_ endpoint: String, _ grant: Grant) async throws -> String {
        var interval = max(1, min(60, grant.interval ?? 5))
        var waited = 0
        while waited < min(grant.expiresIn, 1800) {
            try await pause(.seconds(interval))
            waited += interval
            let (answer, status): (Answer, Int) = try await post(
                endpoint,
                [
                    ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                    ("device_code", grant.deviceCode), ("client_id", clientID),
                ], of: "the token endpoint", accepting: 400...401)
            if status == 200, let token = answer.accessToken, !token.isEmpty { return token }
            switch answer.error {
            case "authorization_pending": continue
            case "slow_down": interval = min(60, interval + 5)
            case "access_denied": throw CommandFailure(.failed, "The login was refused there; run it again to try anew")
            case "expired_token": throw CommandFailure(.failed, "The code was not used in time; run it again")
            case let error:
                let why = answer.errorDescription ?? error ?? "status \(status)"
                throw CommandFailure(.failed, "\(issuer) refused the login: \(why.prefix(200))")
            }
        }
        throw CommandFailure(.failed, "The code was not used in time; run it again")
    }

    private func post<Value: Decodable>(
        _ url: String, _ form: [(String, String)], of what: String, accepting further: ClosedRange<Int>? = nil
    ) async throws -> (value: Value, status: Int) {
        let body = form.map { "\(escaped($0))=\(escaped($1))" }.joined(separator: "&")
        let response = try await exchange(
            HTTPRequest(
                .post, url,
                headers: [
                    HTTPHeader("content-type", "application/x-www-form-urlencoded"),
                    HTTPHeader("accept", "application/json"),
                ], body: Array(body.utf8), deadline: .seconds(10)))
        guard response.status == 200 || further?.contains(response.status) == true else {
            throw CommandFailure(.failed, "\(what) of \(issuer) answered \(response.status); check login.client_id")
        }
        return (try decode(response, of: what), response.status)
    }

    private func exchange(_ request: HTTPRequest) async throws -> HTTPResponse {
        do throws(HTTPTransportError) {
            return try await send(request)
        } catch {
            throw CommandFailure(.unreachable, "\(issuer) was not reached: \(error.sentence)")
        }
    }

    private func decode<Value: Decodable>(_ response: HTTPResponse, of what: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(Value.self, from: Data(response.body))
        } catch {
            throw CommandFailure(
                .failed, "\(what) of \(issuer) answered \(response.status) with something else than was asked for")
        }
    }

    private func escaped(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }
}
