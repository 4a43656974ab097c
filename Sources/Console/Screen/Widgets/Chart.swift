/// A time chart: lines, bands, limits and windows over one pair of axes. Times are seconds since 1970 (UTC).
///
/// Bands lie under limits, limits under lines; later lines lie over earlier ones. What is not known is left empty.
package struct Chart: Sendable {
    package struct Sample: Hashable, Sendable {
        package let time: Double
        /// nil or not finite is a gap.
        package let value: Double?

        package init(_ time: Double, _ value: Double?) {
            self.time = time
            self.value = value.flatMap { $0.isFinite ? $0 : nil }
        }
    }

    /// Tells lines apart without colour. A chain is dash and dot; a sparse line is the faintest.
    package enum Pattern: Hashable, Sendable { case solid, dotted, dashed, chain, sparse }

    package struct Line: Sendable {
        package var name: String
        /// In the order of time.
        package var samples: [Sample]
        package var role: Role
        package var pattern: Pattern
        /// Two samples further apart than this many seconds are not joined.
        package var gapAfter: Double

        package init(
            _ name: String, _ samples: [Sample], role: Role = .chartLoad, pattern: Pattern = .solid,
            gapAfter: Double = .infinity
        ) {
            self.name = name
            self.samples = samples
            self.role = role
            self.pattern = pattern
            self.gapAfter = gapAfter
        }
    }

    package struct Band: Sendable {
        package struct Sample: Hashable, Sendable {
            package let time: Double
            package let low: Double
            package let high: Double

            package init(_ time: Double, low: Double, high: Double) {
                self.time = time
                self.low = low
                self.high = high
            }
        }

        package var name: String
        package var samples: [Sample]
        package var role: Role
        package var gapAfter: Double

        package init(_ name: String, _ samples: [Sample], role: Role = .chartBand, gapAfter: Double = .infinity) {
            self.name = name
            self.samples = samples
            self.role = role
            self.gapAfter = gapAfter
        }
    }

    package struct Limit: Hashable, Sendable {
        package let name: String
        package let value: Double
        package let role: Role

        package init(_ name: String, _ value: Double, role: Role = .chartLimit) {
            self.name = name
            self.value = value
            self.role = role
        }
    }

    /// A stretch of time with its own background: a DR event.
    package struct Window: Hashable, Sendable {
        package let name: String
        package let times: ClosedRange<Double>

        package init(_ name: String, _ times: ClosedRange<Double>) {
            self.name = name
            self.times = times
        }
    }

    package var times: ClosedRange<Double>
    /// nil takes what the data and limits need.
    package var values: ClosedRange<Double>?
    package var includesZero = true
    package var lines: [Line] = []
    package var bands: [Band] = []
    package var limits: [Limit] = []
    package var windows: [Window] = []
    package var unit = ""
    package var decimals = 0
    /// A vertical line, and what the lines say there in the top row.
    package var cursor: Double?
    /// Said behind the cursor's time instead of what the lines say; each stands whole or not at all.
    package var cursorFacts: [[Span]]?
    /// Where measuring ends and forecasting begins: a vertical line that says `now`.
    package var present: Double?
    /// The name of the zone of the labels, shown in the corner under the value axis.
    package var zoneName = "UTC"
    package var zoneOffset: @Sendable (Double) -> Int = { _ in 0 }
    /// Said in the middle when there is nothing to draw.
    package var emptyText = "no data in this range"

    package init(times: ClosedRange<Double>) { self.times = times }

    /// Boxes of a chart drawn in a rect: for clicks that set the cursor.
    package struct Frame: Hashable, Sendable {
        package let plot: Rect
        package let values: ClosedRange<Double>
        let ticks: [Double]
        let decimals: Int
    }

    package func frame(in rect: Rect) -> Frame {
        let values = self.values ?? automaticValues()
        let height = max(0, rect.height - 2)
        let (ticks, needed) = ChartTicks.values(in: values, count: max(2, height / 4))
        let width = ticks.map { Numeral.fixed($0, decimals: needed).utf8.count }.max() ?? 0
        let left = min(max(width, zoneName.utf8.count, unit.utf8.count) + 1, rect.width)
        let plot = Rect(x: rect.x + left, y: rect.y + 1, width: rect.width - left, height: height)
        return Frame(plot: plot, values: values, ticks: ticks, decimals: needed)
    }

    /// The moment under a column of the plot, at its middle.
    package func time(atColumn x: Int, in frame: Frame) -> Double {
        let share = (Double(x - frame.plot.x) + 0.5) / Double(max(1, frame.plot.width))
        return times.lowerBound + min(max(share, 0), 1) * (times.upperBound - times.lowerBound)
    }

    /// Seconds that one column covers: a cursor step.
    package func secondsPerColumn(in frame: Frame) -> Double {
        (times.upperBound - times.lowerBound) / Double(max(1, frame.plot.width))
    }

    /// The value a line shows at a moment: the nearest sample within its gap or one column; nil in a gap.
    package func value(of line: Line, at time: Double, within seconds: Double) -> Double? {
        let reach = line.gapAfter.isFinite ? max(line.gapAfter / 2, seconds) : seconds
        var low = 0
        var high = line.samples.count
        while low < high {
            let middle = (low + high) / 2
            if line.samples[middle].time < time { low = middle + 1 } else { high = middle }
        }
        let near = [low - 1, low].filter(line.samples.indices.contains).map { line.samples[$0] }
        guard let best = near.min(by: { abs($0.time - time) < abs($1.time - time) }), abs(best.time - time) <= reach
        else { return nil }
        return best.value
    }

    private func automaticValues() -> ClosedRange<Double> {
        var low = Double.infinity
        var high = -Double.infinity
        for line in lines {
            for sample in line.samples where times.contains(sample.time) {
                guard let value = sample.value else { continue }
                low = min(low, value)
                high = max(high, value)
            }
        }
        for band in bands {
            for sample in band.samples where times.contains(sample.time) && (sample.high - sample.low).isFinite {
                low = min(low, sample.low)
                high = max(high, sample.high)
            }
        }
        for limit in limits where limit.value.isFinite {
            low = min(low, limit.value)
            high = max(high, limit.value)
        }
        guard low <= high else { return 0...1 }
        if includesZero {
            low = min(low, 0)
            high = max(high, 0)
        }
        let margin = high > low ? (high - low) * 0.06 : max(1, high.magnitude * 0.1)
        return (includesZero && low == 0 ? 0 : low - margin)...(includesZero && high == 0 ? 0 : high + margin)
    }

    var isEmpty: Bool {
        !lines.contains { $0.samples.contains { $0.value != nil && times.contains($0.time) } }
            && !bands.contains { $0.samples.contains { times.contains($0.time) } }
    }
}
