import EnergyModel
import Ports

/// What every store of spans does. Each case wants an empty store.
package enum SpanRecordsContract {
    package static let cases: [ContractCase<any SpanRecords>] = [
        ContractCase("a span comes back whole, whatever its text holds") { try await fields($0) },
        ContractCase("spans of a trace come by start, and the same one again replaces the first") {
            try await order($0)
        },
        ContractCase("traces are listed by what began them: newest, slowest, failed, of a range") {
            try await listing($0)
        },
        ContractCase("retention drops the old and the surplus, in batches, and traces with their last span") {
            try await retention($0)
        },
    ]

    private static let now = UTCInstant(seconds: 1_790_000_000)

    package static func span(
        _ trace: UInt64, _ id: UInt64, parent: UInt64? = nil, at milliseconds: Int64 = 0, lasting: Int64 = 1_000,
        error: String? = nil, name: String = "s"
    ) -> TraceSpan {
        TraceSpan(
            trace: TraceID(high: 7, low: trace), id: SpanID(id), parent: parent.map { SpanID($0) }, name: name,
            component: .ingest, kind: .consumer, start: now.advanced(by: .milliseconds(milliseconds)),
            microseconds: lasting, status: error.map { .error(sentence: $0) } ?? .ok,
            attributes: [.init("k", "v\u{1B}[31m\u{0} \u{202E}\"'")])
    }

    private static func expect(_ holds: Bool, _ what: String) throws {
        guard holds else { throw ContractViolation(description: what) }
    }

    private static func fields(_ store: any SpanRecords) async throws {
        let made = [
            span(1, 1, error: "it \u{0}broke; do that", name: "näme 'x'; DROP TABLE spans"), span(1, 2, parent: 1),
        ]
        try await store.append(made)
        let found = try await store.spans(of: TraceID(high: 7, low: 1))
        try expect(found == made, "\(found) are not what was stored")
        try expect(try await store.spans(of: TraceID(high: 7, low: 9)).isEmpty, "a stranger has spans")
    }

    private static func order(_ store: any SpanRecords) async throws {
        try await store.append([span(1, 3, at: 20), span(1, 2, parent: 1, at: 10), span(2, 9)])
        try await store.append([span(1, 1, at: 10), span(1, 3, at: 5, name: "again")])
        let found = try await store.spans(of: TraceID(high: 7, low: 1))
        try expect(found.map(\.id) == [SpanID(3), SpanID(2), SpanID(1)], "order \(found.map(\.id))")
        try expect(found.first?.name == "again", "the first one stayed")
    }

    private static func listing(_ store: any SpanRecords) async throws {
        try await store.append([
            span(1, 2, parent: 1, at: 100, lasting: 900_000, name: "child"), span(2, 1, at: 50, error: "x", name: "b"),
            span(3, 1, at: 200, lasting: 5_000, name: "c"),
        ])
        try await store.append([span(1, 1, at: 90, lasting: 20_000, name: "root")])
        let newest = try await store.traces(TraceQuery())
        try expect(newest.map(\.name) == ["c", "root", "b"], "newest first: \(newest.map(\.name))")
        try expect(newest.map(\.spans) == [1, 2, 1] && newest.map(\.errors) == [0, 0, 1], "counts of \(newest)")
        try expect(newest[1].microseconds == 910_000, "from first start to last end: \(newest[1].microseconds)")
        let slowest = try await store.traces(TraceQuery(slowestFirst: true, limit: 2))
        try expect(slowest.map(\.name) == ["root", "c"], "slowest first: \(slowest.map(\.name))")
        try expect(try await store.traces(TraceQuery(errorsOnly: true)).map(\.name) == ["b"], "only failed ones")
        let range = TimeRange(start: now.advanced(by: .milliseconds(90)), end: now.advanced(by: .milliseconds(200)))
        try expect(try await store.traces(TraceQuery(range: range)).map(\.name) == ["root"], "only of the range")
    }

    private static func retention(_ store: any SpanRecords) async throws {
        for number in 1...10 as ClosedRange<UInt64> {
            try await store.append([span(number, 1, at: Int64(number) * 1_000), span(number, 2, at: 60_000)])
        }
        let before = now.advanced(by: .milliseconds(5_500))
        try expect(try await store.enforceRetention(before: before, keeping: 1_000, batch: 3) == 3, "a batch at a time")
        try expect(try await store.enforceRetention(before: before, keeping: 1_000, batch: 100) == 2, "then the rest")
        try expect(try await store.enforceRetention(before: before, keeping: 1_000, batch: 100) == 0, "then nothing")
        let count = try await store.traces(TraceQuery(limit: 100)).count
        try expect(count == 10, "traces with a span left stay: \(count)")
        while try await store.enforceRetention(before: .distantPast, keeping: 4, batch: 2) > 0 {}
        let left = try await store.traces(TraceQuery(limit: 100)).reduce(0) { $0 + $1.spans }
        try expect(left <= 4, "\(left) spans are left of at most 4")
        while try await store.enforceRetention(before: now.advanced(by: .seconds(99)), keeping: 4, batch: 50) > 0 {}
        try expect(try await store.traces(TraceQuery()).isEmpty, "a trace outlived its spans")
    }
}
