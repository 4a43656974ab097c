import EnergyModel
import Foundation
import Logging
import Ports
import SwitchyardTesting
import Testing

@testable import Gateway

@Suite("What tokens are read with", .timeLimit(.minutes(2)))
struct AccessTextTests {
    @Test(
        "JSON that can mean two things, or is none, is refused",
        arguments: [
            "", " ", "{", "}", "{}}", "{}{}", "[1,]", "[,1]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "{'a':1}", "01", "-",
            "1.",
            ".5", "+1", "1e", "1e+", "0x10", "NaN", "Infinity", "1e999", "tru", "nul", "\"", "\"\\x\"", "\"\\u12\"",
            "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\u{0}\"", "\"a\nb\"", "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"b\":1}}", "{\"a\":1,\"\\u0061\":2}", "[[[[[[[[[]]]]]]]]]", "\u{FEFF}{}", "/**/{}",
        ])
    func refused(text: String) { #expect(StrictJSON(Array(text.utf8)) == nil) }

    @Test("other JSON is read as it stands")
    func taken() {
        func value(_ text: String) -> StrictJSON? { StrictJSON(Array(text.utf8)) }
        #expect(
            value(" {\"a\" : [1, -2.5e3, true , null, \"x\\n\\u00e9\\ud83d\\ude00\"] } ")
                == .object(["a": .array([.number(1), .number(-2500), .boolean(true), .null, .text("x\né😀")])]))
        #expect(value("0") == .number(0) && value("-0.5") == .number(-0.5) && value("false") == .boolean(false))
        #expect(value("[[[[[[[[]]]]]]]]") != nil)
        #expect(value("{\"a\":{\"b\":\"c\"}}")?.value(at: "a.b")?.string == "c")
        #expect(value("{\"a\":1}")?.value(at: "a.b") == nil && value("{\"a\":1}")?.value(at: "b") == nil)
        #expect(StrictJSON([0x22, 0xFF, 0x22]) == nil, "no UTF-8")
    }

    @Test("base64 for URLs has one text for one row of bytes")
    func base64() {
        var random = SplitMix64(seed: 11)
        for length in 0..<100 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let text = Base64URL.encode(bytes)
            let padded = Data(bytes).base64EncodedString()
            #expect(text == padded.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: ""))
            #expect(Base64URL.decode(text.utf8) == bytes)
        }
        for text in ["A", "AAAAA", "AB", "AAB", "AA=", "AA==", "A A", "AA\n", "A+", "A/", "é"] {
            #expect(Base64URL.decode(text.utf8) == nil, "\(text)")
        }
    }

    @Test("of five thousand changed tokens none is taken, and none breaks anything")
    func mutations() async throws {
        let forge = TokenForge(at: fixedNow)
        let issuer = ScriptedIssuer(try forge.keySet)
        var logger = Logger(label: "fuzz")
        logger.logLevel = .critical
        let keys = KeySetService(forge.rules, send: issuer.send, uptime: { .zero }, logger: logger)
        let verifier = TokenVerifier(forge.rules, keys: keys, uptime: { .zero })
        let good = try forge.token()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await keys.run() }
            _ = try await verifier.claims(of: good, now: fixedNow)
            var random = SplitMix64(seed: 7)
            for _ in 0..<5000 {
                var bytes = Array(good.utf8)
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let place = Int.random(in: bytes.indices, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0x20...0x7E, using: &random)
                    case 1: bytes.remove(at: place)
                    case 2: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: place)
                    default: bytes[place] ^= 1 << UInt8.random(in: 0..<7, using: &random)
                    }
                }
                let text = String(decoding: bytes, as: UTF8.self)
                guard text != good else { continue }
                await #expect(throws: AccessRefusal.self, "\(text)") {
                    try await verifier.claims(of: text, now: fixedNow)
                }
            }
            group.cancelAll()
        }
        #expect(issuer.asked == 1)
    }
}
