import EnergyModel
import GatewayWire
import Logging
import Ports
import SwitchyardTesting
import Testing

@testable import Gateway

@Suite("Keys of the issuer", .timeLimit(.minutes(2)))
struct AccessKeyTests {
    private func withKeys(
        publishing first: Bool = true,
        _ body: (KeySetService, ScriptedIssuer, ManualClock, [UInt8]) async throws -> Void
    ) async throws {
        let forge = TokenForge(at: fixedNow)
        let set = try forge.keySet
        let issuer = ScriptedIssuer(first ? set : nil)
        let clock = ManualClock()
        var logger = Logger(label: "keys")
        logger.logLevel = .critical
        let keys = KeySetService(forge.rules, send: issuer.send, uptime: { clock.now.offset }, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await keys.run() }
            try await body(keys, issuer, clock, set)
            group.cancelAll()
        }
    }

    private func outcome(_ keys: KeySetService, _ keyID: String = "ec") async -> AccessRefusal? {
        do throws(AccessRefusal) {
            _ = try await keys.key(keyID, "ES256")
            return nil
        } catch {
            return error
        }
    }

    @Test("keys are fetched once for many, and again when they are ten minutes old")
    func caching() async throws {
        try await withKeys { keys, issuer, clock, _ in
            let outcomes = await withTaskGroup(of: AccessRefusal?.self) { group in
                for _ in 0..<100 { group.addTask { await outcome(keys) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.allSatisfy { $0 == nil } && issuer.asked == 1)
            clock.advance(by: .seconds(440))
            #expect(await outcome(keys) == nil)
            #expect(issuer.asked == 1)
            clock.advance(by: .seconds(161))
            #expect(await outcome(keys) == nil)
            #expect(issuer.asked == 2)
        }
    }

    @Test("an unknown key id asks at most once a minute, and finds a key that was added")
    func rotation() async throws {
        try await withKeys { keys, issuer, clock, set in
            for _ in 0..<50 { #expect(await outcome(keys, "next") == .unknownKey) }
            #expect(issuer.asked == 1)
            let added = String(decoding: set, as: UTF8.self).replacing(#""kid":"ec""#, with: #""kid":"next""#)
            issuer.publish(Array(added.utf8))
            clock.advance(by: .seconds(59))
            #expect(await outcome(keys, "next") == .unknownKey)
            #expect(issuer.asked == 1)
            clock.advance(by: .seconds(1))
            #expect(await outcome(keys, "next") == nil)
            #expect(await outcome(keys, "ec") == .unknownKey, "a key that was taken back")
            #expect(issuer.asked == 2)
        }
    }

    @Test("an issuer that is away leaves known keys in use for a day, and nobody else is let in")
    func outage() async throws {
        try await withKeys { keys, issuer, clock, set in
            #expect(await outcome(keys) == nil)
            issuer.publish(nil)
            clock.advance(by: .seconds(3600))
            #expect(await outcome(keys) == nil)
            #expect(keys.fault?.sentence.contains("auth.jwt.keys_url") == true)
            #expect(await outcome(keys, "other") == .unknownKey)
            clock.advance(by: .seconds(86_400 - 3600 - 1))
            #expect(await outcome(keys) == nil)
            clock.advance(by: .seconds(11))
            #expect(await outcome(keys) == .keysUnavailable)
            #expect(await outcome(keys, "other") == .keysUnavailable)
            issuer.publish(set)
            clock.advance(by: .seconds(10))
            #expect(await outcome(keys) == nil)
            #expect(keys.fault == nil)
        }
    }

    @Test(
        "without keys since the start everybody waits, and answers that are no key sets count as none",
        arguments: [nil, "", "[]", "{}", #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","kid":"x","k":"AA"}]}"#, "<html>"])
    func start(answer: String?) async throws {
        try await withKeys(publishing: false) { keys, issuer, clock, set in
            issuer.publish(answer.map { Array($0.utf8) })
            #expect(await outcome(keys) == .keysUnavailable)
            #expect(await outcome(keys) == .keysUnavailable)
            #expect(issuer.asked == 1)
            #expect(AccessRefusal.keysUnavailable.problem.status == 503)
            issuer.publish(set)
            clock.advance(by: .seconds(10))
            #expect(await outcome(keys) == nil)
        }
    }

    @Test(
        "keys are fetched over https, or on this machine",
        arguments: [
            ("https://issuer.example/keys", true), ("http://127.0.0.1:9/keys", true), ("http://localhost/keys", true),
            ("http://[::1]:9/keys", true), ("http://issuer.example/keys", false), ("http://127.evil.example/k", false),
            ("http://127.0.0.1.evil.example/", false), ("https://user:word@issuer.example/keys", false),
            ("file:///etc/keys", false), ("issuer.example", false), ("", false), ("ftp://127.0.0.1/", false),
        ])
    func addresses(url: String, isTaken: Bool) {
        #expect((TokenRules(issuer: "i", audience: "a", keySetURL: url).refusal == nil) == isTaken)
    }
}
