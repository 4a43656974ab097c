import Crypto
import EnergyModel
import Foundation
import GatewayWire
import Ports
import PrometheusExporter
import SwitchyardTesting
import Testing

@testable import Gateway

/// A token and what was done to it.
private struct Forgery: Sendable {
    let name: String
    let make: @Sendable (TokenForge) throws -> String

    init(_ name: String, _ make: @escaping @Sendable (TokenForge) throws -> String) {
        self.name = name
        self.make = make
    }

    static func header(
        _ name: String, _ header: String, by signer: (@Sendable (TokenForge) -> TokenForge.Signer)? = nil
    )
        -> Forgery
    {
        Forgery(name) { try $0.token(header: header, by: signer?($0)) }
    }

    static func claim(_ claim: String, _ value: String?) -> Forgery {
        Forgery("\(claim) is \(value ?? "missing")") { try $0.token(payload: $0.payload([claim: value])) }
    }
}

private let headers: [Forgery] = [
    .header("alg none", #"{"alg":"none","kid":"ec"}"#, by: { _ in .nobody }),
    .header("alg nOnE with a signature", #"{"alg":"nOnE","kid":"ec"}"#),
    .header("alg missing", #"{"kid":"ec"}"#), .header("alg is a number", #"{"alg":256,"kid":"ec"}"#),
    .header("alg HS256 with the public key as its secret", #"{"alg":"HS256","kid":"ec"}"#) { forge in
        .secret(Array(forge.elliptic.publicKey.pemRepresentation.utf8))
    },
    .header("alg HS256 with the bytes of the public point", #"{"alg":"HS256","kid":"ec"}"#) { forge in
        .secret(Array(forge.elliptic.publicKey.x963Representation))
    },
    .header("alg HS256 with an empty secret", #"{"alg":"HS256","kid":"shared"}"#) { _ in .secret([]) },
    .header("alg of another key type", #"{"alg":"RS256","kid":"ec"}"#) { .rs256($0.rsa) },
    .header("alg of another curve", #"{"alg":"ES384","kid":"ec"}"#) { .es384($0.wide) },
    .header("alg RS512, not on the list", #"{"alg":"RS512","kid":"rsa"}"#) { .rs256($0.rsa) },
    .header("PS256 said, RS256 done", #"{"alg":"PS256","kid":"rsa"}"#) { .rs256($0.rsa) },
    .header("alg twice", #"{"alg":"none","alg":"ES256","kid":"ec"}"#),
    .header("kid missing", #"{"alg":"ES256"}"#), .header("kid empty", #"{"alg":"ES256","kid":""}"#),
    .header("kid unknown", #"{"alg":"ES256","kid":"nobody"}"#),
    .header("kid is a path", #"{"alg":"HS256","kid":"../../../../dev/null"}"#) { _ in .secret([]) },
    .header("kid is a path to a known key", #"{"alg":"ES256","kid":"../ec"}"#),
    .header("kid is SQL", #"{"alg":"ES256","kid":"ec' OR '1'='1"}"#),
    .header("kid is a URL", #"{"alg":"ES256","kid":"https://forger.example/keys"}"#),
    .header("kid of a key for encryption", #"{"alg":"ES256","kid":"cipher"}"#),
    .header("kid of a broken key", #"{"alg":"ES256","kid":"broken"}"#),
    .header("kid twice", #"{"alg":"ES256","kid":"ec","kid":"forger"}"#),
    .header("jku", #"{"alg":"ES256","kid":"ec","jku":"https://forger.example/keys"}"#),
    .header("x5u", #"{"alg":"ES256","kid":"ec","x5u":"https://forger.example/chain"}"#),
    .header("x5c", #"{"alg":"ES256","kid":"ec","x5c":["AAAA"]}"#),
    Forgery("its own key in the header") { forge in
        let key = TokenForge.point(forge.forger.publicKey.rawRepresentation, #""crv":"P-256","kid":"ec""#)
        return try forge.token(header: #"{"alg":"ES256","kid":"ec","jwk":\#(key)}"#, by: .es256(forge.forger))
    },
    .header("crit", #"{"alg":"ES256","kid":"ec","crit":["exp"]}"#),
    .header("b64 false", #"{"alg":"ES256","kid":"ec","b64":false,"crit":["b64"]}"#),
    .header("zip", #"{"alg":"ES256","kid":"ec","zip":"DEF"}"#),
    .header("a token of another kind", #"{"alg":"ES256","kid":"ec","typ":"dpop+jwt"}"#),
    .header("a header that is a list", "[]"), .header("a header with a byte too many", #"{"alg":"ES256","kid":"ec"}}"#),
    .header("a header nested deep", #"{"alg":"ES256","kid":"ec","x":"# + String(repeating: "[", count: 4000) + "}"),
]

private let signatures: [Forgery] = [
    Forgery("signed by the forger") { try $0.token(by: .es256($0.forger)) },
    Forgery("signature missing") { try $0.token(by: .nobody) },
    Forgery("signature of zeros") { try $0.token(by: .bytes([UInt8](repeating: 0, count: 64))) },
    Forgery("signature in DER") { forge in
        let good = try forge.token()
        let signed = good[..<(good.lastIndex(of: ".") ?? good.endIndex)]
        return try forge.token(by: .bytes(Array(forge.elliptic.signature(for: Data(signed.utf8)).derRepresentation)))
    },
    Forgery("signature with a byte more") { forge in
        let good = try forge.token()
        return good + "AAAA"
    },
    Forgery("payload exchanged under a good signature") { forge in
        var parts = try forge.token().split(separator: ".").map(String.init)
        parts[1] = Base64URL.encode(Array(forge.payload(["roles": #"["supervisor"]"#]).utf8))
        return parts.joined(separator: ".")
    },
    Forgery("one bit of the signature turned") { forge in
        var parts = try forge.token().split(separator: ".").map(String.init)
        var bytes = Base64URL.decode(parts[2].utf8) ?? []
        bytes[10] ^= 1
        parts[2] = Base64URL.encode(bytes)
        return parts.joined(separator: ".")
    },
    Forgery("two parts") { try $0.token().split(separator: ".").dropLast().joined(separator: ".") },
    Forgery("four parts") { try $0.token() + ".AAAA" },
    Forgery("an encrypted token's five parts") { _ in "eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA" },
    Forgery("padding") { try $0.token() + "==" },
    Forgery("spare bits that are not zero") { forge in
        // 64 bytes leave four spare bits: the last character may be A, Q, g or w only.
        let good = try forge.token()
        return String(good.dropLast()) + "B"
    },
    Forgery("a character of the other base64") {
        try $0.token().replacing("-", with: "+").replacing("_", with: "/") + "/"
    },
    Forgery("8 KiB and more") { forge in
        try forge.token(payload: forge.payload(["x": "\"" + String(repeating: "x", count: 8192) + "\""]))
    },
    Forgery("nothing") { _ in "." }, Forgery("dots") { _ in ".." },
]

private let now = fixedNow.milliseconds / 1000
private let claims: [Forgery] = [
    .claim("iss", nil), .claim("iss", #""https://issuer.example/""#), .claim("iss", #""https://forger.example""#),
    .claim("iss", #"["https://issuer.example"]"#),
    .claim("aud", nil), .claim("aud", #""other""#), .claim("aud", "[]"), .claim("aud", #""SWITCHYARD""#),
    .claim("aud", #""switchyard,other""#),
    .claim("exp", nil), .claim("exp", "\(now - 30)"), .claim("exp", "\(now - 3600)"), .claim("exp", "\"\(now + 60)\""),
    .claim("exp", "1e300"), .claim("exp", "-1"), .claim("exp", "null"),
    .claim("nbf", "\(now + 31)"), .claim("nbf", #""soon""#), .claim("iat", "\(now + 3600)"),
    .claim("sub", nil), .claim("sub", #""""#), .claim("sub", #""key:acme""#), .claim("sub", #""local:root""#),
    .claim("sub", #""a\u000ab""#), .claim("sub", #""a b""#), .claim("sub", #""\u202eana""#), .claim("sub", "7"),
    .claim("sub", "\"" + String(repeating: "x", count: 129) + "\""),
    .claim("facility_ids", #""F-1""#), .claim("facility_ids", #"["F-1","../F-2"]"#), .claim("facility_ids", #"[1]"#),
    Forgery("a claim twice") { try $0.token(payload: #"{"sub":"root",\#($0.payload().dropFirst())"#) },
    Forgery("a claim twice, once written with an escape") {
        try $0.token(payload: #"{"\u0073ub":"root",\#($0.payload().dropFirst())"#)
    },
    Forgery("a payload that is no JSON") { try $0.token(payload: "sub=ana") },
    Forgery("a payload that is no UTF-8") { forge in
        let signed =
            Base64URL.encode(Array(#"{"alg":"ES256","kid":"ec"}"#.utf8)) + "." + Base64URL.encode([0x22, 0xFF, 0x22])
        return signed + "." + Base64URL.encode(try TokenForge.Signer.es256(forge.elliptic).signature(over: signed))
    },
]

@Suite("Tokens at the gateway", .timeLimit(.minutes(2)))
struct AccessTokenTests {
    private static func parts(_ forge: TokenForge, _ issuer: ScriptedIssuer) -> AccessParts {
        var parts = AccessParts()
        parts.tokens = forge.rules
        parts.send = issuer.send
        parts.sessions = MemorySessionRecords()
        return parts
    }

    private func whoAmI(_ port: Int, _ token: String) async throws -> RawConnection.Answer {
        try await ask(port, request("GET", "/api/session", headers: ["Authorization: Bearer \(token)"]))
    }

    @Test("forged tokens are all answered 401 alike, and the good one is still let in")
    func forgeries() async throws {
        let forge = TokenForge(at: fixedNow)
        let issuer = ScriptedIssuer(try forge.keySet)
        let all = headers + signatures + claims
        #expect(all.count >= 60)
        try await withGateway(access: Self.parts(forge, issuer), link: ScriptedLink()) { house in
            for forgery in all {
                let answer = try await whoAmI(house.port, try forgery.make(forge))
                #expect(answer.status == 401, "\(forgery.name): \(answer.text)")
                let problem = try JSONDecoder().decode(Problem.self, from: Data(answer.body))
                let isExpiry =
                    forgery.name.hasPrefix("exp is \(now - 30)") || forgery.name.hasPrefix("exp is \(now - 3600)")
                let alike: Set<String> =
                    isExpiry
                    ? [Problem.credentialExpired.detail]
                    : [Problem.credentialRefused.detail, Problem.oneCredential.detail]
                #expect(alike.contains(problem.detail), "\(forgery.name)")
                #expect(answer.headers["www-authenticate"] == "Bearer")
            }
            let good = try await whoAmI(house.port, try forge.token())
            #expect(good.status == 200, "\(good.text)")
            let body = try JSONDecoder().decode(SessionBody.self, from: Data(good.body))
            #expect(body.name == "ana" && body.role == "operator" && body.facilities == ["F-1"] && !body.isSession)
            let page = house.registry.render()
            for reason in ["algorithm", "header", "signature", "claims", "issuer", "audience", "expired", "not_yet"] {
                let line = try #require(
                    page.split(separator: "\n").first {
                        $0.hasPrefix("energy_api_auth_refusals_total{reason=\"\(reason)\"}")
                    }, "\(reason)")
                #expect(!line.hasSuffix(" 0"), "\(line)")
            }
        }
        // Once at the beginning; key ids that nobody knows come within the same minute.
        #expect(issuer.asked == 1)
    }

    @Test("every algorithm of the list is taken with its own key")
    func algorithms() async throws {
        let forge = TokenForge(at: fixedNow)
        let good: [(String, TokenForge.Signer)] = [
            (#"{"alg":"ES256","kid":"ec"}"#, .es256(forge.elliptic)),
            (#"{"alg":"ES384","kid":"wide"}"#, .es384(forge.wide)),
            (#"{"alg":"EdDSA","kid":"ed"}"#, .eddsa(forge.edwards)),
            (#"{"alg":"RS256","kid":"rsa"}"#, .rs256(forge.rsa)),
            (#"{"alg":"PS256","kid":"rsa","typ":"at+jwt"}"#, .ps256(forge.rsa)),
        ]
        try await withGateway(access: Self.parts(forge, ScriptedIssuer(try forge.keySet))) { house in
            for (header, signer) in good {
                let answer = try await whoAmI(house.port, try forge.token(header: header, by: signer))
                #expect(answer.status == 200, "\(header): \(answer.text)")
            }
        }
    }

    @Test("clocks may be apart by the leeway, and roles and facilities come in several forms")
    func edges() throws {
        let forge = TokenForge(at: fixedNow)
        var rules = forge.rules
        func claims(_ changes: [String: String?]) throws -> TokenClaims {
            try TokenClaims(Array(forge.payload(changes).utf8), rules, now: fixedNow)
        }
        _ = try claims(["exp": "\(now - 29)", "nbf": "\(now + 30)"])
        _ = try claims(["aud": #""switchyard""#, "exp": "\(now + 1).5"])
        #expect(try claims(["roles": #""viewer supervisor""#]).identity.role == .supervisor)
        #expect(try claims(["roles": #""viewer""#]).identity.role == .viewer)
        #expect(try claims(["facility_ids": #"["*"]"#]).identity.scope == .all)
        #expect(try claims(["facility_ids": nil]).identity.scope == .only([]))
        #expect(throws: AccessRefusal.noRole) { try claims(["roles": nil]) }
        #expect(throws: AccessRefusal.noRole) { try claims(["roles": #"["admin"]"#]) }
        rules.rolesClaim = "realm_access.roles"
        rules.nameClaim = "preferred_username"
        let nested = try claims(["realm_access": #"{"roles":["viewer"]}"#, "preferred_username": #""ana@example.org""#])
        #expect(nested.identity == OperatorIdentity(name: "ana@example.org", role: .viewer, scope: .only([Story.one])))
    }
}
