/// The closed-form heart of the recipe: ridge regressions by block of the day, drawn toward least absolute error.
enum RidgeFit {
    /// Nil when there is too little to learn from.
    static func model(
        from rows: inout TrainingRows, constants: RecipeConstants
    ) -> (ridge: RidgeModel, trees: BoostedTrees, direct: BoostedTrees)? {
        guard rows.count >= 4 * rows.columns else { return nil }
        let scales = rows.scaleColumns()
        var weight = rows.weight
        var weights = [[Double]](repeating: [Double](repeating: 0, count: rows.columns), count: constants.blocks)
        for pass in 0...constants.reweightings {
            if pass > 0 { reweight(&weight, rows, weights) }
            guard let solved = solve(rows, weight, constants) else { return nil }
            weights = solved
        }
        let flat = weights.flatMap { line in line.indices.map { Float(line[$0]) / scales[$0] } }
        let ridge = RidgeModel(blocks: constants.blocks, columns: rows.columns, weights: flat)
        guard constants.trees > 0 else { return (ridge, BoostedTrees(), BoostedTrees()) }
        var fit = BoostedFit(rows, scales: scales)
        let (left, share) = (errors(rows, weights), 1 / Float(constants.treeSets))
        var trees = BoostedTrees()
        for set in 0..<constants.treeSets {
            trees.append(
                fit.trees(learning: left, count: constants.trees, seed: UInt64(set), share: share, constants))
        }
        let direct = fit.trees(learning: rows.target, count: constants.directTrees, seed: 1000, constants)
        return (ridge, trees, direct)
    }

    private static func solve(_ rows: TrainingRows, _ weight: [Float], _ constants: RecipeConstants) -> [[Double]]? {
        let blocks = rows.byBlock.map { members in
            var equations = NormalEquations(columns: rows.columns)
            rows.x.withUnsafeBufferPointer { x in
                rows.target.withUnsafeBufferPointer { target in
                    weight.withUnsafeBufferPointer { weight in
                        guard let x = x.baseAddress, let target = target.baseAddress, let weight = weight.baseAddress
                        else { return }
                        equations.add(x, rows: members[...], target: target, weight: weight)
                    }
                }
            }
            return equations
        }
        var solutions: [[Double]] = []
        for block in blocks.indices {
            var system = RidgeSystem(columns: rows.columns)
            system.add(blocks[block], share: 1)
            for neighbour in [block + blocks.count - 1, block + 1] {
                system.add(blocks[neighbour % blocks.count], share: Double(constants.neighbourWeight))
            }
            let stiffness = Double(constants.penalty) * max(system.weight, 1)
            var penalty = [Double](repeating: stiffness, count: rows.columns)
            penalty[0] = stiffness / 10
            system.penalise(penalty, toward: [Double](repeating: 0, count: rows.columns))
            guard let solution = system.solved() else { return nil }
            solutions.append(solution)
        }
        return solutions
    }

    /// One step of iterated weights toward L1: w·c / max(|error|, c), c half the mean error.
    private static func reweight(_ weight: inout [Float], _ rows: TrainingRows, _ weights: [[Double]]) {
        let misses = errors(rows, weights).map { abs($0) }
        var (sum, total) = (0.0, 0.0)
        for row in misses.indices {
            sum += Double(rows.weight[row] * misses[row])
            total += Double(rows.weight[row])
        }
        let half = Float(0.5 * sum / max(total, 1e-9))
        guard half > 0 else { return }
        for row in misses.indices { weight[row] = rows.weight[row] * half / max(misses[row], half) }
    }

    /// Target minus what the weights say, row by row.
    private static func errors(_ rows: TrainingRows, _ weights: [[Double]]) -> [Float] {
        let columns = rows.columns
        var errors = [Float](repeating: 0, count: rows.count)
        rows.x.withUnsafeBufferPointer { x in
            for (block, members) in rows.byBlock.enumerated() {
                let line = weights[block].map { Float($0) }
                line.withUnsafeBufferPointer { line in
                    for member in members {
                        let start = Int(member) * columns
                        var sum: Float = 0
                        for column in 0..<columns { sum += line[column] * x[start + column] }
                        errors[Int(member)] = rows.target[Int(member)] - sum
                    }
                }
            }
        }
        return errors
    }
}
