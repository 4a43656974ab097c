import Ports

/// Where a request stands: in the trace that its sender gave, or in one that begins here (ledger API-16, ING-18).
struct TraceParent: Hashable, Sendable {
    /// Of the request's own span: what is done for the request stands under it.
    let context: TraceContext
    /// The sender gave the trace.
    let isGiven: Bool

    var text: String { context.traceparent }
    var traceID: String { context.trace.description }
}
