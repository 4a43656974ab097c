import DequeModule
import EnergyModel
import Ports

/// Which spans are kept: decided for a trace when its last span here has ended, since only then it is known whether one of
/// them failed (ledger TRACE-06). A trace goes on in pieces, as a demand-response event does for hours: a piece whose trace
/// was kept once is kept. Pure; O(1) a span, memory bounded by the limits.
struct TailSampler: Sendable {
    struct Limits: Sendable {
        /// Of traces without an error, 0...1, chosen by the trace's id.
        var successShare = 0.1
        /// Traces with spans under way; those of further ones are judged one by one.
        var openTraces = 4096
        /// Spans of one trace that wait for its end; further ones are lost.
        var spansPerTrace = 512
    }

    private struct Piece: Sendable {
        /// Spans begun and not ended.
        var open = 1
        var spans: [TraceSpan] = []
        var isKept: Bool
    }

    private let limits: Limits
    private var pieces: [TraceID: Piece] = [:]
    /// Traces kept for an error or by request, the newest `openTraces` of them.
    private var kept: Set<TraceID> = []
    private var keptOrder: Deque<TraceID> = []
    /// Spans that had to go for want of room.
    private(set) var lost: UInt64 = 0

    init(limits: Limits) { self.limits = limits }

    var openTraces: Int { pieces.count }

    mutating func began(_ span: OpenSpan) {
        let trace = span.context.trace
        if pieces[trace] != nil {
            pieces[trace]?.open += 1
        } else if pieces.count < limits.openTraces {
            pieces[trace] = Piece(isKept: isSampled(trace) || kept.contains(trace))
        }
        if span.isKept { keep(trace) }
    }

    /// The spans to be kept now, in the order in which they ended.
    mutating func ended(_ span: TraceSpan, isKept: Bool) -> [TraceSpan] {
        if isKept || span.isError { keep(span.trace) }
        guard var piece = pieces.removeValue(forKey: span.trace) else {
            return isSampled(span.trace) || kept.contains(span.trace) ? [span] : []
        }
        piece.open -= 1
        var ready: [TraceSpan] = []
        if piece.isKept {
            ready = piece.spans + [span]
            piece.spans = []
        } else if piece.spans.count < limits.spansPerTrace {
            piece.spans.append(span)
        } else {
            lost += 1
        }
        if piece.open > 0 { pieces[span.trace] = piece }
        return ready
    }

    private func isSampled(_ trace: TraceID) -> Bool { trace.share < limits.successShare }

    /// From now on everything of the trace is kept, and what waits here of it.
    mutating func keep(_ trace: TraceID) {
        pieces[trace]?.isKept = true
        guard kept.insert(trace).inserted else { return }
        keptOrder.append(trace)
        if keptOrder.count > limits.openTraces, let oldest = keptOrder.popFirst() { kept.remove(oldest) }
    }
}
