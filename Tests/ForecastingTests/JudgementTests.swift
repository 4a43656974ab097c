import Testing

@testable import Forecasting

@Suite("Judgement")
struct JudgementTests {
    private func record(forecasts: Int, error: Float, inside: Bool, reference: Float) -> ForecastRecord {
        var record = ForecastRecord()
        for _ in 0..<forecasts {
            record.beginForecast()
            for _ in 0..<ErrorPool.steps {
                record.add(error: error, load: 100, isInside: inside, claimed: 5, reference: reference)
            }
        }
        return record
    }

    @Test("the drift watch says nothing too early, and tells drift from failure")
    func drift() {
        let watch = DriftWatch()
        #expect(watch.verdict(record(forecasts: 3, error: 50, inside: false, reference: 5)) == .tooEarly)
        #expect(watch.verdict(record(forecasts: 30, error: 4, inside: true, reference: 8)) == .good)
        guard case .drifting = watch.verdict(record(forecasts: 30, error: 7, inside: false, reference: 8)) else {
            Issue.record("a band that holds nothing is drift")
            return
        }
        guard case .failing = watch.verdict(record(forecasts: 30, error: 10, inside: true, reference: 8)) else {
            Issue.record("worse than last week is failure")
            return
        }
    }

    @Test("beside the fall-back: failure from 15 % more error on, recovery below 5 % less")
    func besideFallback() {
        let watch = DriftWatch()
        let fallback = record(forecasts: 30, error: 10, inside: true, reference: 10)
        let rows: [(error: Float, fails: Bool, recovers: Bool)] = [
            (9, false, true), (9.8, false, false), (11, false, false), (12, true, false),
        ]
        for (error, fails, recovers) in rows {
            let own = record(forecasts: 30, error: error, inside: true, reference: 10)
            var isFailing = false
            if case .failing = watch.verdict(own, beside: fallback) { isFailing = true }
            #expect(isFailing == fails, "\(error)")
            #expect((watch.recovery(own, beside: fallback) != nil) == recovers, "\(error)")
        }
        let early = record(forecasts: 3, error: 90, inside: false, reference: 10)
        #expect(watch.verdict(early, beside: fallback) == .tooEarly)
        let absurd = record(forecasts: 30, error: 1e30, inside: true, reference: 1e-30)
        guard case .failing = watch.verdict(absurd), case .failing = watch.verdict(absurd, beside: fallback) else {
            Issue.record("an error beyond all bounds is failure")
            return
        }
    }

    @Test("the record gives error, coverage and their ratios")
    func figures() throws {
        let record = record(forecasts: 20, error: -6, inside: true, reference: 12)
        let (error, naive) = (try #require(record.relativeError), try #require(record.againstNaive))
        let claimed = try #require(record.realisedOverClaimed)
        #expect(abs(error - 0.06) < 1e-6)
        #expect(record.coverage == 1)
        #expect(abs(naive - 0.5) < 1e-6)
        #expect(abs(claimed - 1.2) < 1e-6)
        #expect(ForecastRecord().relativeError == nil)
    }

    private struct Quality {
        var error = 0.07
        var days = 400
        var valid = 1.0
        var hours = 0
        var lacks = false
        var ratio = 1.0
        var expected: Double
    }

    private static let qualities = [
        Quality(expected: 0.93), Quality(days: 0, expected: 0.3), Quality(days: 3, expected: 0.5),
        Quality(days: 20, expected: 0.826), Quality(valid: 0, expected: 0.465), Quality(hours: 10, expected: 0.837),
        Quality(hours: 500, lacks: true, expected: 0.451), Quality(error: 0.3, ratio: 2, expected: 0.4),
        Quality(error: 3, expected: 0), Quality(error: .nan, expected: 0),
    ]

    @Test("quality is one minus the expected error, less what the pool cannot know")
    func quality() {
        for row in JudgementTests.qualities {
            let score = QualityScore(
                expectedError: row.error, days: row.days, validShare: row.valid, hoursOld: row.hours,
                lacksWeather: row.lacks, realisedOverClaimed: row.ratio
            ).value
            #expect(abs(score - row.expected) < 1e-3, "\(row)")
        }
    }

    @Test("what a model has been off by lately is put right for the most part, within the band", arguments: [-10, 10])
    func lean(off: Float) {
        var state = SeriesState(firstDay: 19_723, resolution: .hour, calendar: DayCalendar())
        for _ in 0..<20 * 24 { state.append(LoadCleaning.Value(load: 100, isValid: true), temperature: .nan) }
        var pool = ErrorPool(resolution: .hour, constants: RecipeConstants())
        for index in 0..<40 {
            let errors = (0..<ErrorPool.steps).map { off + Float(($0 + index) % 5) - 2 }
            pool.append(origin: 19_723 * 24 + index * 12, errors: errors)
        }
        let band = BandTable(pool, state: state, miss: 0.1, supposed: 10, halfLife: 21)
        let (plain, leaning) = (
            band.edges(middle: 100, hour: 12, isWork: true, hoursAhead: 12),
            band.edges(middle: 100, hour: 12, isWork: true, hoursAhead: 12, lean: 0.7)
        )
        #expect(plain.middle == 100)
        #expect(abs(leaning.middle - 100 - 0.7 * off) < 1)
        #expect(leaning.low == plain.low && leaning.high == plain.high)
    }

    @Test("the band follows the size of the errors by hour, kind of day and horizon")
    func bandFollowsErrors() {
        var state = SeriesState(firstDay: 19_723, resolution: .hour, calendar: DayCalendar())
        for _ in 0..<28 * 24 { state.append(LoadCleaning.Value(load: 100, isValid: true), temperature: .nan) }
        var noise = Noise(seed: 9)
        var constants = RecipeConstants()
        constants.poolDays = 28
        var pool = ErrorPool(resolution: .hour, constants: constants)
        for index in 0..<27 * 4 {
            let origin = 19_723 * 24 + index * 6
            let errors = (0..<24).map { step -> Float in
                let isNoon = (9..<15).contains((origin + step) % 24)
                return Float(noise.bell()) * (isNoon ? 20 : 4)
            }
            pool.append(origin: origin, errors: errors)
        }
        let band = BandTable(pool, state: state, miss: 0.1, supposed: 10, halfLife: 21)
        let noon = band.edges(middle: 100, hour: 12, isWork: true, hoursAhead: 12)
        let night = band.edges(middle: 100, hour: 1, isWork: true, hoursAhead: 12)
        #expect(noon.high - noon.low > 2.5 * (night.high - night.low))
        #expect(noon.low < 100 && noon.high > 100)
        #expect(abs(noon.high - 100 - 1.645 * 20) < 14)
    }
}
