import EnergyModel
import Testing

@testable import Forecasting

@Suite("Forecaster")
struct ForecasterTests {
    private func blank(_ building: SyntheticBuilding, version: ModelVersion = .recipe) -> Forecaster {
        Forecaster(
            grid: building.grid, calendar: building.calendar, beginning: building.start, prior: office,
            version: version, constants: .small)
    }

    private func error(_ forecast: LoadForecast, _ truth: ArraySlice<LoadSample>) -> Double {
        let misses = zip(forecast.steps, truth).map { abs($0.middle - ($1.load ?? 0)) }
        return misses.reduce(0, +) / Double(misses.count)
    }

    @Test("from nothing to a month: always a sane forecast, and a quality that grows", arguments: ModelVersion.allCases)
    func coldStart(version: ModelVersion) {
        let building = SyntheticBuilding()
        let samples = building.samples(days: 30)
        var quality: [Double] = []
        var forecaster = blank(building, version: version)
        for days in [0, 1, 3, 7, 30] {
            for sample in samples[(forecaster.daysKnown * 24)..<(days * 24)] { forecaster.observe(sample) }
            if days >= 30 {
                forecaster.adopt(
                    Forecaster.fit(building.history(days: days), prior: office, version: version, constants: .small))
            }
            let forecast = forecaster.forecast(from: building.end(ofDays: days))
            #expect(isSane(forecast), "\(days) days")
            #expect(forecast.steps.count == 24)
            #expect(forecast.steps.allSatisfy { $0.middle > 0 }, "\(days) days")
            quality.append(forecast.quality)
        }
        #expect(quality[0] <= 0.3)
        #expect(quality == quality.sorted())
        #expect(quality[4] > 0.7)
    }

    @Test("with nothing known, not even the size, it says zero and admits it")
    func nothingKnown() {
        let building = SyntheticBuilding()
        let forecaster = Forecaster(
            grid: building.grid, calendar: building.calendar, beginning: building.start, prior: LoadPrior(kind: .other),
            constants: .small)
        let forecast = forecaster.forecast(from: building.start)
        #expect(isSane(forecast))
        #expect(forecast.quality == 0)
    }

    @Test("the first hours scale the shape of the building's kind")
    func firstHours() {
        let building = SyntheticBuilding()
        var forecaster = Forecaster(
            grid: building.grid, calendar: building.calendar, beginning: building.start,
            prior: LoadPrior(kind: .office), constants: .small)
        for sample in building.samples(days: 1).prefix(12) { forecaster.observe(sample) }
        let forecast = forecaster.forecast(from: building.start.advanced(by: .seconds(12 * 3600)))
        #expect(isSane(forecast))
        #expect(forecast.steps[0].middle > 80 && forecast.steps[0].middle < 250)
        #expect(forecast.steps[10].middle < forecast.steps[0].middle)
    }

    @Test("a fitted recipe beats the same hour a week ago")
    func beatsNaive() {
        var building = SyntheticBuilding(cooling: 6)
        building.noise = 8
        let samples = building.samples(days: 45)
        var (ours, naive) = (0.0, 0.0)
        for version in [ModelVersion.recipe, .seasonalNaive] {
            var forecaster = Forecaster.replayed(
                building.history(days: 40), prior: office, version: version, constants: .small)
            for day in 40..<44 {
                forecaster.expect(
                    temperatures: samples[(day * 24)...].map(\.temperature), from: building.end(ofDays: day))
                let forecast = forecaster.forecast(from: building.end(ofDays: day))
                let miss = error(forecast, samples[(day * 24)..<(day * 24 + 24)])
                if version == .recipe { ours += miss } else { naive += miss }
                for sample in samples[(day * 24)..<(day * 24 + 24)] { forecaster.observe(sample) }
            }
        }
        #expect(ours < 0.9 * naive)
    }

    @Test("one interval after another gives what a replay gives, to the last bit")
    func incrementalEqualsReplay() {
        let building = SyntheticBuilding()
        let history = building.history(days: 40)
        let replayed = Forecaster.replayed(history, prior: office, version: .weekdayMean, constants: .small)
        var live = blank(building, version: .weekdayMean)
        live.isJudging = false
        for (index, sample) in building.samples(days: 40).enumerated() {
            if index == 26 * 24 { live.isJudging = true }
            #expect(live.observe(sample) == .taken)
        }
        let origin = building.end(ofDays: 40)
        #expect(live.forecast(from: origin) == replayed.forecast(from: origin))
    }

