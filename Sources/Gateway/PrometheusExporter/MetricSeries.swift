import CoreMetrics
import Synchronization

/// One label set of one metric.
protocol MetricSeries: AnyObject, Sendable {
    var figures: SeriesFigures { get }
}

enum SeriesFigures: Hashable, Sendable {
    case single(Double)
    /// `counts` has one more than `bounds`: what lies above the last bound. Not cumulative.
    case histogram(bounds: [Double], counts: [UInt64], sum: Double)
}

final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    /// Whole steps apart from fractions, so that the common step is one atomic addition.
    private let whole = Atomic<Int64>(0)
    private let fraction = AtomicDouble()

    /// Negative amounts are ignored: a counter only rises.
    func increment(by amount: Int64) {
        if amount > 0 { whole.wrappingAdd(amount, ordering: .relaxed) }
    }

    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { fraction.update { $0 + amount } }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.update { _ in 0 }
    }

    var figures: SeriesFigures { .single(Double(whole.load(ordering: .relaxed)) + fraction.value) }
}

final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let current = AtomicDouble()

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { current.update { _ in value } }
    func increment(by amount: Double) { current.update { $0 + amount } }
    func decrement(by amount: Double) { current.update { $0 - amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    var figures: SeriesFigures { .single(current.value) }
}

final class HistogramSeries: MetricSeries, TimerHandler, RecorderHandler {
    private struct Tally {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let tally: Mutex<Tally>

    /// - Parameter bounds: upper, inclusive, rising.
    init(bounds: [Double]) {
        self.bounds = bounds
        tally = Mutex(Tally(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    /// A clock that stepped back gives a negative duration: it counts as zero.
    func recordNanoseconds(_ duration: Int64) { record(Double(max(0, duration)) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    /// Not-a-number is ignored: it would spoil the sum for ever.
    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        tally.withLock {
            $0.counts[bucket] += 1
            $0.sum += value
        }
    }

    var figures: SeriesFigures {
        tally.withLock { .histogram(bounds: bounds, counts: $0.counts, sum: $0.sum) }
    }
}

/// Stands in for a series that has no place, and counts what it was told.
final class DroppedSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    private let observations = Atomic<Int64>(0)

    var count: Int64 { observations.load(ordering: .relaxed) }
    private func drop() { observations.wrappingAdd(1, ordering: .relaxed) }

    func increment(by amount: Int64) { drop() }
    func increment(by amount: Double) { drop() }
    func decrement(by amount: Double) { drop() }
    func set(_ value: Int64) { drop() }
    func set(_ value: Double) { drop() }
    func record(_ value: Int64) { drop() }
    func record(_ value: Double) { drop() }
    func recordNanoseconds(_ duration: Int64) { drop() }
    func reset() {}
}

/// A double changed by compare-and-exchange on its bits.
private struct AtomicDouble: ~Copyable {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func update(_ change: (Double) -> Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let wanted = change(Double(bitPattern: seen)).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: seen, desired: wanted, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }
}
