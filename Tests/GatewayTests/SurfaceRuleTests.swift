import EnergyModel
import Foundation
import GatewayWire
import Ports
import Testing

@testable import Gateway

private func problem(_ answer: RawConnection.Answer) throws -> Problem {
    #expect(answer.headers["content-type"] == "application/problem+json")
    let problem = try JSONDecoder().decode(Problem.self, from: Data(answer.body))
    #expect(problem.status == answer.status && problem.detail.hasSuffix("."))
    return problem
}

private let note = #"{"action":{"addNote":{"facility":"F-1"}},"reason":"a note"}"#

@Suite("Rules of the REST surface", .timeLimit(.minutes(5)))
struct SurfaceRuleTests {
    @Test("a parameter that cannot be is refused with its name, its value and what is allowed")
    func parameters() async throws {
        let table: [(path: String, name: String, says: String)] = [
            ("/api/facilities?limit=0", "limit", "a whole number from 1 to 1000"),
            ("/api/facilities?limit=+1", "limit", "not \" 1\""), ("/api/facilities?limit=1e2", "limit", "whole"),
            ("/api/facilities?limit=99999999999999999999", "limit", "whole"),
            ("/api/facilities?limit=1&limit=2", "limit", "given once"),
            ("/api/facilities?after=a%20b", "after", "1-64 letters"), ("/api/facilities/a%0Ab", "facility_id", "1-64"),
            ("/api/facilities/F-1/history?granularity=2m", "granularity", "one of raw, 1m, 15m, 1h"),
            ("/api/facilities/F-1/history?granularity=raw", "granularity", "name a meter for raw"),
            ("/api/facilities/F-1/history?from=yesterday", "from", "RFC 3339"),
            ("/api/facilities/F-1/history?from=9999-01-01T00:00:00Z", "from", "between 1970 and 2200"),
            ("/api/facilities/F-1/history?from=2026-11-18T00:00:00Z&to=2026-11-18T00:00:00Z", "from", "before"),
            ("/api/dr-events?state=new", "state", "one of pending"), ("/api/dr-events/a.b", "event_id", "1-128"),
            ("/api/dead-letters?before=-1", "before", "whole"), ("/api/dead-letters/x", "number", "whole"),
            ("/api/dead-letters?text=%00", "text", "control"), ("/api/audit?kind=gossip", "kind", "one of audit"),
            ("/api/audit?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from", "before"),
        ]
        try await SurfaceHouse.open { (house: SurfaceHouse) async throws in
            for row in table {
                let answer = try await house.ask("GET", row.path)
                // Nothing can be called what no id can be.
                let isPath = ["facility_id", "event_id", "number"].contains(row.name)
                #expect(answer.status == (isPath ? 404 : 400), "\(row.path)")
                let problem = try problem(answer)
                #expect(problem.kind == (isPath ? .notFound : .badParameter) && problem.path == row.name, "\(row.path)")
                #expect(problem.detail.contains(row.says), "\(row.path): \(problem.detail)")
            }
            #expect(try await house.ask("GET", "/api/facilities?%ZZ=1&limit=1").status == 400)
            #expect(try await house.ask("GET", "/api/facilities?unheard_of=x").status == 200)
        }
    }