    @Test("learning twice gives the same weights, and adopting them changes nothing else")
    func deterministic() {
        let building = SyntheticBuilding(cooling: 4)
        let history = building.history(days: 20)
        let origin = building.end(ofDays: 20)
        let forecasts = (0..<2).map { _ in
            Forecaster.replayed(history, prior: office, constants: .wooded).forecast(from: origin)
        }
        #expect(forecasts[0] == forecasts[1])
    }

    @Test("forgetting old days changes no forecast")
    func compactChangesNothing() {
        let building = SyntheticBuilding()
        var forecaster = Forecaster.replayed(building.history(days: 45), prior: office, constants: .small)
        let origin = building.end(ofDays: 45)
        let before = forecaster.forecast(from: origin)
        forecaster.compact()
        #expect(forecaster.forecast(from: origin) == before)
        #expect(forecaster.state.load.count <= 37 * 24)
    }

    @Test("late and repeated intervals change nothing, those far ahead are refused")
    func lateSamples() {
        let building = SyntheticBuilding()
        var forecaster = blank(building)
        let samples = building.samples(days: 3)
        for sample in samples { forecaster.observe(sample) }
        let before = forecaster.forecast(from: building.end(ofDays: 3))
        #expect(forecaster.observe(samples[10]) == .late)
        #expect(forecaster.observe(LoadSample(start: building.end(ofDays: 600), load: 1)) == .farAhead)
        #expect(forecaster.forecast(from: building.end(ofDays: 3)) == before)
    }

    @Test("the parts of a forecast add up to it")
    func partsAddUp() {
        let building = SyntheticBuilding(cooling: 5)
        let forecaster = Forecaster.replayed(building.history(days: 40), prior: office, constants: .small)
        for step in forecaster.forecast(from: building.end(ofDays: 40)).steps {
            #expect(abs(Double(step.parts.sum) - step.middle) < 1e-3)
        }
    }

    @Test(
        "across a clock change, with 23 or 25 hours a day, every forecast has its 24 h of steps",
        arguments: zip([89, 89, 299, 299], [SeriesResolution.fiveMinutes, .hour, .quarterHour, .hour]))
    func clockChanges(days: Int, resolution: SeriesResolution) {
        var building = SyntheticBuilding(grid: LocalGrid(resolution: resolution, zone: london))
        // Eight days before the change of the clocks.
        building.start = UTCInstant(seconds: 1_704_067_200 + Int64(days - 8) * 86_400)
        let perDay = resolution.slotsPerDay
        var forecaster = Forecaster(
            grid: building.grid, calendar: building.calendar, beginning: building.start, prior: office,
            constants: .small)
        forecaster.isJudging = resolution != .fiveMinutes
        for (index, sample) in building.samples(days: 10).enumerated() {
            #expect(forecaster.observe(sample) == .taken)
            guard index > 8 * perDay - perDay / 8, index % (perDay / 8) == 0 else { continue }
            let forecast = forecaster.forecast(from: sample.start.advanced(by: .milliseconds(resolution.milliseconds)))
            #expect(forecast.steps.count == perDay)
            #expect(isSane(forecast))
            #expect(zip(forecast.steps, forecast.steps.dropFirst()).allSatisfy { $0.start < $1.start })
            // A band without width would be no forecast.
            #expect(forecast.steps.allSatisfy { $0.low < $0.high })
        }
    }

    @Test("within the hour that autumn repeats, its second pass is forecast as the first went")
    func secondPass() {
        let grid = LocalGrid(resolution: .quarterHour, zone: london)
        var building = SyntheticBuilding(grid: grid)
        building.start = UTCInstant(seconds: 1_704_067_200 + 291 * 86_400)
        // Up to 01:00 UTC of 27 October, when clocks show 01:00 for the second time.
        let change = UTCInstant(seconds: 1_729_990_800)
        var forecaster = blank(building)
        for sample in building.samples(days: 10) where sample.start < change { forecaster.observe(sample) }
        let forecast = forecaster.forecast(from: change)
        #expect(forecast.steps.count == 96)
        #expect(Set(forecast.steps.map(\.start)).count == 96)
        #expect(forecast.steps.prefix(4).allSatisfy { $0.low < $0.middle && $0.middle < $0.high })
        let firstPass = Double(forecaster.state.loadAt(grid.slot(of: change)) ?? 0)
        #expect(abs(forecast.steps[0].middle - firstPass) < 3)
    }
}
