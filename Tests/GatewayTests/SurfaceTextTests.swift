import EnergyModel
import Foundation
import GatewayWire
import Ports
import SwitchyardTesting
import Testing

@testable import Gateway

@Suite("Texts of the REST surface") struct SurfaceTextTests {
    @Test(
        "JSON is read as RFC 8259 says",
        arguments: [
            (#" {"a":[1,-2.5,1e3,true,null,"\u0041\n\ud83d\ude00"]} "#, #"{"a":[1,-2.5,1000,true,null,"A\u000a😀"]}"#),
            ("0", "0"), ("-0.0", "0"), ("9223372036854775807", "9223372036854775807"), ("[]", "[]"), ("{}", "{}"),
            (#""é""#, #""é""#), ("1.5e-3", "0.0015"),
        ])
    func sound(text: String, written: String) throws {
        #expect(String(decoding: try JSONValue(parsing: Array(text.utf8)).bytes, as: UTF8.self) == written)
    }

    @Test(
        "what is no JSON is refused, never guessed at",
        arguments: [
            "", " ", "{", "[1,]", "{,}", #"{"a"}"#, #"{a:1}"#, "01", "+1", "1.", ".5", "1e", "1e999", "NaN", "'a'",
            "tru",
            "1 2", #""\x""#, #""\ud800""#, #""\udc00""#, #""\u12g4""#, #""\u+123""#, "\"a\nb\"", "\"a",
            #"{"a":1,"a":1}"#,
            "[1}", "nulll", "-",
        ])
    func faulty(text: String) { #expect(throws: JSONFault.self) { try JSONValue(parsing: Array(text.utf8)) } }

    @Test("depth, number of values and broken UTF-8 are refused")
    func bounds() throws {
        let deep = Array((String(repeating: "[", count: 34) + String(repeating: "]", count: 34)).utf8)
        #expect(throws: JSONFault.self) { try JSONValue(parsing: deep + [UInt8](repeating: 0x20, count: 3)) }
        #expect(throws: JSONFault.self) { try JSONValue(parsing: [0x22, 0xff, 0x22]) }
        var limits = JSONValue.Limits()
        limits.values = 3
        #expect(throws: JSONFault.self) { try JSONValue(parsing: Array("[1,2,3]".utf8), limits: limits) }
        #expect(throws: Never.self) { try JSONValue(parsing: Array("[1,2]".utf8), limits: limits) }
    }

    @Test("what is written is read back as it was, a thousand times at random")
    func roundTrip() throws {
        var random = SplitMix64(seed: 11)
        for _ in 0..<1_000 {
            let value = Self.value(&random, depth: 0)
            #expect(try JSONValue(parsing: value.bytes) == value)
        }
    }

    private static func value(_ random: inout SplitMix64, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth < 3 ? 7 : 5), using: &random) {
        case 0: .null
        case 1: .bool(.random(using: &random))
        case 2: .integer(.random(in: .min ... .max, using: &random))
        case 3: .number(Double.random(in: -1e9...1e9, using: &random) + 0.123)
        case 4: .text(text(&random))
        case 5: .array((0..<3).map { _ in value(&random, depth: depth + 1) })
        default: .object((0..<3).map { .init("\($0)\(text(&random))", value(&random, depth: depth + 1)) })
        }
    }

    private static func text(_ random: inout SplitMix64) -> String {
        let scalars = (0..<Int.random(in: 0..<6, using: &random)).compactMap { _ in
            Unicode.Scalar(
                UInt32.random(in: 0..<0x11_0000, using: &random) >> UInt32.random(in: 0..<16, using: &random))
        }
        return String(String.UnicodeScalarView(scalars))
    }

    @Test("base64 is Foundation's, both ways, and what is none is refused")
    func base64() {
        var random = SplitMix64(seed: 3)
        for length in 0..<50 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Data(bytes).base64EncodedString()
            #expect(Base64.text(of: bytes) == text && Base64.bytes(of: text) == bytes)
        }
        for text in ["A", "AA", "AAA", "A===", "AA=A", "AA A", "ä==="] {
            #expect(Base64.bytes(of: text) == nil, "\(text)")
        }
    }

    @Test("ETags of a header: lists, weak ones, any, and what is none")
    func tags() throws {
        let list = try #require(EntityTags(#" "a" , W/"b""#))
        #expect(list.contains("a") && list.contains("b") && !list.contains("c") && list.only == nil)
        #expect(EntityTags("*")?.contains("x") == true && EntityTags("*")?.only == nil)
        #expect(EntityTags(#""a""#)?.only == "a")
        for text in ["", "a", "\"", "*,\"a\""] { #expect(EntityTags(text) == nil, "\(text)") }
    }

    @Test("no event is lost or told twice between pages, however many begin at the same moment")
    func eventPages() async throws {
        var random = SplitMix64(seed: 5)
        for round in 0..<20 {
            let moments = Int.random(in: 1...40, using: &random)
            let events = (0..<Int.random(in: 0...400, using: &random)).map { number in
                let start = fixedNow.advanced(by: .seconds(Int.random(in: 0..<moments, using: &random)))
                return DemandResponseEvent(
                    id: Story.event("e\(number)"), program: "p", source: "s",
                    window: TimeRange(start: start, end: start.advanced(by: .seconds(60))),
                    status: number.isMultiple(of: 3) ? .active : .completed, receivedAt: start, modifiedAt: start)
            }
            let link = SurfaceLink(events: events)
            let filter = EventFilter(
                state: round.isMultiple(of: 2) ? .active : nil, from: fixedNow.advanced(by: .seconds(3)), limit: 7)
            var (query, found, pages) = (EventQuery(kind: .demandResponse), [DREventID](), 0)
            while pages < 500 {
                let (page, next) = try await filter.page(of: query, from: link)
                found += page.map(\.id)
                pages += 1
                guard let next else { break }
                query.startsBefore = next
            }
            let wanted = events.filter {
                (filter.state == nil || $0.status == filter.state)
                    && $0.window.start >= fixedNow.advanced(by: .seconds(3))
            }
            #expect(found.count == wanted.count && Set(found) == Set(wanted.map(\.id)))
        }
    }

    @Test("outcomes are remembered up to the capacity, the oldest go first")
    func outcomes() throws {
        let memory = OutcomeMemory(capacity: 3)
        for number in 0..<5 {
            memory.keep(
                .done(sentence: "\(number)", affected: 1), of: .init(author: "a", key: "\(number)"),
                request: StableSum())
        }
        let kept = try (0..<5).map { try memory.outcome(of: .init(author: "a", key: "\($0)"), request: StableSum()) }
        #expect(kept.map { $0 != nil } == [false, false, true, true, true])
        #expect(try memory.outcome(of: .init(author: "b", key: "4"), request: StableSum()) == nil)
        var other = StableSum()
        other.add([1])
        #expect(throws: Problem.self) { try memory.outcome(of: .init(author: "a", key: "4"), request: other) }
    }
}