    @Test("a body that cannot be is refused with the place and what is allowed")
    func bodies() async throws {
        let table: [(body: String, path: String, says: String)] = [
            ("{", "/", "at byte 1"), ("[]", "/", "must be a JSON object"), (#"{"a":1,"a":2}"#, "/", "comes twice"),
            (String(repeating: "[", count: 40), "/", "nested deeper"), (#"{"reason":"x"}"#, "/until", "is required"),
            (#"{"untill":"2026-11-19T00:00:00Z","reason":"x"}"#, "/until", "spelt right"),
            (#"{"until":5,"reason":"x"}"#, "/until", "RFC 3339"),
            (#"{"until":"2026-11-19T00:00:00Z"}"#, "/reason", "is required"),
            (#"{"until":"2026-11-19T00:00:00Z","reason":" "}"#, "/reason", "not blank"),
            (#"{"until":"2026-11-19T00:00:00Z","reason":"a\u0000"}"#, "/reason", "control"),
        ]
        try await SurfaceHouse.open { (house: SurfaceHouse) async throws in
            for (number, row) in table.enumerated() {
                let answer = try await house.ask("PATCH", "/api/overrides/ovr-1", key: "k\(number)", body: row.body)
                #expect(answer.status == 400, "\(row.body)")
                let problem = try problem(answer)
                #expect(problem.path == row.path && problem.detail.contains(row.says), "\(row.body): \(problem)")
            }
            #expect(
                try await house.ask("PATCH", "/api/overrides/ovr-1", key: "k", type: "text/plain", body: "x").status
                    == 415)
            #expect(house.link.commands.isEmpty)
        }
    }

    @Test("an action in the engine's form is refused where it is unknown")
    func actions() async throws {
        try await SurfaceHouse.open { (house: SurfaceHouse) async throws in
            for (body, path) in [
                (#"{"action":{"dance":{}},"reason":"x"}"#, "/action"), (#"{"action":7,"reason":"x"}"#, "/action"),
                (#"{"action":{"cancelEvent":{"_0":"a.b"}},"reason":"x"}"#, "/action"),
                (#"{"action":{"recompute":{"_0":{"start":1}}},"reason":"x"}"#, "/action/recompute/_0/end"),
            ] {
                let answer = try await house.ask("POST", "/api/commands", key: "k", body: body)
                let problem = try problem(answer)
                #expect(answer.status == 400 && problem.path == path, "\(body): \(problem)")
            }
        }
    }

    @Test("an act needs a key, the same key again gives the first outcome, with another body it is refused")
    func idempotency() async throws {
        try await SurfaceHouse.open { (house: SurfaceHouse) async throws in
            let missing = try await house.ask("POST", "/api/commands", body: note)
            let fault = try problem(missing)
            #expect(fault.path == "Idempotency-Key" && missing.status == 400)
            let first = try await house.ask("POST", "/api/commands", key: "k", body: note)
            let again = try await house.ask("POST", "/api/commands", headers: ["X-Idempotency-Key: k"], body: note)
            #expect(first.status == 200 && again.status == 200 && first.body == again.body)
            #expect(house.link.commands.count == 1)
            let other = note.replacing("a note", with: "another")
            let reused = try await house.ask("POST", "/api/commands", key: "k", body: other)
            let kind = try problem(reused).kind
            #expect(reused.status == 422 && kind == .keyReused)
            #expect(try await house.ask("POST", "/api/commands", key: "k 1", body: note).status == 400)
        }
    }

    @Test("a refusal is a 409 with the engine's sentence, and the gateway does not keep it")
    func refusals() async throws {
        try await SurfaceHouse.open(SurfaceLink(refusal: "the building holds it")) {
            (house: SurfaceHouse) async throws in
            let answer = try await house.ask("POST", "/api/commands", key: "k", body: note)
            let detail = try problem(answer).detail
            #expect(answer.status == 409 && detail == "The building holds it.")
        }
    }

    @Test("who may not, is told so: a role, a foreign facility, nobody")
    func access() async throws {
        try await SurfaceHouse.open { (house: SurfaceHouse) async throws in
            #expect(try await house.ask("POST", "/api/commands", as: "viewer", key: "k", body: note).status == 403)
            let action = #"{"action":{"tripBreaker":{"_0":"log"}},"reason":"x"}"#
            #expect(try await house.ask("POST", "/api/commands", key: "k", body: action).status == 403)
            #expect(try await house.ask("POST", "/api/commands", as: "one", key: "k", body: note).status == 404)
            #expect(try await house.ask("GET", "/api/facilities/F-1", as: "one").status == 404)
            #expect(try await house.ask("GET", "/api/facilities/F-1/history", as: "one").status == 404)
            #expect(try await house.ask("GET", "/api/facilities", as: "meter").status == 403)
            #expect(try await house.ask("GET", "/api/facilities", as: "nobody").status == 401)
            #expect(try await house.ask("GET", "/api/openapi.json", as: "nobody").status == 200)
            #expect(try await ask(house.port, request("GET", "/api/openapi.json")).status == 200)
        }
    }

    @Test("an ETag spares the body while nothing changed, and keeps an act from what changed")
    func tags() async throws {
        try await SurfaceHouse.open { (house: SurfaceHouse) async throws in
            for path in ["/api/facilities/F-1", "/api/dr-events/evt-1", "/api/overrides/ovr-1", "/api/dead-letters/7"] {
                let tag = try #require(try await house.ask("GET", path).headers["etag"], "\(path)")
                let again = try await house.ask("GET", path, headers: ["If-None-Match: W/\(tag), \"x\""])
                #expect(again.status == 304 && again.body.isEmpty, "\(path)")
                #expect(try await house.ask("GET", path, headers: ["If-None-Match: \"x\""]).status == 200)
            }
            let body = #"{"until":"2026-11-19T00:00:00Z","reason":"x"}"#
            let old = try await house.ask(
                "PATCH", "/api/overrides/ovr-1", key: "a", headers: ["If-Match: \"old\""], body: body)
            let kind = try problem(old).kind
            #expect(old.status == 412 && kind == .preconditionFailed)
            #expect(
                try await house.ask("PATCH", "/api/overrides/ovr-1", key: "b", headers: ["If-Match: *"], body: body)
                    .status == 200)
            #expect(try await house.ask("PATCH", "/api/overrides/evt-1", key: "c", body: body).status == 404)
        }
    }

    @Test("an edit needs the letter's ETag; sent twice it is one edit, and nobody's work is lost")
    func edits() async throws {
        let body = #"{"payload":"{}","reason":"mend"}"#
        try await SurfaceHouse.open { (house: SurfaceHouse) async throws in
            let path = "/api/dead-letters/7"
            #expect(try await house.ask("PUT", path, key: "a", body: body).status == 428)
            let tag = try #require(try await house.ask("GET", path).headers["etag"])
            let match = ["If-Match: \(tag)"]
            let first = try await house.ask("PUT", path, key: "b", headers: match, body: body)
            // The ETag is another one by now, and still the same request is the same act.
            let again = try await house.ask("PUT", path, key: "b", headers: match, body: body)
            #expect(first.status == 200 && again.body == first.body && house.link.commands.count == 1)
            let late = try await house.ask("PUT", path, key: "c", headers: match, body: body)
            #expect(late.status == 412 && house.link.commands.count == 1)
            let both = #"{"payload":"{}","payload_base64":"","reason":"mend"}"#
            #expect(try await house.ask("PUT", path, key: "d", headers: ["If-Match: *"], body: both).status == 400)
            let broken = #"{"payload_base64":"*","reason":"mend"}"#
            #expect(try await house.ask("PUT", path, key: "e", headers: ["If-Match: *"], body: broken).status == 400)
        }
    }

    @Test("pages follow each other by their links to the end")
    func pages() async throws {
        try await SurfaceHouse.open { (house: SurfaceHouse) async throws in
            for (path, member, count) in [
                ("/api/facilities?limit=1", "facilities", 2), ("/api/audit?limit=1", "entries", 3),
                ("/api/dead-letters?limit=1", "letters", 1),
                ("/api/facilities/F-1/history?from=2026-11-18T00:00:00Z&to=2026-11-18T02:00:00Z&limit=3", "points", 5),
            ] {
                var (next, found): (String?, Int) = (path, 0)
                var pages = 0
                while let path = next, pages < 10 {
                    let answer = try await house.ask("GET", path)
                    guard case .array(let items) = try JSONValue(parsing: answer.body)[member] else {
                        Issue.record("\(path): \(answer.text)")
                        break
                    }
                    found += items.count
                    pages += 1
                    next = answer.headers["link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
                }
                #expect(found == count && pages < 10, "\(path)")
            }
        }
    }
}
