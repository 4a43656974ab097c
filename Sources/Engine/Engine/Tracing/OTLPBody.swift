import EnergyModel
import Foundation
import Ports

/// Spans as OTLP's JSON has them: ids in hexadecimal, nanoseconds as strings, enumerations as numbers
/// (opentelemetry-proto, `ExportTraceServiceRequest`). Pure.
struct OTLPBody: Encodable {
    struct Value: Encodable {
        var stringValue: String
    }

    struct KeyValue: Encodable {
        var key: String
        var value: Value
        init(_ key: String, _ value: String) { (self.key, self.value) = (key, Value(stringValue: value)) }
    }

    struct Resource: Encodable {
        var attributes: [KeyValue]
    }

    struct Scope: Encodable {
        var name: String
        var version: String
    }

    struct Status: Encodable {
        /// 1 ok, 2 error.
        var code: Int
        var message: String?
    }

    struct Span: Encodable {
        var traceId: String
        var spanId: String
        var parentSpanId: String?
        var name: String
        var kind: Int
        var startTimeUnixNano: String
        var endTimeUnixNano: String
        var attributes: [KeyValue]
        var status: Status
    }

    struct ScopeSpans: Encodable {
        var scope: Scope
        var spans: [Span]
    }

    struct ResourceSpans: Encodable {
        var resource: Resource
        var scopeSpans: [ScopeSpans]
    }

    var resourceSpans: [ResourceSpans]

    /// One scope a component, in the order in which they first appear.
    init(_ spans: [TraceSpan], version: String) {
        var order: [TraceSpan.Component] = []
        for span in spans where !order.contains(span.component) { order.append(span.component) }
        let scopes = order.map { component in
            ScopeSpans(
                scope: Scope(name: "switchyard.\(component.rawValue)", version: version),
                spans: spans.filter { $0.component == component }.map(Span.init))
        }
        let resource = Resource(attributes: [
            KeyValue("service.name", "switchyard"), KeyValue("service.version", version),
        ])
        resourceSpans = [ResourceSpans(resource: resource, scopeSpans: scopes)]
    }

    /// Throws only for text that JSON cannot hold, which spans have none of.
    func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }
}

extension OTLPBody.Span {
    init(_ span: TraceSpan) {
        let start = span.start.milliseconds * 1_000_000
        var status = OTLPBody.Status(code: 1, message: nil)
        if case .error(let sentence) = span.status { status = .init(code: 2, message: sentence) }
        self.init(
            traceId: "\(span.trace)", spanId: "\(span.id)", parentSpanId: span.parent.map { "\($0)" }, name: span.name,
            kind: span.kind.number, startTimeUnixNano: String(start),
            endTimeUnixNano: String(start + span.microseconds * 1_000),
            attributes: span.attributes.map { OTLPBody.KeyValue($0.key, $0.value) }, status: status)
    }
}

extension TraceSpan.Kind {
    /// `SpanKind` of OTLP.
    fileprivate var number: Int {
        switch self {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}
