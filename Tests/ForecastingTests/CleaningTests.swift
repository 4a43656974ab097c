import Testing

@testable import Forecasting

@Suite("Cleaning")
struct CleaningTests {
    /// Eight days of an hourly course from 50 to 97, then `tail`.
    private func cleaned(_ tail: [Float]) -> [LoadCleaning.Value] {
        var cleaning = LoadCleaning(.hour)
        var past: [Float] = []
        var result: [LoadCleaning.Value] = []
        for raw in (0..<192).map({ Float(50 + ($0 % 24) * 2) }) + tail {
            let value = cleaning.next(raw: raw, isMeasured: true, past: past)
            past.append(value.load)
            result.append(value)
        }
        return Array(result.suffix(tail.count))
    }

    @Test("a gap of an hour holds the last value, a longer one takes the week before")
    func gaps() {
        let values = cleaned([.nan, .nan, .nan, 60])
        #expect(values.map(\.load) == [96, 52, 54, 60])
        #expect(values.map(\.isValid) == [false, false, false, true])
    }

    @Test("a spike is dropped, what lasts longer than an hour is taken")
    func spikes() {
        let spike = cleaned([50, 5000, 54])
        #expect(spike.map(\.isValid) == [true, false, true])
        #expect(spike[1].load < 100)
        #expect(cleaned([50, 5000, 5000, 5000]).map(\.isValid) == [true, false, true, true])
    }

    @Test("a fall to nothing for an hour is dropped, a shutdown is taken")
    func zeros() {
        #expect(cleaned([50, 0, 54]).map(\.isValid) == [true, false, true])
        #expect(cleaned([50, 0, 0, 0]).map(\.isValid) == [true, false, true, true])
    }

    @Test("values put in for an event serve as lags and are not valid")
    func imputed() {
        var cleaning = LoadCleaning(.hour)
        let value = cleaning.next(raw: 42, isMeasured: false, past: [40])
        #expect(value == LoadCleaning.Value(load: 42, isValid: false))
    }

    @Test("what is known of the past never changes with the future", arguments: [UInt64(1), 2, 3])
    func causal(seed: UInt64) {
        var noise = Noise(seed: seed)
        var building = SyntheticBuilding(noise: 20, seed: seed)
        building.seed = seed
        var samples = building.samples(days: 20)
        for index in samples.indices {
            let roll = noise.uniform()
            if roll < 0.1 {
                samples[index].load = nil
            } else if roll < 0.13 {
                samples[index].load = 1e5 * noise.uniform()
            }
        }
        let whole = CleanHistory(LoadHistory(grid: building.grid, calendar: building.calendar, samples: samples))
        let part = CleanHistory(
            LoadHistory(grid: building.grid, calendar: building.calendar, samples: samples.prefix(300)))
        #expect(Array(whole.load.prefix(300)) == part.load)
        #expect(Array(whole.isValid.prefix(300)) == part.isValid)
        #expect(!whole.load.contains { !$0.isFinite })
    }
}
