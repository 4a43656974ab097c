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
        let network = LoadNetwork(seed: 3)
        let sums = NetworkTraining.sums(network, [lesson])
        var noise = Noise(seed: 4)
        let parts = [
            LoadNetwork.Part.pastInput.lowerBound..<LoadNetwork.Part.pastBias.upperBound,
            LoadNetwork.Part.aheadInput.lowerBound..<LoadNetwork.Part.aheadBias.upperBound,
            LoadNetwork.Part.answer.lowerBound..<LoadNetwork.Part.straight.upperBound,
        ]
        // Along a direction at random through all weights of a part.
        for part in parts {
            let direction = part.map { _ in Float(noise.bell()) }
            func loss(_ step: Float) -> Float {
                var moved = network
                for (index, way) in zip(part, direction) { moved.weights[index] += step * way }
                return NetworkTraining.sums(moved, [lesson]).loss
            }
            let slope = (loss(0.001) - loss(-0.001)) / 0.002
            let expected = zip(part, direction).reduce(Float(0)) { $0 + sums.gradient[$1.0] * $1.1 }
            #expect(abs(slope - expected) < 0.03 * abs(expected) + 0.02, "\(part): \(slope), not \(expected)")
        }
    }

    @Test("the same seed gives the same bytes, another seed others, and training lowers the loss")
    func reproducible() async throws {
        let lessons = lessons(2)
        var training = NetworkTraining()
        training.rounds = 2
        training.shareSize = 1
        training.shares = 2
        training.rate = 0.02
        var losses: [Double] = []
        let first = await training.network(from: lessons) { losses.append($0.loss) }
        #expect(losses.count == 2)
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

    @Test("with weights the recipe says something between its own word and the network's")
    func mixedIn() {
        let building = SyntheticBuilding(cooling: 3)
        let (history, origin) = (building.history(days: 20), building.end(ofDays: 20))
        var constants = RecipeConstants.small
        constants.lean = 0
        let middles = [(ModelVersion.recipe, false), (.recipe, true), (.lstm, true)].map { version, isMixed in
            Forecaster.replayed(
                history, prior: office, version: version, constants: constants,
                network: isMixed ? LoadNetwork(seed: 5) : nil
            ).forecast(from: origin).steps.map(\.middle)
        }
        for step in 0..<24 {
            let expected = 0.7 * middles[0][step] + 0.3 * middles[2][step]
            #expect(abs(middles[1][step] - expected) < 0.01)
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
