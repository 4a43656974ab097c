import Resilience
import Testing

@Suite("Cache policy")
struct CachePolicyTests {
    private let policy = CachePolicy()

    @Test(
        "what may be done with a value, by its age",
        arguments: [
            (0.0, 0.0, CachePolicy.Verdict.fresh), (-5, 0, .fresh), (7.9, 0, .fresh), (9, 0.24, .early),
            (9, 0.26, .fresh), (11.9, 0.9, .early), (12, 0, .stale), (41.9, 0, .stale), (42, 0, .expired),
        ])
    func byAge(seconds: Double, draw: Double, wanted: CachePolicy.Verdict) {
        #expect(policy.verdict(age: .seconds(seconds), lifetime: .seconds(12), draw: draw) == wanted)
    }

    @Test("lifetimes are spread over 8 to 12 s")
    func lifetimes() {
        let drawn = [0.0, 0.25, 0.5, 0.999].map { policy.lifetime(draw: $0) }
        #expect(drawn[0] == .seconds(8) && drawn[1] == .seconds(9) && drawn[2] == .seconds(10))
        #expect(drawn[3] < .seconds(12) && drawn[3] > .seconds(11))
    }

    @Test("without records values live 5 min; in trouble they serve for 60 s after their end")
    func trouble() {
        let verdict = policy.verdict(age: .seconds(299), lifetime: .seconds(8), hasRecords: false, draw: 0.9999)
        #expect(verdict == .fresh || verdict == .early)
        #expect(policy.servesInTrouble(age: .seconds(67), lifetime: .seconds(8)))
        #expect(!policy.servesInTrouble(age: .seconds(68), lifetime: .seconds(8)))
    }
}

@Suite("Load shedder")
struct LoadShedderTests {
    @Test("slow answers shed nine of ten requests until they are quick again, and not between the marks")
    func hysteresis() {
        var shedder = LoadShedder(now: .zero)
        for _ in 0..<100 { shedder.record(.milliseconds(1900), now: .seconds(1)) }
        #expect(shedder.admits(now: .seconds(1)) && !shedder.isShedding)
        for _ in 0..<100 { shedder.record(.milliseconds(2500), now: .seconds(2)) }
        #expect(shedder.isShedding)
        #expect((0..<100).filter { _ in shedder.admits(now: .seconds(2)) }.count == 10)
        // A second window of 1.5 s: below the first mark, above the second.
        for _ in 0..<100 { shedder.record(.milliseconds(1500), now: .seconds(30)) }
        #expect(shedder.isShedding)
        for _ in 0..<100 { shedder.record(.milliseconds(100), now: .seconds(60)) }
        #expect(!shedder.isShedding && shedder.admits(now: .seconds(60)))
    }

    @Test("a handful of slow answers is no overload, and silence ends one")
    func few() {
        var shedder = LoadShedder(now: .zero)
        for _ in 0..<19 { shedder.record(.seconds(5), now: .seconds(1)) }
        #expect(!shedder.isShedding)
        shedder.record(.seconds(5), now: .seconds(1))
        #expect(shedder.isShedding)
        #expect(shedder.admits(now: .seconds(100)) && !shedder.isShedding)
    }
}
