import EnergyModel
import Testing

@testable import Forecasting

@Suite("Network")
struct NetworkTests {
    private func lessons(_ count: Int) -> [NetworkLesson] {
        let building = SyntheticBuilding(cooling: 4)
        let days = 22 + count
        return NetworkLesson.lessons(building.history(days: days), until: building.end(ofDays: days), days: count)
    }

    @Test("the gradient is what finite differences say")
    func gradient() throws {
        let lesson = try #require(lessons(2).first)
        var network = LoadNetwork(seed: 3)
        let sums = NetworkTraining.sums(network, [lesson])
        var noise = Noise(seed: 4)
        let parts = [
            LoadNetwork.Part.pastInput, LoadNetwork.Part.pastState, LoadNetwork.Part.pastBias,
            LoadNetwork.Part.aheadInput, LoadNetwork.Part.aheadState, LoadNetwork.Part.aheadBias,
            LoadNetwork.Part.answer, LoadNetwork.Part.straight,
        ]
        for part in parts {
            // Of the weights that matter: some inputs are zero.
            let weighty = part.sorted { abs(sums.gradient[$0]) > abs(sums.gradient[$1]) }
            let index = weighty[Int(noise.uniform() * 0.05 * Double(part.count))]
            let (kept, step) = (network.weights[index], Float(0.004))
            network.weights[index] = kept + step
            let above = NetworkTraining.sums(network, [lesson]).loss
            network.weights[index] = kept - step
            let below = NetworkTraining.sums(network, [lesson]).loss
            network.weights[index] = kept
            let slope = (above - below) / (2 * step)
            #expect(abs(slope - sums.gradient[index]) < 0.03 * abs(slope) + 0.01, "\(part): \(slope)")
        }
    }

    @Test("the same seed gives the same bytes, another seed others, and training lowers the loss")
    func reproducible() async throws {
        let lessons = lessons(4)
        var training = NetworkTraining()
        training.rounds = 3
        training.shareSize = 1
        training.shares = 2
        training.rate = 0.01
        var losses: [Double] = []
        let first = await training.network(from: lessons) { losses.append($0.loss) }
        #expect(losses.count == 3)
        #expect(try #require(losses.last) < losses[0])
        training.rounds = 1
        let (second, third) = (
            await training.network(from: lessons) { _ in }, await training.network(from: lessons) { _ in }
        )
        #expect(second.archived() == third.archived() && second != first)
        training.seed = 2
        let other = await training.network(from: lessons) { _ in }
        #expect(other.archived() != second.archived())
    }

    @Test("what lies at or after the limit teaches nothing")
    func noLookAhead() {
        let building = SyntheticBuilding()
        var samples = building.samples(days: 30)
        func lessons() -> [NetworkLesson] {
            NetworkLesson.lessons(
                LoadHistory(grid: building.grid, calendar: building.calendar, samples: samples),
                until: building.end(ofDays: 28), days: 3)
        }
        let plain = lessons()
        for index in 28 * 24..<samples.count { samples[index].load = 900 }
        let changed = lessons()
        #expect(plain.count == 3)
        #expect(plain.map(\.past) == changed.map(\.past) && plain.map(\.ahead) == changed.map(\.ahead))
        // Hours behind the limit are no numbers, and those are never equal.
        #expect(plain.map { $0.truth.map(\.bitPattern) } == changed.map { $0.truth.map(\.bitPattern) })
    }

    @Test("weights come back from their file as they were; damaged or other files are refused")
    func file() throws {
        let network = LoadNetwork(seed: 9)
        let bytes = network.archived()
        #expect(try LoadNetwork(archive: bytes) == network)
        var noise = Noise(seed: 7)
        for _ in 0..<50 {
            var broken = bytes
            broken[Int(noise.uniform() * Double(bytes.count))] ^= 0x10
            #expect(throws: ForecastArchiveError.self) { try LoadNetwork(archive: broken) }
            let cut = Array(bytes.prefix(Int(noise.uniform() * Double(bytes.count))))
            #expect(throws: ForecastArchiveError.self) { try LoadNetwork(archive: cut) }
        }
        #expect(throws: ForecastArchiveError.notAnArchive) { try LoadNetwork(archive: []) }
    }

    @Test("with weights it forecasts sanely from the first hour on, and under its own name")
    func forecasts() {
        let building = SyntheticBuilding(cooling: 3)
        var forecaster = Forecaster(
            grid: building.grid, calendar: building.calendar, beginning: building.start, prior: office,
            version: .lstm, constants: .small, network: LoadNetwork(seed: 5))
        for (index, sample) in building.samples(days: 12).enumerated() {
            if [0, 5, 30, 100, 200, 280].contains(index) {
                let forecast = forecaster.forecast(from: sample.start)
                #expect(forecast.version == .lstm)
                #expect(isSane(forecast))
                #expect(forecast.steps.allSatisfy { abs(Double($0.parts.sum) - $0.middle) < 1e-3 })
            }
            forecaster.observe(sample)
        }
    }

    @Test(
        "sigmoid and tangent are exact to a millionth",
        arguments: [
            (0.0, 0.5, 0.0), (1, 0.731_058_6, 0.761_594_2), (-2, 0.119_202_9, -0.964_027_6), (40, 1, 1), (-40, 0, -1),
        ])
    func activations(x: Double, sigmoid: Double, tangent: Double) {
        #expect(abs(Double(Activations.sigmoid(Float(x))) - sigmoid) < 1e-6)
        #expect(abs(Double(Activations.tangent(Float(x))) - tangent) < 1e-6)
    }
}
