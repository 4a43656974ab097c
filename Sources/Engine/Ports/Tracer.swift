import EnergyModel

/// Makes spans. A value that everything in the engine shares; what becomes of finished spans is the taker's business, and
/// whether a trace is kept is decided when its last span here has ended (ledger TRACE-06). A span costs two clock readings,
/// one random number and two short locks, kept or not.
package struct Tracer: Sendable {
    /// Where spans go. A trace is kept whatever the sampling says when it is told so.
    package struct Sink: Sendable {
        package var began: @Sendable (OpenSpan) -> Void
        package var ended: @Sendable (_ span: TraceSpan, _ isKept: Bool) -> Void
        package var keep: @Sendable (TraceID) -> Void
        package init(
            began: @escaping @Sendable (OpenSpan) -> Void, ended: @escaping @Sendable (TraceSpan, Bool) -> Void,
            keep: @escaping @Sendable (TraceID) -> Void
        ) {
            self.began = began
            self.ended = ended
            self.keep = keep
        }
    }

    private let sink: Sink?
    private let now: @Sendable () -> UTCInstant
    private let uptime: @Sendable () -> Duration
    private let random: @Sendable () -> UInt64

    /// Without a sink it still makes ids, which go along with what others trace.
    package init(
        sink: Sink?, now: @escaping @Sendable () -> UTCInstant, uptime: @escaping @Sendable () -> Duration,
        random: @escaping @Sendable () -> UInt64
    ) {
        self.sink = sink
        self.now = now
        self.uptime = uptime
        self.random = random
    }

    private init() {
        sink = nil
        now = { .distantPast }
        uptime = { .zero }
        random = { 1 }
    }

    /// Keeps nothing, and every id is the same: for parts that run alone.
    package static let off = Tracer()

    /// A place in a new trace.
    package func newContext() -> TraceContext {
        TraceContext(trace: TraceID(high: random(), low: random()), span: SpanID(random()))
    }

    /// `context` is the place above; nil begins a new trace. A span that `isAnchor` is found by its trace's id alone
    /// (`TraceContext.anchor`), one that `isRoot` takes only the trace from the place, and one that `isKept` keeps its trace whatever the sampling says.
    package func begin(
        _ name: String, _ component: TraceSpan.Component, _ kind: TraceSpan.Kind = .internal,
        in context: TraceContext?, isAnchor: Bool = false, isRoot: Bool = false,
        isKept: Bool = false
    ) -> OpenSpan {
        let trace = context?.trace ?? TraceID(high: random(), low: random())
        let place = isAnchor ? TraceContext.anchor(of: trace) : TraceContext(trace: trace, span: SpanID(random()))
        let parent = isRoot || context?.span == place.span ? nil : context?.span
        let span = OpenSpan(
            context: place, parent: parent, name: name, component: component, kind: kind, start: now(),
            began: uptime(), isKept: isKept)
        sink?.began(span)
        return span
    }

    /// Once for each begun span, however its work ended. `name` is given where it is known only now.
    package func end(
        _ span: OpenSpan, named name: String? = nil, error: String? = nil, _ attributes: [TraceSpan.Attribute] = [],
        isKept: Bool = false
    ) {
        guard let sink else { return }
        let (seconds, attoseconds) = (uptime() - span.began).components
        sink.ended(
            TraceSpan(
                trace: span.context.trace, id: span.context.span, parent: span.parent, name: name ?? span.name,
                component: span.component, kind: span.kind, start: span.start,
                microseconds: seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000,
                status: error.map { .error(sentence: $0) } ?? .ok, attributes: attributes),
            isKept || span.isKept)
    }

    /// `body` as one span, under `TraceContext.current` unless `context` says otherwise. While it runs the span is current.
    package func span<Value, Failure: Error>(
        _ name: String, _ component: TraceSpan.Component, _ kind: TraceSpan.Kind = .internal,
        in context: TraceContext? = TraceContext.current, isAnchor: Bool = false, isKept: Bool = false,
        with attributes: [TraceSpan.Attribute] = [], isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let span = begin(name, component, kind, in: context, isAnchor: isAnchor, isKept: isKept)
        let outcome = await span.context.asCurrent { () async -> Result<Value, Failure> in
            do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
        }
        if case .failure(let error) = outcome {
            end(span, error: String(describing: error), attributes)
        } else {
            end(span, attributes)
        }
        return try outcome.get()
    }

    /// `body` as a span where it is part of a trace, else as it is: for calls that nobody asks about by themselves.
    package func part<Value, Failure: Error>(
        _ name: String, _ component: TraceSpan.Component, _ kind: TraceSpan.Kind = .internal,
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard let context = TraceContext.current else { return try await body() }
        return try await span(name, component, kind, in: context, isolation: isolation, body)
    }

    /// Somebody will look for the current trace: it is kept, as far as it has not been let go.
    package func keepCurrent() {
        if let sink, let context = TraceContext.current { sink.keep(context.trace) }
    }
}

/// A span whose work is under way.
package struct OpenSpan: Sendable {
    package let context: TraceContext
    package let parent: SpanID?
    package let name: String
    package let component: TraceSpan.Component
    package let kind: TraceSpan.Kind
    package let start: UTCInstant
    package let began: Duration
    package let isKept: Bool

    package init(
        context: TraceContext, parent: SpanID?, name: String, component: TraceSpan.Component, kind: TraceSpan.Kind,
        start: UTCInstant, began: Duration, isKept: Bool
    ) {
        self.context = context
        self.parent = parent
        self.name = name
        self.component = component
        self.kind = kind
        self.start = start
        self.began = began
        self.isKept = isKept
    }
}

extension TraceContext {
    /// Runs `body` with this place as the current one.
    package func asCurrent<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async -> Value
    ) async -> Value {
        await TraceContext.$current.withValue(self, operation: body, isolation: isolation)
    }
}
