import Crypto
import CryptoExtras
import EnergyModel
import Foundation
import Ports
import Synchronization

@testable import Gateway

/// An issuer with a key of each kind, and a forger with keys of its own.
struct TokenForge: Sendable {
    enum Signer: Sendable {
        case es256(P256.Signing.PrivateKey)
        case es384(P384.Signing.PrivateKey)
        case eddsa(Curve25519.Signing.PrivateKey)
        case rs256(_RSA.Signing.PrivateKey)
        case ps256(_RSA.Signing.PrivateKey)
        case secret([UInt8])
        case nobody
        /// What stands there instead of a signature.
        case bytes([UInt8])

        func signature(over text: String) throws -> [UInt8] {
            let data = Data(text.utf8)
            switch self {
            case .es256(let key): return Array(try key.signature(for: data).rawRepresentation)
            case .es384(let key): return Array(try key.signature(for: data).rawRepresentation)
            case .eddsa(let key): return Array(try key.signature(for: data))
            case .rs256(let key):
                return Array(
                    try key.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation)
            case .ps256(let key):
                return Array(try key.signature(for: SHA256.hash(data: data), padding: .PSS).rawRepresentation)
            case .secret(let key):
                return Array(HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: key)))
            case .nobody: return []
            case .bytes(let bytes): return bytes
            }
        }
    }

    static let issuer = "https://issuer.example"
    static let audience = "switchyard"

    let elliptic = P256.Signing.PrivateKey()
    let wide = P384.Signing.PrivateKey()
    let edwards = Curve25519.Signing.PrivateKey()
    let rsa = Self.rsaKey
    let forger = P256.Signing.PrivateKey()
    let now: UTCInstant

    init(at now: UTCInstant) { self.now = now }

    /// Made once: it takes a while.
    private static let rsaKey: _RSA.Signing.PrivateKey = {
        do {
            return try _RSA.Signing.PrivateKey(keySize: .bits2048)
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    var rules: TokenRules {
        TokenRules(issuer: Self.issuer, audience: Self.audience, keySetURL: "https://issuer.example/keys")
    }

    /// The issuer's key set, with keys in it that nobody can use.
    var keySet: [UInt8] {
        get throws {
            let parts = try rsa.publicKey.getKeyPrimitives()
            let keys = [
                Self.point(
                    elliptic.publicKey.rawRepresentation, #""kid":"ec","crv":"P-256","use":"sig","alg":"ES256""#),
                Self.point(wide.publicKey.rawRepresentation, #""kid":"wide","crv":"P-384""#),
                #"{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"\#(Base64URL.encode(edwards.publicKey.rawRepresentation))"}"#,
                #"{"kty":"RSA","kid":"rsa","n":"\#(Base64URL.encode(parts.modulus))","#
                    + #""e":"\#(Base64URL.encode(parts.publicExponent))"}"#,
                #"{"kty":"oct","kid":"shared","k":"AAAA"}"#,
                Self.point(elliptic.publicKey.rawRepresentation, #""kid":"cipher","crv":"P-256","use":"enc""#),
                #"{"kty":"EC","kid":"broken","crv":"P-256","x":"AA","y":"AA"}"#,
                #"{"kty":"RSA","kid":"short","n":"\#(Base64URL.encode([UInt8](repeating: 255, count: 64)))","e":"AQAB"}"#,
            ]
            return Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
        }
    }

    static func point(_ raw: Data, _ members: String) -> String {
        let half = raw.count / 2
        return #"{"kty":"EC",\#(members),"x":"\#(Base64URL.encode(raw.prefix(half)))","#
            + #""y":"\#(Base64URL.encode(raw.suffix(half)))"}"#
    }

    /// Good unless told otherwise: of `ana`, operator of F-1, for an hour.
    func payload(_ changes: [String: String?] = [:]) -> String {
        let seconds = now.milliseconds / 1000
        var members = [
            "iss": #""\#(Self.issuer)""#, "aud": #"["other","\#(Self.audience)"]"#, "sub": #""ana""#,
            "exp": "\(seconds + 3600)", "iat": "\(seconds)", "roles": #"["operator","unheard-of"]"#,
            "facility_ids": #"["F-1"]"#,
        ]
        for (name, value) in changes { members[name] = value }
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    func token(
        header: String = #"{"alg":"ES256","kid":"ec","typ":"JWT"}"#, payload: String? = nil, by signer: Signer? = nil
    ) throws -> String {
        let signed =
            Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array((payload ?? self.payload()).utf8))
        return signed + "." + Base64URL.encode(try (signer ?? .es256(elliptic)).signature(over: signed))
    }
}

/// The issuer as HTTP: answers with what it is told to, and counts.
final class ScriptedIssuer: Sendable {
    private struct State {
        var answer: [UInt8]?
        var asked = 0
    }
    private let state: Mutex<State>

    init(_ keySet: [UInt8]?) { state = Mutex(State(answer: keySet)) }

    var asked: Int { state.withLock(\.asked) }
    /// Nil: it does not answer.
    func publish(_ keySet: [UInt8]?) { state.withLock { $0.answer = keySet } }

    var send: HTTPSend {
        { [self] (request) async throws(HTTPTransportError) in
            let answer = state.withLock { state in
                state.asked += 1
                return state.answer
            }
            guard let answer else { return HTTPResponse(status: 502, headers: [], body: []) }
            return HTTPResponse(status: 200, headers: [], body: answer)
        }
    }
}
