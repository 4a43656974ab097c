import Testing

@testable import Forecasting

@Suite("Numerics")
struct NumericsTests {
    @Test("normal equations and Cholesky find the weights that made the data", arguments: [UInt64(1), 2, 3, 4])
    func recoversWeights(seed: UInt64) throws {
        var noise = Noise(seed: seed)
        let truth = (0..<5).map { _ in Float(noise.bell()) }
        // 41 rows: not a multiple of the four that are taken together.
        let x = (0..<41 * 5).map { _ in Float(noise.bell()) }
        let target = (0..<41).map { row in (0..<5).reduce(Float(0)) { $0 + truth[$1] * x[row * 5 + $1] } }
        var equations = NormalEquations(columns: 5)
        let weight = (0..<41).map { _ in Float(0.5 + noise.uniform()) }
        equations.add(x, rows: (0..<41).map { Int32($0) }[...], target: target, weight: weight)
        var system = RidgeSystem(columns: 5)
        system.add(equations, share: 1)
        let solution = try #require(system.solved())
        for column in 0..<5 { #expect(abs(solution[column] - Double(truth[column])) < 1e-3) }
    }

    @Test("a penalty draws toward the prior, and a stiff one gives it")
    func prior() throws {
        var system = RidgeSystem(columns: 2)
        system.penalise([1e9, 1e9], toward: [3, -4])
        let solution = try #require(system.solved())
        #expect(abs(solution[0] - 3) < 1e-6 && abs(solution[1] + 4) < 1e-6)
    }

    @Test("a system without a unique solution has none")
    func singular() {
        #expect(RidgeSystem(columns: 3).solved() == nil)
    }

    @Test("trees learn a step that no line can follow")
    func treesLearnSteps() {
        var noise = Noise(seed: 5)
        let values = (0..<400).map { _ in Float(noise.bell()) }
        let columns = values.map { value -> [Float] in
            (0..<FeatureRow.columns + BoostedTrees.facts).map { $0 == 3 ? value : 0 }
        }
        var fit = BoostedFit(
            columns: FeatureRow.columns + BoostedTrees.facts, weight: [Float](repeating: 1, count: 400)
        ) { row, column in columns[row][column] }
        var constants = RecipeConstants()
        constants.treeRate = 0.3
        constants.treeColumns = 1
        constants.treeLeast = 5
        let trees = fit.trees(learning: values.map { $0 > 0.5 ? 10 : -10 }, count: 30, constants)
        var row = columns[0]
        row[3] = 1.5
        #expect(trees.value(row) > 7)
        row[3] = -1
        #expect(trees.value(row) < -7)
    }

    @Test("every column of the row has a cause")
    func causes() {
        let causes = (0..<FeatureRow.columns).map { FeatureRow.cause($0) }
        #expect(causes.filter { $0 == .weather }.count == WeatherHinges.columns)
        #expect(causes[36] == .calendar && causes[44] == .calendar && causes[45] == .recent && causes[35] == .recent)
    }
}
