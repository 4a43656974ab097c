import CoreMetrics
import DequeModule
import EnergyModel
import Ports
import Synchronization

/// Takes spans from everywhere and holds those that are kept until they are written and exported. Never waits: what finds no
/// room is lost and counted, the oldest first.
final class SpanBuffer: Sendable {
    private struct State {
        var sampler: TailSampler
        var toStore: Deque<TraceSpan> = []
        var toExport: Deque<TraceSpan> = []
        /// Lost of both, and by the sampler, as far as it was told.
        var lost: UInt64 = 0
        var told: UInt64 = 0
    }

    private let state: Mutex<State>
    private let settings: EngineSettings.Trace
    private let measures: EngineMeasures
    private let isExporting: Bool

    init(settings: EngineSettings.Trace, isExporting: Bool, measures: EngineMeasures) {
        self.settings = settings
        self.isExporting = isExporting
        self.measures = measures
        let limits = TailSampler.Limits(
            successShare: settings.successShare, openTraces: settings.openTraces,
            spansPerTrace: settings.spansPerTrace)
        state = Mutex(State(sampler: TailSampler(limits: limits)))
    }

    var sink: Tracer.Sink {
        Tracer.Sink(
            began: { self.began($0) }, ended: { self.ended($0, isKept: $1) },
            keep: { trace in self.state.withLock { $0.sampler.keep(trace) } })
    }

    func began(_ span: OpenSpan) { state.withLock { $0.sampler.began(span) } }

    func ended(_ span: TraceSpan, isKept: Bool) {
        state.withLock { state in
            for kept in state.sampler.ended(span, isKept: isKept) {
                state.lost += put(kept, into: &state.toStore)
                if isExporting { state.lost += put(kept, into: &state.toExport) }
            }
        }
        guard span.duration > settings.budget(of: span.component) else { return }
        measures.spanOverBudget(span)
    }

    /// The number of spans that had to go for it, 0 or 1.
    private func put(_ span: TraceSpan, into queue: inout Deque<TraceSpan>) -> UInt64 {
        queue.append(span)
        guard queue.count > settings.bufferSpans else { return 0 }
        queue.removeFirst()
        return 1
    }

    /// Oldest first.
    func takeToStore(atMost count: Int) -> [TraceSpan] { state.withLock { take(count, from: &$0.toStore) } }
    func takeToExport(atMost count: Int) -> [TraceSpan] { state.withLock { take(count, from: &$0.toExport) } }

    /// What could not be stored, for the next attempt, as far as there is room.
    func giveBack(_ spans: [TraceSpan]) {
        state.withLock { state in
            let room = max(0, settings.bufferSpans - state.toStore.count)
            state.lost += UInt64(max(0, spans.count - room))
            state.toStore.prepend(contentsOf: spans.suffix(room))
        }
    }

    private func take(_ count: Int, from queue: inout Deque<TraceSpan>) -> [TraceSpan] {
        let taken = Array(queue.prefix(count))
        queue.removeFirst(taken.count)
        return taken
    }

    /// Adds what was lost since the last call to the counters.
    func count() {
        let lost = state.withLock { state in
            let all = state.lost + state.sampler.lost
            defer { state.told = all }
            return all - state.told
        }
        measures.count(.spansLost, Int(lost))
    }
}

extension EngineMeasures {
    /// `energy_trace_span_over_budget_total{component,name}` (ledger TRACE-08). Names are from a small set of our own.
    func spanOverBudget(_ span: TraceSpan) {
        count(.spansOverBudget)
        Counter(
            label: "energy_trace_span_over_budget_total",
            dimensions: [("component", span.component.rawValue), ("name", span.name)]
        ).increment()
    }
}
