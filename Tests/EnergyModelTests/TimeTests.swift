import EnergyModel
import Foundation
import Testing

@Suite("Time") struct TimeTests {
    @Test("ISO 8601 text agrees with Foundation over two centuries")
    func foundation() throws {
        for index in 0..<2000 {
            let seconds = Int64(index) * 3_155_697 - 3_155_697_000
            let instant = UTCInstant(milliseconds: seconds * 1000)
            let text = Date(timeIntervalSince1970: Double(seconds)).ISO8601Format()
            #expect(instant.iso8601 == text)
            #expect(UTCInstant(iso8601: text) == instant)
        }
    }

    @Test(
        "accepted times",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01 00:00Z", 0), ("1970-01-01t01:00:00.5+01:00", 500),
            ("2000-02-29T00:00:00z", 951_782_400_000), ("1969-12-31T23:59:59.9999Z", -1),
            ("1970-01-01T00:00:00.123456789Z", 123),
        ] as [(String, Int64)])
    func accepted(text: String, milliseconds: Int64) {
        #expect(UTCInstant(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(
        "refused times",
        arguments: [
            "", "2026", "2026-13-01T00:00Z", "2026-02-29T00:00Z", "1900-02-29T00:00Z", "2026-01-01T24:00Z",
            "2026-01-01T00:60Z",
            "2026-01-01T00:00:60Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00Z ", "2026-01-00T00:00Z", "+2026-01-01T00:00Z",
        ])
    func refused(text: String) {
        #expect(UTCInstant(iso8601: text) == nil)
    }

    @Test("windows begin at multiples of their length, also before 1970")
    func windows() {
        for milliseconds in [Int64(-1), 0, 59_999, 60_000, -60_000, -60_001, 1_795_262_385_123] {
            for granularity in Granularity.allCases {
                let start = granularity.windowStart(of: UTCInstant(milliseconds: milliseconds)).milliseconds
                #expect(start <= milliseconds && milliseconds < start + granularity.milliseconds)
                #expect(start % granularity.milliseconds == 0)
            }
        }
    }

    @Test("ages turn stale and bad at their limits")
    func freshness() {
        #expect(Freshness(age: .seconds(-5)) == .fresh)
        #expect(Freshness(age: .milliseconds(44_999)) == .fresh)
        #expect(Freshness(age: .seconds(45)) == .stale)
        #expect(Freshness(age: .seconds(300)) == .bad)
    }
}
