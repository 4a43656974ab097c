import Ports

/// What traces need of the world.
package struct TracePorts: Sendable {
    package var spans: any SpanRecords
    /// Nil: spans stay here.
    package var export: SpanExport?

    package init(spans: any SpanRecords, export: SpanExport? = nil) {
        self.spans = spans
        self.export = export
    }
}

/// A collector that takes OTLP over HTTP (ledger TRACE-05).
package struct SpanExport: Sendable {
    /// Whole: `http://collector:4318/v1/traces`.
    package var url: String
    /// Credentials; they show nowhere.
    package var headers: [HTTPHeader]
    package var send: HTTPSend

    package init(url: String, headers: [HTTPHeader], send: @escaping HTTPSend) {
        self.url = url
        self.headers = headers
        self.send = send
    }
}
