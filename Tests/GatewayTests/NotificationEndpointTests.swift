import EnergyModel
import Foundation
import Gateway
import GatewayWire
import Ports
import PrometheusExporter
import Testing

private let path = "/webhooks/utility/dr-notification"
private let now = fixedNow.milliseconds / 1000
private let body = #"{"eventID":"evt-1","kW":150.5}"#

/// Signatures made with the reference library, PyPI `standardwebhooks` 1.1.0, over `body` as delivery `msg_1`.
private enum Reference {
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    static let signature = "v1,m12LltKE0BrbeQYi6jvfsplJMrqkxyFlOTTE+e5vZdg="
    static let nextSecret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
    static let nextSignature = "v1,2JyDbbIyaX7YVa71nkdbU6g1PAhLDTIDGlzpIHOk4PM="
    static let strangeSecret = "whsec_c3dpdGNoeWFyZC1yb3RhdGVkLXNlY3JldC0yMDI2ISE="
    static let strangeSignature = "v1,DGmaWJWxHXv7QgAv9rPO4QqvBSCxbSXLJTysT0LzM9g="
    /// By seconds from the arrival.
    static let skewed: [Int64: String] = [
        -301: "v1,9RyGxBnUFZeJM70R+K+Rt/g6Hk5Ctz2L/Q8AqYsvZxs=",
        -300: "v1,ydCLyacThARAPq/hxkXwAnFX4nCVLYWMwOG/9PamP0w=",
        -299: "v1,VUW+/C50rOW11LNdufYNaJjEmZipC710DNAlUffCLCs=",
        299: "v1,P9mTDvApsfmfejcU8w7Da76XUKCy0klUmeVlXMSH88g=",
        300: "v1,oHaqA/yyZBbmxi71sDfv0nwDdbfG5kV5BzKtTdwqZK0=",
        301: "v1,79xSTfidRcsvtCWSvEl6qsayRn+y8pdyeEIYzuXIkys=",
    ]
}

private let token = "token-of-acme-0123456789"

private func signed(
    _ signature: String = Reference.signature, id: String = "msg_1", at timestamp: String = String(now)
) -> [String] {
    ["webhook-id: \(id)", "webhook-timestamp: \(timestamp)", "webhook-signature: \(signature)"]
}

private func post(_ headers: [String], type: String = "application/json", _ text: String = body) -> String {
    request("POST", path, type: type, headers: headers, body: text)
}

private func acme(_ change: [String] = [Reference.secret]) throws -> UtilityKey {
    try UtilityKey(name: "acme", secrets: change)
}

private func problem(_ answer: RawConnection.Answer) throws -> Problem {
    #expect(answer.headers["content-type"] == "application/problem+json")
    let problem = try JSONDecoder().decode(Problem.self, from: Data(answer.body))
    #expect(problem.status == answer.status)
    #expect(problem.detail.hasSuffix("."))
    return problem
}

@Suite("POST /webhooks/utility/dr-notification: who may send", .timeLimit(.minutes(5)))
struct NotificationSignatureTests {
    private struct Case {
        var what: String
        var headers: [String]
        var text = body
        var status = 401
    }

    private func check(_ cases: [Case], utilities: [UtilityKey], at moment: UTCInstant = fixedNow) async throws {
        let intake = ScriptedNotifications()
        try await withGateway(notifications: intake, utilities: utilities, at: moment) { house in
            for entry in cases {
                let before = intake.notifications.count
                let answer = try await ask(house.port, post(entry.headers, entry.text))
                #expect(answer.status == entry.status, "\(entry.what)")
                #expect(intake.notifications.count == before + (entry.status == 202 ? 1 : 0), "\(entry.what)")
                if entry.status == 401 {
                    #expect(answer.headers["www-authenticate"] == "Bearer")
                    #expect(try problem(answer).kind == .unauthorized)
                }
            }
        }
    }

