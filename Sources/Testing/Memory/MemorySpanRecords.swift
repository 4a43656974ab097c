import EnergyModel
import Ports
import Synchronization

/// Spans in memory: the same contract as the durable ones.
package final class MemorySpanRecords: SpanRecords, Sendable {
    private struct Key: Hashable {
        var trace: TraceID
        var id: SpanID
    }

    private struct State {
        /// In the order they were stored.
        var spans: [(key: Key, span: TraceSpan)] = []
        var failure: PortError?
    }

    private let state = Mutex(State())

    package init() {}

    /// From now on appending throws it; nil: works again.
    package func fail(with error: PortError?) { state.withLock { $0.failure = error } }

    package var all: [TraceSpan] { state.withLock { $0.spans.map(\.span) } }

    package func append(_ spans: [TraceSpan]) async throws(PortError) {
        let failure = state.withLock { state in
            guard state.failure == nil else { return state.failure }
            for span in spans {
                let key = Key(trace: span.trace, id: span.id)
                state.spans.removeAll { $0.key == key }
                state.spans.append((key, span))
            }
            return nil
        }
        if let failure { throw failure }
    }

    package func spans(of trace: TraceID) async throws(PortError) -> [TraceSpan] {
        let found = all.filter { $0.trace == trace }.enumerated().sorted {
            ($0.element.start, $0.offset) < ($1.element.start, $1.offset)
        }
        return Array(found.map(\.element).prefix(TraceSpan.shownLimit))
    }

    package func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary] {
        var summaries = Dictionary(grouping: all, by: \.trace).values.compactMap(MemorySpanRecords.summary)
        summaries.removeAll { summary in
            let isOutside = query.range.map { !$0.contains(summary.start) } ?? false
            return isOutside || (query.errorsOnly && summary.errors == 0)
        }
        summaries.sort { left, right in
            if query.slowestFirst, left.microseconds != right.microseconds {
                return left.microseconds > right.microseconds
            }
            if !query.slowestFirst, left.start != right.start { return left.start > right.start }
            return left.trace < right.trace
        }
        return Array(summaries.prefix(min(max(1, query.limit), 500)))
    }

    private static func summary(_ spans: [TraceSpan]) -> TraceSummary? {
        let ends = spans.map { $0.start.milliseconds * 1_000 + $0.microseconds }
        guard let end = ends.max(),
            // Of two that began together the one that ended later, which is the outer one.
            let first = spans.reversed().min(by: { ($0.start, $1.microseconds) < ($1.start, $0.microseconds) })
        else { return nil }
        return TraceSummary(
            trace: first.trace, name: first.name, component: first.component, start: first.start,
            microseconds: end - first.start.milliseconds * 1_000, spans: spans.count,
            errors: spans.count { $0.isError })
    }

    package func enforceRetention(
        before: UTCInstant, keeping most: Int, batch: Int
    ) async throws(PortError) -> Int {
        state.withLock { state in
            var left = batch
            let count = state.spans.count
            let surplus = max(0, count - most)
            var index = -1
            state.spans.removeAll { entry in
                index += 1
                guard left > 0, entry.span.start < before || index < surplus else { return false }
                left -= 1
                return true
            }
            return batch - left
        }
    }
}
