import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Which spans are kept")
struct TailSamplerTests {
    private static let now = UTCInstant(seconds: 1_790_000_000)

    private static func open(_ trace: TraceID, _ id: UInt64 = 1, isKept: Bool = false) -> OpenSpan {
        OpenSpan(
            context: TraceContext(trace: trace, span: SpanID(id)), parent: nil, name: "s", component: .ingest,
            kind: .internal, start: now, began: .zero, isKept: isKept)
    }

    private static func ended(_ trace: TraceID, _ id: UInt64 = 1, error: Bool = false) -> TraceSpan {
        TraceSpan(
            trace: trace, id: SpanID(id), parent: nil, name: "s", component: .ingest, kind: .internal, start: now,
            microseconds: 1, status: error ? .error(sentence: "no") : .ok, attributes: [])
    }

    private static func traces(_ count: Int, seed: UInt64 = 1) -> [TraceID] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in TraceID(high: random.next(), low: random.next()) }
    }

    @Test("of successes a tenth is kept, the same ones by every sampler, whatever the ids are like (TRACE-06)")
    func share() {
        let counting = (1...20_000).map { TraceID(high: 0, low: UInt64($0)) }
        for traces in [Self.traces(20_000), counting] {
            var (first, second) = (TailSampler(limits: .init()), TailSampler(limits: .init()))
            let kept = traces.filter { trace in
                first.began(Self.open(trace))
                return !first.ended(Self.ended(trace), isKept: false).isEmpty
            }
            #expect((1_800...2_200).contains(kept.count), "\(kept.count) of 20,000")
            for trace in kept {
                second.began(Self.open(trace))
                #expect(!second.ended(Self.ended(trace), isKept: false).isEmpty)
            }
            #expect(first.openTraces == 0)
        }
    }

    @Test("an error keeps the whole trace: what ended before it, what ends after it, and its later pieces")
    func errors() {
        var sampler = TailSampler(limits: .init(successShare: 0))
        for trace in Self.traces(200) {
            for id in 1...3 as ClosedRange<UInt64> { sampler.began(Self.open(trace, id)) }
            #expect(sampler.ended(Self.ended(trace, 3), isKept: false).isEmpty)
            #expect(sampler.ended(Self.ended(trace, 2, error: true), isKept: false).map(\.id.value) == [3, 2])
            #expect(sampler.ended(Self.ended(trace, 1), isKept: false).map(\.id.value) == [1])
            sampler.began(Self.open(trace, 9))
            #expect(sampler.ended(Self.ended(trace, 9), isKept: false).map(\.id.value) == [9])
        }
    }

    @Test("demand response is kept from its first span on, and so is what somebody will look for")
    func kept() {
        var sampler = TailSampler(limits: .init(successShare: 0))
        let traces = Self.traces(3)
        sampler.began(Self.open(traces[0], isKept: true))
        #expect(sampler.ended(Self.ended(traces[0]), isKept: true).count == 1)
        sampler.began(Self.open(traces[1]))
        sampler.keep(traces[1])
        #expect(sampler.ended(Self.ended(traces[1]), isKept: false).count == 1)
        sampler.began(Self.open(traces[2]))
        #expect(sampler.ended(Self.ended(traces[2]), isKept: false).isEmpty)
    }

    @Test("memory is bounded: traces beyond the limit are judged span by span, spans beyond it are counted as lost")
    func bounds() {
        var sampler = TailSampler(limits: .init(successShare: 0, openTraces: 10, spansPerTrace: 5))
        let traces = Self.traces(100)
        for trace in traces { sampler.began(Self.open(trace)) }
        #expect(sampler.openTraces == 10)
        #expect(sampler.ended(Self.ended(traces[50], error: true), isKept: false).count == 1, "an error all the same")
        #expect(sampler.ended(Self.ended(traces[51]), isKept: false).isEmpty)
        for id in 2...20 as ClosedRange<UInt64> { sampler.began(Self.open(traces[0], id)) }
        for id in 2...20 as ClosedRange<UInt64> {
            #expect(sampler.ended(Self.ended(traces[0], id), isKept: false).isEmpty)
        }
        #expect(sampler.lost == 14)
        let rest = sampler.ended(Self.ended(traces[0], error: true), isKept: false)
        #expect(rest.count == 6, "five that waited, and the one that failed")
    }
}
