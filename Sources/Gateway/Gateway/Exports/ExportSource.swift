import EnergyModel
import Ports

/// Stored data as text, piece by piece: the next piece is read when the one before has been taken, so that an export of any
/// length holds one piece in memory.
struct ExportSource: Sendable {
    /// Rows read at once; some hundred kilobytes of text.
    static let rows = 2_000

    private enum Form: Sendable {
        case readings(ReadingLines)
        case rollups(RollupLines, Granularity)
        case usage(GatewayArchive.Usage, Granularity)
    }

    private let store: any SeriesStore
    private let form: Form
    private let range: TimeRange
    /// What is left, the one under way first.
    private var series: [SeriesKey]
    private var rest: TimeRange
    private var began = false
    private var ended = false
    private var blocks = 0
    private var residue = 0.0

    private init(_ store: any SeriesStore, _ form: Form, _ series: [SeriesKey], _ range: TimeRange) {
        self.store = store
        self.form = form
        self.series = series
        self.range = range
        rest = range
    }

    static func readings(
        of meters: [MeterNumber], in range: TimeRange, as lines: ReadingLines, from store: any SeriesStore
    ) -> ExportSource { ExportSource(store, .readings(lines), meters.map { .meter($0) }, range) }

    static func rollups(
        of series: [SeriesKey], _ granularity: Granularity, in range: TimeRange, as lines: RollupLines,
        from store: any SeriesStore
    ) -> ExportSource { ExportSource(store, .rollups(lines, granularity), series, range) }

    static func usage(
        of series: SeriesKey, _ granularity: Granularity, in range: TimeRange, as usage: GatewayArchive.Usage,
        from store: any SeriesStore
    ) -> ExportSource { ExportSource(store, .usage(usage, granularity), [series], range) }

    /// Nil when everything was told.
    mutating func next() async throws(PortError) -> String? {
        if !began {
            began = true
            let head = heading
            if !head.isEmpty { return head }
        }
        while let key = series.first {
            let text = try await piece(of: key)
            if rest.isEmpty {
                series.removeFirst()
                rest = range
            }
            if !text.isEmpty { return text }
        }
        guard !ended else { return nil }
        ended = true
        if case .usage(let usage, _) = form { return usage.tail }
        return nil
    }

    private var heading: String {
        switch form {
        case .readings(let lines): lines.heading
        case .rollups(let lines, _): lines.heading
        case .usage(let usage, _): usage.head
        }
    }

    private mutating func piece(of key: SeriesKey) async throws(PortError) -> String {
        switch form {
        case .readings(let lines):
            guard case .meter(let meter) = key else {
                rest.start = rest.end
                return ""
            }
            let readings = try await store.readings(of: meter, in: rest, limit: Self.rows)
            step(after: readings.last?.time, count: readings.count)
            return lines.text(of: readings)
        case .rollups(let lines, let granularity):
            return lines.text(of: try await rollups(of: key, granularity))
        case .usage(let usage, let granularity):
            let rollups = try await rollups(of: key, granularity)
            guard !rollups.isEmpty else { return "" }
            blocks += 1
            return usage.block(rollups, blocks, &residue)
        }
    }

    private mutating func rollups(
        of key: SeriesKey, _ granularity: Granularity
    ) async throws(PortError) -> [Rollup] {
        let rollups = try await store.rollups(of: key, granularity, in: rest, limit: Self.rows)
        step(after: rollups.last?.start, count: rollups.count)
        return rollups
    }

    private mutating func step(after last: UTCInstant?, count: Int) {
        rest.start =
            if let last, count >= Self.rows { UTCInstant(milliseconds: last.milliseconds + 1) } else { rest.end }
    }
}
