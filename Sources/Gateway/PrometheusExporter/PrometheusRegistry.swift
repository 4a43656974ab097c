import CoreMetrics
import Synchronization

/// The swift-metrics backend that `/metrics` shows, in Prometheus text format 0.0.4.
///
/// Counters and meters are atomics, timers and aggregating recorders are histograms behind a lock of their own, so
/// recording never meets another metric's lock. Making a handler takes one of 16 locks, chosen by the metric's name; keep
/// the handler where the path is hot. Timers are in seconds.
///
/// Never grows without bound: at most `seriesLimit` label sets a metric and `familyLimit` metrics. What is recorded beyond
/// is dropped and counted in `energy_metrics_observations_dropped_total{metric}`.
package final class PrometheusRegistry: MetricsFactory {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let seriesLimit: Int
    private let familyLimit: Int
    private let stripes: [Stripe]
    private let families = Atomic<Int>(0)
    private let descriptions: Mutex<[String: MetricDescription]>
    /// Takes what belongs to no family because there are too many of them.
    private let homeless = DroppedSeries()
    private let samplers: [@Sendable () -> [MetricSample]]

    /// - Parameter samplers: asked at every scrape, for figures that exist elsewhere already; must not block.
    package init(
        describing descriptions: [MetricDescription] = [], seriesLimit: Int = 1000, familyLimit: Int = 2000,
        samplers: [@Sendable () -> [MetricSample]] = []
    ) {
        self.seriesLimit = seriesLimit
        self.familyLimit = familyLimit
        self.samplers = samplers
        stripes = (0..<16).map { _ in Stripe() }
        self.descriptions = Mutex([:])
        describe(descriptions)
    }

    /// Help and buckets of metrics; buckets count for series made afterwards.
    package func describe(_ added: [MetricDescription]) {
        descriptions.withLock { known in
            for description in added { known[description.name] = description }
        }
    }

    /// The whole page. Families by name, series by labels; so the same figures give the same bytes.
    package func render() -> String {
        var page: [String: RenderedFamily] = [:]
        var dropped: [(metric: String, count: Int64)] = []
        for stripe in stripes {
            stripe.families.withLock { families in
                for (name, family) in families {
                    page[name] = RenderedFamily(kind: family.kind, series: family.series.mapValues { $0.figures })
                    if family.dropped.count > 0 { dropped.append((name, family.dropped.count)) }
                }
            }
        }
        if homeless.count > 0 { dropped.append(("beyond_family_limit", homeless.count)) }
        for (metric, count) in dropped {
            let name = "energy_metrics_observations_dropped_total"
            let labels = LabelSet([("metric", metric)]).text
            page[name, default: RenderedFamily(kind: .counter)].series[labels] = .single(Double(count))
        }
        for sample in samplers.flatMap({ $0() }) {
            page[sample.name, default: RenderedFamily(kind: sample.kind)].series[sample.labels.text] = .single(
                sample.value)
        }
        let known = descriptions.withLock { $0 }
        return exposition(of: page, describedBy: known)
    }

    private func series<Wanted: MetricSeries>(
        _ label: String, _ dimensions: [(String, String)], kind: MetricKind, of type: Wanted.Type,
        make: (MetricDescription?) -> Wanted
    ) -> SeriesOrDropped<Wanted> {
        let name = metricName(label, kind: kind, isTimed: false)
        return series(named: name, dimensions, kind: kind, make: make)
    }

    fileprivate func series<Wanted: MetricSeries>(
        named name: String, _ dimensions: [(String, String)], kind: MetricKind, make: (MetricDescription?) -> Wanted
    ) -> SeriesOrDropped<Wanted> {
        let labels = LabelSet(dimensions, isHistogram: kind == .histogram).text
        let description = descriptions.withLock { $0[name] }
        let stripe = stripes[Int(UInt(bitPattern: name.hashValue) % UInt(stripes.count))]
        return stripe.families.withLock { families in
            if families[name] == nil {
                guard self.families.wrappingAdd(1, ordering: .relaxed).newValue <= familyLimit else {
                    self.families.wrappingSubtract(1, ordering: .relaxed)
                    return .dropped(homeless)
                }
            }
            return families[name, default: Family(kind: kind)].take(labels, limit: seriesLimit, kind: kind) {
                make(description)
            }
        }
    }

    fileprivate func forget(_ handler: AnyObject) {
        for stripe in stripes {
            stripe.families.withLock { families in
                for name in families.keys {
                    guard let labels = families[name]?.series.first(where: { $0.value === handler })?.key else {
                        continue
                    }
                    families[name]?.series[labels] = nil
                    return
                }
            }
        }
    }
}

extension PrometheusRegistry {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, kind: .counter, of: CounterSeries.self) { _ in CounterSeries() }.counter
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, kind: .counter, of: CounterSeries.self) { _ in CounterSeries() }.floatingPointCounter
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, kind: .gauge, of: GaugeSeries.self) { _ in GaugeSeries() }.meter
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else {
            return series(label, dimensions, kind: .gauge, of: GaugeSeries.self) { _ in GaugeSeries() }.recorder
        }
        return series(label, dimensions, kind: .histogram, of: HistogramSeries.self) { description in
            HistogramSeries(bounds: description?.buckets ?? HistogramBuckets.amounts)
        }.recorder
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = metricName(label, kind: .histogram, isTimed: true)
        return series(named: name, dimensions, kind: .histogram) { description in
            HistogramSeries(bounds: description?.buckets ?? HistogramBuckets.seconds)
        }.timer
    }

    package func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { forget(handler) }
}

/// One of the locks over families. A class only because a `Mutex` cannot be an array's element.
private final class Stripe: Sendable {
    let families = Mutex<[String: Family]>([:])
}

private struct Family: Sendable {
    let kind: MetricKind
    /// By the text of the labels.
    var series: [String: any MetricSeries] = [:]
    /// Takes series beyond the limit, and those that want the name for another kind.
    let dropped = DroppedSeries()

    mutating func take<Wanted: MetricSeries>(
        _ labels: String, limit: Int, kind: MetricKind, make: () -> Wanted
    ) -> SeriesOrDropped<Wanted> {
        if let known = series[labels] { return (known as? Wanted).map { .series($0) } ?? .dropped(dropped) }
        guard kind == self.kind, series.count < limit else { return .dropped(dropped) }
        let made = make()
        series[labels] = made
        return .series(made)
    }
}

private enum SeriesOrDropped<Wanted: MetricSeries> {
    case series(Wanted)
    case dropped(DroppedSeries)
}

extension SeriesOrDropped where Wanted == CounterSeries {
    fileprivate var counter: any CounterHandler {
        switch self {
        case .series(let series): series
        case .dropped(let series): series
        }
    }
    fileprivate var floatingPointCounter: any FloatingPointCounterHandler {
        switch self {
        case .series(let series): series
        case .dropped(let series): series
        }
    }
}

extension SeriesOrDropped where Wanted == GaugeSeries {
    fileprivate var meter: any MeterHandler {
        switch self {
        case .series(let series): series
        case .dropped(let series): series
        }
    }
    fileprivate var recorder: any RecorderHandler {
        switch self {
        case .series(let series): series
        case .dropped(let series): series
        }
    }
}

extension SeriesOrDropped where Wanted == HistogramSeries {
    fileprivate var recorder: any RecorderHandler {
        switch self {
        case .series(let series): series
        case .dropped(let series): series
        }
    }
    fileprivate var timer: any TimerHandler {
        switch self {
        case .series(let series): series
        case .dropped(let series): series
        }
    }
}