    @Test("signatures of the reference library are taken, and nothing that was changed since")
    func signatures() async throws {
        let good = Reference.signature
        let entry = good.dropFirst(3)
        let tampered = "v1,n" + good.dropFirst(4)
        try await check(
            [
                Case(what: "as it should be", headers: signed(), status: 202),
                Case(
                    what: "a version nobody knows beside it", headers: signed("v2,xx v1a,\(entry) \(good)"), status: 202
                ),
                Case(what: "a wrong one before it", headers: signed("\(tampered) \(good)"), status: 202),
                Case(what: "the same again", headers: signed("\(good) \(good)"), status: 202),
                Case(what: "one character off", headers: signed(tampered)),
                Case(what: "another body", headers: signed(), text: body + " "),
                Case(what: "members in another order", headers: signed(), text: #"{"kW":150.5,"eventID":"evt-1"}"#),
                Case(what: "another delivery's", headers: signed(id: "msg_2")),
                Case(what: "another moment's", headers: signed(at: String(now - 1))),
                Case(what: "another secret's", headers: signed(Reference.strangeSignature)),
                Case(what: "an unknown version", headers: signed("v2,\(entry)")),
                Case(what: "no version", headers: signed(String(entry))),
                Case(what: "comma for space", headers: signed("\(tampered),\(good)")),
                Case(what: "without its padding", headers: signed(String(good.dropLast()))),
                Case(what: "cut to 31 bytes", headers: signed("v1,AAAA")),
                Case(what: "empty", headers: signed("")),
                Case(what: "an empty entry", headers: signed("v1,")),
                Case(
                    what: "the ninth entry",
                    headers: signed(Array(repeating: tampered, count: 8).joined(separator: " ") + " \(good)")),
                Case(
                    what: "thousands of entries",
                    headers: signed(Array(repeating: "v1,AA==", count: 1500).joined(separator: " "))),
                Case(what: "no signature", headers: Array(signed().prefix(2))),
                Case(what: "no id", headers: Array(signed().dropFirst())),
                Case(what: "no timestamp", headers: [signed()[0], signed()[2]]),
                Case(what: "nothing at all", headers: []),
                Case(what: "two ids", headers: signed() + ["webhook-id: msg_1"]),
                Case(
                    what: "a bearer token for a utility without one is beside the point",
                    headers: signed() + ["Authorization: Bearer x"], status: 202),
                Case(what: "another scheme", headers: signed() + ["Authorization: Basic eDp5"]),
            ], utilities: [try acme()])
    }

    @Test("bytes beyond ASCII and the standard's own example are signed as they are")
    func examples() async throws {
        try await check(
            [
                Case(
                    what: "UTF-8", headers: signed("v1,mbBKl+GCPiTitlrwFvm6yIT/Lm8NrSnWFV1VzWZdpsw=", id: "msg_2"),
                    text: "{\"name\":\"Żar — 🔥\\u0000\"}\n", status: 202)
            ], utilities: [try acme()])
        try await check(
            [
                Case(
                    what: "the example of Standard Webhooks",
                    headers: signed(
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        at: "1614265330"),
                    text: #"{"test": 2432232314}"#, status: 202)
            ], utilities: [try acme()], at: UTCInstant(seconds: 1_614_265_330))
    }

    @Test("a timestamp may be 300 s off, either way, and no more")
    func skew() async throws {
        var cases = Reference.skewed.map { skew, signature in
            Case(
                what: "\(skew) s", headers: signed(signature, at: String(now + skew)),
                status: abs(skew) > 300 ? 401 : 202)
        }
        cases += ["", "-1", "+\(now)", "\(now).0", "0x6b0", "1e9", "99999999999999", " ", "١٧٩٥٠٠٠٠٠٠"].map {
            Case(what: "timestamp '\($0)'", headers: signed(at: $0))
        }
        try await check(cases, utilities: [try acme()])
        try await withGateway(notifications: ScriptedNotifications(), utilities: [try acme()]) { house in
            for (skew, word) in [(Int64(-301), "old"), (301, "ahead")] {
                let headers = signed(Reference.skewed[skew] ?? "", at: String(now + skew))
                let answer = try await ask(house.port, post(headers))
                #expect(try problem(answer).detail.contains(word))
            }
            let page = house.registry.render()
            #expect(page.contains(#"webhook_notifications_total{outcome="too_old",utility="unknown"} 1"#))
            #expect(page.contains(#"webhook_notifications_total{outcome="too_new",utility="unknown"} 1"#))
        }
    }

    @Test("while a secret is changed both are good, afterwards only the new one")
    func rotation() async throws {
        let (old, new) = (Reference.signature, Reference.nextSignature)
        let both = [old, new, "\(old) \(new)", "\(Reference.strangeSignature) \(new)"]
        try await check(
            both.map { Case(what: $0, headers: signed($0), status: 202) },
            utilities: [try acme([Reference.nextSecret, Reference.secret])])
        try await check(
            both.map { Case(what: $0, headers: signed($0), status: $0 == old ? 401 : 202) },
            // Unpadded and without its prefix, as some consoles show it.
            utilities: [try acme([String(Reference.nextSecret.dropFirst(6).dropLast())])])
    }

    @Test("each utility is known by its own key, and the rules of each hold")
    func utilities() async throws {
        let signer = try acme()
        let both = try UtilityKey(name: "both", bearerToken: token, secrets: [Reference.nextSecret])
        let unsigned = try UtilityKey(
            name: "unsigned", bearerToken: "token-unsigned-4711", isUnsignedAllowed: true)
        let lenient = try UtilityKey(
            name: "lenient", bearerToken: "token-lenient-4712", secrets: [Reference.strangeSecret],
            isUnsignedAllowed: true)
        let intake = ScriptedNotifications { .accepted(event: $0.utility, isRepeat: false) }
        func bearer(_ token: String) -> [String] { ["Authorization: Bearer \(token)"] }
        let cases: [([String], String?)] = [
            (signed(), "acme"), (signed(Reference.nextSignature) + bearer(token), "both"),
            (signed(Reference.nextSignature), nil), (bearer(token), nil), (signed() + bearer(token), "acme"),
            (bearer("token-unsigned-4711"), "unsigned"), (["Authorization: bEARER token-unsigned-4711"], "unsigned"),
            (bearer("token-unsigned-4711") + ["webhook-id: d1"], "unsigned"),
            (bearer("token-unsigned-4712"), nil), (bearer("token-unsigned-471"), nil), (bearer(""), nil),
            (bearer("token-lenient-4712"), "lenient"),
            (signed(Reference.strangeSignature) + bearer("token-lenient-4712"), "lenient"),
            (signed("v1,DGmaWJWxHXv7QgAv9rPO4QqvBSCxbSXLJTysT0LzM9A=") + bearer("token-lenient-4712"), nil),
            (signed(Reference.strangeSignature), nil), (bearer(token) + bearer(token), nil),
        ]
        try await withGateway(
            notifications: intake, utilities: try UtilityKey.distinct([both, unsigned, lenient, signer])
        ) { house in
            for (headers, sender) in cases {
                let answer = try await ask(house.port, post(headers))
                #expect(answer.status == (sender == nil ? 401 : 202), "\(headers)")
                if let sender { #expect(answer.text == #"{"event":"\#(sender)"}"#, "\(headers)") }
            }
        }
        #expect(intake.notifications.map(\.deliveryID).contains("d1"))
    }

    @Test("a key that protects nothing cannot be made")
    func keys() throws {
        func sentence(_ make: () throws -> UtilityKey) -> String {
            do {
                _ = try make()
                return "made"
            } catch { return String(describing: error) }
        }
        let secret = Reference.secret
        let refused: [(String, () throws -> UtilityKey)] = [
            ("no secret", { try UtilityKey(name: "a") }),
            ("no secret", { try UtilityKey(name: "a", bearerToken: token) }),
            ("bearer token", { try UtilityKey(name: "a", isUnsignedAllowed: true) }),
            ("bearer token", { try UtilityKey(name: "a", secrets: [secret], isUnsignedAllowed: true) }),
            ("16 or more", { try UtilityKey(name: "a", bearerToken: "short", secrets: [secret]) }),
            ("visible", { try UtilityKey(name: "a", bearerToken: "a token with blanks", secrets: [secret]) }),
            ("name", { try UtilityKey(name: "", secrets: [secret]) }),
            ("name", { try UtilityKey(name: "a\"} 1\n", secrets: [secret]) }),
            ("16-128", { try UtilityKey(name: "a", secrets: ["whsec_AAAA"]) }),
            ("16-128", { try UtilityKey(name: "a", secrets: [secret, "whsec_not base64!"]) }),
            ("more than 4", { try UtilityKey(name: "a", secrets: Array(repeating: secret, count: 5)) }),
        ]
        for (word, make) in refused {
            let text = sentence(make)
            #expect(text.contains(word))
            #expect(!text.contains("MfKQ9r8GKYqr") && !text.contains("short") && !text.contains("blanks"))
        }
        let key = try UtilityKey(name: "a", bearerToken: token, secrets: [secret])
        #expect(throws: UtilityKeyError.self) { try UtilityKey.distinct([key, key]) }
        #expect(throws: UtilityKeyError.self) {
            try UtilityKey.distinct([key, UtilityKey(name: "b", bearerToken: token, secrets: [secret])])
        }
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key) \(String(reflecting: key)) \([key])" == "a a [a]")
        #expect(dumped.split(separator: "\n").count == 2, "\(dumped)")
    }
}
