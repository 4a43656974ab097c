import EnergyModel
import Ports
import Screen

/// The spans of one trace as a tree: each under what it was done for. Pure. A span whose parent is not among them, because it
/// lies in another system or was not kept, stands at the top; no span is left out, whatever the parents say.
package struct TraceTree: Sendable {
    package struct Row: Sendable {
        package let span: TraceSpan
        package let depth: Int
        /// Microseconds after the trace's beginning.
        package let offset: Int64
    }

    package private(set) var rows: [Row] = []
    /// From the earliest start to the latest end, in microseconds; at least 1.
    package private(set) var microseconds: Int64 = 1
    package let start: UTCInstant
    package var errors: Int { rows.count { $0.span.isError } }

    /// O(n log n). Deeper than 32 levels is drawn at 32.
    package init(_ spans: [TraceSpan]) {
        let start = spans.map(\.start).min() ?? .distantPast
        self.start = start
        let offsets = spans.map { $0.start.since(start).milliseconds * 1_000 }
        microseconds = max(1, zip(spans, offsets).map { $0.microseconds + $1 }.max() ?? 1)
        let order = spans.indices.sorted { (offsets[$0], $0) < (offsets[$1], $1) }
        let known = Set(spans.map(\.id))
        var children: [SpanID: [Int]] = [:]
        var tops: [Int] = []
        for index in order {
            if let parent = spans[index].parent, parent != spans[index].id, known.contains(parent) {
                children[parent, default: []].append(index)
            } else {
                tops.append(index)
            }
        }
        var seen: Set<Int> = []
        // What hangs in a circle is reached from none of the tops.
        for top in tops + order where !seen.contains(top) {
            var waiting = [(index: top, depth: 0)]
            while let (index, depth) = waiting.popLast() {
                guard seen.insert(index).inserted else { continue }
                rows.append(Row(span: spans[index], depth: min(depth, 32), offset: offsets[index]))
                for child in (children[spans[index].id] ?? []).reversed() { waiting.append((child, depth + 1)) }
            }
        }
    }

    /// Where a row's bar begins and how wide it is, in cells of `width`; at least one cell.
    package func bar(_ row: Row, width: Int) -> Range<Int> {
        guard width > 0 else { return 0..<0 }
        let scale = Double(width) / Double(microseconds)
        let first = min(width - 1, Int(Double(row.offset) * scale))
        // A hair less, so that what ends on a cell's edge by rounding does not reach into the next.
        let last = Int((Double(row.offset + row.span.microseconds) * scale - 1e-6).rounded(.up))
        return first..<min(width, max(first + 1, last))
    }

    /// `0.41 ms`, `18.3 ms`, `4.20 s`, `12 min 5 s`, `3 h 2 min`.
    package static func text(microseconds: Int64) -> String {
        let value = Double(microseconds)
        switch microseconds {
        case ..<10_000: return Numeral.fixed(value / 1_000, decimals: 2) + " ms"
        case ..<1_000_000: return Numeral.fixed(value / 1_000, decimals: 1) + " ms"
        case ..<60_000_000: return Numeral.fixed(value / 1_000_000, decimals: 2) + " s"
        case ..<3_600_000_000:
            let seconds = microseconds / 1_000_000
            return "\(seconds / 60) min \(seconds % 60) s"
        default:
            let minutes = microseconds / 60_000_000
            return "\(minutes / 60) h \(minutes % 60) min"
        }
    }
}
