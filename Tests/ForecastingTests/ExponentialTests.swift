import Testing

@testable import Forecasting

@Suite("Exponential")
struct ExponentialTests {
    @Test(
        "agrees with known values", arguments: [(0.0, 1.0), (1, 2.718_281_828_459_045), (-1, 0.367_879_441_171_442_3)])
    func knownValues(x: Double, expected: Double) {
        #expect(abs(exponential(x) - expected) < 1e-15 * max(1, expected))
    }

    @Test("the logarithm undoes the exponential", arguments: [-30.0, -1.5, 0, 0.3, 7, 200])
    func inverse(x: Double) {
        #expect(abs(naturalLogarithm(exponential(x)) - x) < 1e-12 * max(1, abs(x)))
    }
}
