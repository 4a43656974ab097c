import EnergyModel
import Testing

@testable import Forecasting

@Suite("Hardship")
struct HardshipTests {
    private func trained(_ building: SyntheticBuilding, _ samples: [LoadSample]) -> Forecaster {
        Forecaster.replayed(
            LoadHistory(grid: building.grid, calendar: building.calendar, samples: samples), prior: office,
            constants: .small)
    }

    @Test("a fifth of the values missing: as good nearly, and the quality says so", arguments: [UInt64(3)])
    func missing(seed: UInt64) {
        let building = SyntheticBuilding()
        var noise = Noise(seed: seed)
        let whole = building.samples(days: 43)
        var holed = Array(whole.prefix(42 * 24))
        for index in holed.indices where noise.uniform() < 0.2 { holed[index].load = nil }
        let origin = building.end(ofDays: 42)
        let forecast = trained(building, holed).forecast(from: origin)
        let full = trained(building, Array(whole.prefix(42 * 24))).forecast(from: origin)
        #expect(isSane(forecast))
        #expect(forecast.quality < full.quality)
        let misses = zip(forecast.steps, whole.suffix(24)).map { abs($0.middle - ($1.load ?? 0)) }
        #expect(misses.reduce(0, +) / 24 < 15)
    }

    @Test("a month of zeros, and it finds back within a week")
    func zeros() {
        let building = SyntheticBuilding()
        var samples = building.samples(days: 70)
        for index in 28 * 24..<58 * 24 { samples[index].load = 0 }
        let during = trained(building, Array(samples.prefix(56 * 24))).forecast(from: building.end(ofDays: 56))
        #expect(isSane(during))
        #expect(during.steps.allSatisfy { $0.middle >= 0 && $0.middle < 40 })
        // Day 66 is a Thursday.
        let after = trained(building, Array(samples.prefix(66 * 24))).forecast(from: building.end(ofDays: 66))
        #expect(isSane(after))
        #expect(after.steps[12].middle > 70)
    }

    @Test("days with events, filled with their baseline, leave next to no trace")
    func events() {
        let building = SyntheticBuilding()
        let plain = building.samples(days: 28)
        var marked = plain
        var dipped = plain
        for day in [17, 22, 24] {
            for hour in 14..<20 {
                dipped[day * 24 + hour].load = 20
                marked[day * 24 + hour].origin = .imputed
            }
        }
        let origin = building.end(ofDays: 28)
        let truth = trained(building, plain).forecast(from: origin).steps
        func distance(_ samples: [LoadSample]) -> Double {
            zip(truth, trained(building, samples).forecast(from: origin).steps)
                .reduce(0) { $0 + abs($1.0.middle - $1.1.middle) }
        }
        #expect(distance(marked) < 0.5 * distance(dipped))
    }

    @Test("a holiday of the calendar is forecast as a closed day")
    func holiday() {
        // Day 42 is a Monday.
        var building = SyntheticBuilding()
        building.calendar = DayCalendar(holidays: [19_723 + 21, 19_723 + 42])
        let forecast = trained(building, building.samples(days: 42)).forecast(from: building.end(ofDays: 42))
        #expect(forecast.steps[12].middle < 100)
    }

    @Test("an outage ages the forecast: it goes on, wider awake to its own quality")
    func outage() {
        let building = SyntheticBuilding()
        let forecaster = trained(building, building.samples(days: 42))
        let fresh = forecaster.forecast(from: building.end(ofDays: 42))
        let old = forecaster.forecast(from: building.end(ofDays: 44))
        #expect(isSane(old))
        #expect(old.steps.count == 24)
        #expect(old.quality < fresh.quality)
    }

    @Test("without weather ahead yesterday's stands in, and the forecast says so")
    func weatherOut() {
        let building = SyntheticBuilding(cooling: 5)
        let samples = building.samples(days: 44)
        let origin = building.end(ofDays: 42)
        var forecaster = trained(building, Array(samples.prefix(42 * 24)))
        forecaster.expect(temperatures: samples.suffix(48).map(\.temperature), from: origin)
        let with = forecaster.forecast(from: origin)
        forecaster.expect(temperatures: [], from: origin)
        let without = forecaster.forecast(from: origin)
        #expect(!with.lacksWeather && without.lacksWeather)
        #expect(isSane(without))
        #expect(without.quality < with.quality)
    }

    @Test("nine of ten truths lie within the band", arguments: [UInt64(11)])
    func coverage(seed: UInt64) {
        var building = SyntheticBuilding(noise: 10)
        building.seed = seed
        var constants = RecipeConstants.small
        constants.poolDays = 28
        constants.poolHours = 24
        let samples = building.samples(days: 112)
        var forecaster = Forecaster.replayed(
            building.history(days: 56), prior: office, version: .weekdayMean, constants: constants)
        var inside = 0
        for day in 56..<112 {
            let forecast = forecaster.forecast(from: building.end(ofDays: day))
            for (step, sample) in zip(forecast.steps, samples[(day * 24)...]) {
                if let load = sample.load, load >= step.low, load <= step.high { inside += 1 }
            }
            for sample in samples[(day * 24)..<(day * 24 + 24)] { forecaster.observe(sample) }
        }
        #expect((0.82...0.97).contains(Double(inside) / (56 * 24)))
    }

    @Test("whatever comes in, no forecast is ever no number", arguments: [UInt64(21), 22])
    func neverNaN(seed: UInt64) {
        var noise = Noise(seed: seed)
        let building = SyntheticBuilding()
        var forecaster = Forecaster(
            grid: building.grid, calendar: building.calendar, beginning: building.start, prior: office,
            constants: .small)
        var taken: [LoadSample] = []
        let odd: [Double?] = [nil, .nan, .infinity, -.infinity, 0, -50, 1e9, -1e9, 1e300, .leastNonzeroMagnitude]
        for (index, var sample) in building.samples(days: 16).enumerated() {
            if noise.uniform() < 0.3 { sample.load = odd[Int(noise.uniform() * Double(odd.count))] }
            if noise.uniform() < 0.3 { sample.temperature = odd[Int(noise.uniform() * Double(odd.count))] }
            taken.append(sample)
            if noise.uniform() < 0.9 { forecaster.observe(sample) }
            if index % 24 == 5 {
                let forecast = forecaster.forecast(from: sample.start.advanced(by: .seconds(3600)))
                #expect(isSane(forecast, within: 1e14))
            }
        }
        #expect(isSane(trained(building, taken).forecast(from: building.end(ofDays: 16)), within: 1e14))
    }
}
