import Resilience
import Testing

@testable import Engine

@Suite("Rates and latencies")
struct MeasureTests {
    @Test("a rate counts whole seconds and forgets after a minute")
    func rate() {
        var ring = RateRing(at: .zero)
        ring.record(100, at: .milliseconds(500))
        ring.record(50, at: .seconds(1))
        #expect(ring.perSecond(over: 2, at: .seconds(2)) == 75)
        #expect(ring.history(at: .seconds(2)).suffix(2) == [100, 50])
        #expect(ring.perSecond(over: 60, at: .seconds(62)) == 0)
        #expect(ring.total == 150)
    }

    @Test("percentiles lie within a bucket of the truth")
    func percentiles() {
        var histogram = LatencyHistogram(at: .zero)
        for milliseconds in 1...1000 { histogram.record(.milliseconds(milliseconds), at: .seconds(1)) }
        let median = histogram.percentile(0.5, at: .seconds(1))
        let ninetyNine = histogram.percentile(0.99, at: .seconds(1))
        #expect(abs(median - 500) / 500 < 0.13)
        #expect(abs(ninetyNine - 990) / 990 < 0.13)
        #expect(histogram.maximumMilliseconds(at: .seconds(1)) == 1000)
        #expect(histogram.percentile(0.99, at: .seconds(200)) == 0)
        #expect(histogram.total == 1000)
    }
}
