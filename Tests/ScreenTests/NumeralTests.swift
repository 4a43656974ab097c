import Testing

@testable import Screen

@Suite struct NumeralTests {
    @Test(
        "fixed decimals with thousands, rounded half away from zero",
        arguments: [
            (0, 0, "0"), (1842.34, 1, "1,842.3"), (1842.35, 0, "1,842"), (-0.04, 1, "0.0"),
            (-1234567.5, 0, "-1,234,568"),
            (0.05, 1, "0.1"), (999.95, 1, "1,000.0"), (12.005, 3, "12.005"), (0.5, 0, "1"), (-0.5, 0, "-1"),
        ] as [(Double, Int, String)])
    func fixed(_ value: Double, _ decimals: Int, _ text: String) {
        #expect(Numeral.fixed(value, decimals: decimals) == text)
    }

    @Test("what is no measurement shows as --", arguments: [nil, .nan, .infinity, -.infinity, 1e300] as [Double?])
    func missing(_ value: Double?) {
        #expect(Numeral.fixed(value, decimals: 1) == "--")
        #expect(Numeral.percent(value, of: 1).hasPrefix("--"))
    }

    @Test("ages, counts and bytes in their units")
    func units() {
        #expect(
            [3, 99, 100, 360, 5_940, 172_799, 200_000, -5].map { Numeral.age(seconds: $0) } == [
                "3 s", "99 s", "1 min", "6 min", "1 h", "47 h", "2 d", "-5 s",
            ])
        #expect(
            [0, 999, 999.96, 12_345, 4.1e6].map { Numeral.compact($0) }
                == ["0", "1.0k", "1.0k", "12.3k", "4.1M"].enumerated().map { $0.offset == 1 ? "999" : $0.element })
        #expect([0, 999, 1_500, 12_000_000].map { Numeral.bytes($0) } == ["0 B", "999 B", "1.5 kB", "12.0 MB"])
        #expect(Numeral.percent(1, of: 0) == "--")
        #expect(Numeral.percent(92, of: 100) == "92")
        #expect(Numeral.grouped(Int64.min) == "-9,223,372,036,854,775,808")
    }
}
