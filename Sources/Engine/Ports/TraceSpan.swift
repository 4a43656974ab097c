import EnergyModel

/// One piece of work in a trace, finished (ledger TRACE-01). Text in it comes from us, or was neutralised and cut.
package struct TraceSpan: Sendable, Hashable, Codable {
    /// As OpenTelemetry has them.
    package enum Kind: String, Sendable, Codable, CaseIterable { case `internal`, server, client, producer, consumer }

    package enum Status: Sendable, Hashable, Codable {
        case ok
        case error(sentence: String)
    }

    /// `response`, `ingest`, `gateway`: a part of the engine, from a closed set. Each has its budget (ledger TRACE-08).
    package enum Component: String, Sendable, Codable, CaseIterable {
        case gateway, ingest, aggregation, store, link, response, building, callback
    }

    package var trace: TraceID
    package var id: SpanID
    /// Nil at the root; may lie in another process, or not be kept.
    package var parent: SpanID?
    /// Of a small set: `POST /webhooks/utility/dr-notification`, `dr.plan`.
    package var name: String
    package var component: Component
    package var kind: Kind
    package var start: UTCInstant
    package var microseconds: Int64
    package var status: Status
    /// At most 16, in order.
    package var attributes: [Attribute]

    package struct Attribute: Sendable, Hashable, Codable {
        package var key: String
        package var value: String
        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = SpanText.neutral(value)
        }
    }

    package init(
        trace: TraceID, id: SpanID, parent: SpanID?, name: String, component: Component, kind: Kind, start: UTCInstant,
        microseconds: Int64, status: Status, attributes: [Attribute]
    ) {
        self.trace = trace
        self.id = id
        self.parent = parent
        self.name = SpanText.neutral(name)
        self.component = component
        self.kind = kind
        self.start = start
        self.microseconds = max(0, microseconds)
        self.status =
            if case .error(let sentence) = status { .error(sentence: SpanText.neutral(sentence)) } else { .ok }
        self.attributes = Array(attributes.prefix(16))
    }

    package var isError: Bool { if case .error = status { true } else { false } }
    package var duration: Duration { .microseconds(microseconds) }
}

package enum SpanText {
    /// The longest text kept, in scalars.
    package static let longest = 200

    /// Control, format and invisible characters become U+FFFD, and what is too long is cut (CWE-117): a span is read on
    /// terminals and in other people's tools.
    package static func neutral(_ text: String) -> String {
        // Nearly all text is short and plain.
        if text.utf8.count <= longest, text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var result = ""
        for scalar in text.unicodeScalars.prefix(longest) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result.append("\u{FFFD}")
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// Which traces are listed, newest first unless `slowestFirst`.
package struct TraceQuery: Sendable, Hashable, Codable {
    package var errorsOnly: Bool
    package var slowestFirst: Bool
    /// Traces that began in it; nil: whenever.
    package var range: TimeRange?
    /// 1...500.
    package var limit: Int
    package init(errorsOnly: Bool = false, slowestFirst: Bool = false, range: TimeRange? = nil, limit: Int = 100) {
        self.errorsOnly = errorsOnly
        self.slowestFirst = slowestFirst
        self.range = range
        self.limit = limit
    }
}

/// A trace by what began it. It may still grow.
package struct TraceSummary: Sendable, Hashable, Codable {
    package var trace: TraceID
    /// Of the earliest span kept.
    package var name: String
    package var component: TraceSpan.Component
    package var start: UTCInstant
    /// From the earliest start to the latest end.
    package var microseconds: Int64
    package var spans: Int
    package var errors: Int
    package init(
        trace: TraceID, name: String, component: TraceSpan.Component, start: UTCInstant, microseconds: Int64,
        spans: Int, errors: Int
    ) {
        self.trace = trace
        self.name = name
        self.component = component
        self.start = start
        self.microseconds = microseconds
        self.spans = spans
        self.errors = errors
    }
}

/// Where finished spans are kept for some days (ledger TRACE-05, TRACE-07).
package protocol SpanRecords: Sendable {
    /// The same (trace, span) again replaces the first.
    func append(_ spans: [TraceSpan]) async throws(PortError)
    /// By start, then by when they ended; at most 2,000. Empty for a trace that is not known.
    func spans(of trace: TraceID) async throws(PortError) -> [TraceSpan]
    func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary]
    /// Drops at most `batch` spans that began before `before`, or the oldest beyond `most` spans in all; returns how many went.
    func enforceRetention(before: UTCInstant, keeping most: Int, batch: Int) async throws(PortError) -> Int
}

extension TraceSpan {
    /// Most spans of one trace that are shown.
    package static let shownLimit = 2_000
}
