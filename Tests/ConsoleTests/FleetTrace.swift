import EnergyModel
import Ports

extension Fleet {
    static let traceID = TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c)

    /// A utility's event from its webhook to its buildings, one of which fails, and its callback.
    static func trace(_ id: TraceID) -> [TraceSpan] {
        guard id == traceID else { return [] }
        func span(
            _ number: UInt64, under parent: UInt64?, _ name: String, _ component: TraceSpan.Component, at: Int64,
            _ microseconds: Int64, error: String? = nil, _ attributes: [(String, String)] = []
        ) -> TraceSpan {
            TraceSpan(
                trace: id, id: SpanID(number), parent: parent.map { SpanID($0) }, name: name, component: component,
                kind: .internal, start: now.advanced(by: .milliseconds(at)), microseconds: microseconds,
                status: error.map { .error(sentence: $0) } ?? .ok,
                attributes: attributes.map { TraceSpan.Attribute($0.0, $0.1) })
        }
        return [
            span(1, under: 99, "POST /webhooks/utility/dr-notification", .gateway, at: 0, 18_300, [("status", "202")]),
            span(2, under: 1, "dr.accept", .response, at: 2, 12_100, [("event", "evt-1"), ("utility", "acme")]),
            span(3, under: 2, "dr.work", .response, at: 310, 96_400, [("event", "evt-1")]),
            span(4, under: 3, "dr.plan", .response, at: 311, 61_000, [("forecast", "normal"), ("buildings", "2")]),
            span(5, under: 3, "dr.commit", .store, at: 375, 410, [("transitions", "9")]),
            span(6, under: 3, "building.write", .building, at: 420, 2_310_000, [("facility", "F-002")]),
            span(
                7, under: 3, "building.write", .building, at: 425, 5_004_000,
                error: "no answer came; its effect is unknown", [("facility", "F-009 \u{1B}[2J\u{202E}")]),
            span(8, under: 3, "dr.callback", .callback, at: 5_500, 84_000, [("status", "active")]),
        ]
    }
}
