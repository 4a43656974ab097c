import Foundation
import GatewayWire
import Ports
import Testing

@testable import Gateway

@Suite("Text at the edge")
struct EdgeTextTests {
    private static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static let headers: [(header: String, isTaken: Bool)] = {
        let rest = String(valid.dropFirst(2))
        var table: [(header: String, isTaken: Bool)] = [(valid, true), (valid + "-x", false)]
        table += [("01" + rest + "-x", true), ("ff" + rest, false), (valid.uppercased(), false)]
        table += [(String(valid.dropLast()), false), ("", false), ("00---", false)]
        table.append(("00-00000000000000000000000000000000-b7ad6b7169203331-01", false))
        table.append(("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false))
        table.append((valid.replacingOccurrences(of: "-", with: "\u{1b}"), false))
        table.append((String(repeating: "0-", count: 5000), false))
        return table
    }()

    @Test("traceparent is taken only when it is whole", arguments: headers)
    func traceparent(header: String, isTaken: Bool) {
        #expect((TraceContext(traceparent: header) != nil) == isTaken)
    }

    @Test("a new trace is valid whatever the randomness gives")
    func newTrace() {
        for value in [0, 1, UInt64.max] {
            let tracer = Tracer(sink: nil, now: { fixedNow }, uptime: { .zero }, random: { value })
            let context = tracer.newContext()
            #expect(TraceContext(traceparent: context.traceparent) == context)
        }
    }

    @Test(
        "media types are read without regard to case and spaces",
        arguments: [
            ("application/json", IntakeDelivery.Format.json), (" Application/JSON ; charset=UTF-8", .json),
            ("application/x-ndjson", .ndjson), ("application/protobuf", .protobuf), ("application/jsonx", nil),
            ("", nil),
            (";", nil), ("application/json; charset=latin1", nil),
        ] as [(String, IntakeDelivery.Format?)])
    func mediaTypes(type: String, format: IntakeDelivery.Format?) {
        #expect(ReadingMediaType.format(contentType: type) == format)
    }

    @Test(
        "whatever text goes into a problem comes out of it, and no raw control or bidirectional character is in between"
    )
    func problemText() throws {
        let corpus = [
            "plain", "\"\\/", "\0\u{1}\t\r\n\u{7f}", "\u{1b}]52;c;aGk=\u{7}", "\u{9b}31m", "\u{202e}evil\u{2066}",
            "\u{200b}\u{feff}",
            "\u{e0041}tag", "e\u{301}", "日本 👩‍👩‍👧", "\u{10ffff}",
        ]
        for text in corpus {
            var problem = Problem(.rejectedReadings, status: 400, title: text, detail: text)
            problem.readings = RejectedReadings(
                accepted: 1, duplicates: 2, rejected: [.init(index: 0, reason: "r", message: text)])
            let decoded = try JSONDecoder().decode(Problem.self, from: Data(problem.json))
            #expect(decoded == problem)
            let raw = String(decoding: problem.json, as: UTF8.self).unicodeScalars
            #expect(raw.allSatisfy { ![.control, .format].contains($0.properties.generalCategory) })
        }
    }

    @Test(
        "seconds to retry are rounded up, 1 to a day",
        arguments: [(0, 1), (1, 1), (1000, 1), (1001, 2), (.max / 2, 86_400)])
    func retry(milliseconds: Int, seconds: Int) {
        #expect(retryAfterSeconds(.milliseconds(milliseconds)) == seconds)
    }
}
