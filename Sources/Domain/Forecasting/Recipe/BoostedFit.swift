/// Gradient boosting on what a ridge leaves, by histograms. Deterministic: rows and columns take turns by a counter's hash.
struct BoostedFit {
    private static let bins = 32
    private let rows: Int
    private let width: Int
    /// Bin of every value, column by column.
    private var binned: [UInt8]
    /// Upper edges of the bins, `[column][bin]`, flat, in the units of the row.
    private var edges: [Float]
    private let weight: [Float]
    /// What is not learned yet.
    private var rest: [Float] = []

    /// `scales` is what the columns of `from` were divided by.
    init(_ from: TrainingRows, scales: [Float]) {
        let (columns, facts) = (from.columns, BoostedTrees.facts)
        self.init(columns: FeatureRow.columns + facts, weight: from.weight) { row, column in
            let fact = column - FeatureRow.columns
            if fact >= 0 { return from.facts[row * facts + fact] }
            return column < columns ? scales[column] * from.x[row * columns + column] : 0
        }
    }

    /// `value` gives the row's column in its own units.
    init(columns: Int, weight: [Float], value: (_ row: Int, _ column: Int) -> Float) {
        rows = weight.count
        width = columns
        self.weight = weight
        binned = [UInt8](repeating: 0, count: rows * width)
        edges = [Float](repeating: .infinity, count: width * BoostedFit.bins)
        for column in 0..<width { bin(column) { value($0, column) } }
    }

    private mutating func bin(_ column: Int, _ value: (_ row: Int) -> Float) {
        let bins = BoostedFit.bins
        let sample = stride(from: 0, to: rows, by: max(1, rows / 2000)).map(value).sorted()
        guard let last = sample.last, let first = sample.first, last > first else { return }
        for bin in 0..<bins - 1 { edges[column * bins + bin] = sample[(bin + 1) * sample.count / bins] }
        for row in 0..<rows {
            let here = value(row)
            // Half the bins, then a quarter, ...: the first whose upper edge is not below the value.
            var (low, high) = (0, bins - 1)
            while low < high {
                let middle = (low + high) / 2
                if here > edges[column * bins + middle] { low = middle + 1 } else { high = middle }
            }
            binned[column * rows + row] = UInt8(truncatingIfNeeded: low)
        }
    }

    /// So many trees that learn `target`. Another `seed` feeds them other rows and columns; `share` is their share in a mean.
    mutating func trees(
        learning target: [Float], count: Int, seed: UInt64 = 0, share: Float = 1, _ constants: RecipeConstants
    ) -> BoostedTrees {
        rest = target
        var trees = BoostedTrees()
        var draws = SeededDraws(seed: 0x1234_5678 &+ seed)
        for _ in 0..<count {
            let chosen = (0..<Int32(rows)).filter { _ in draws.next() < constants.treeRows }
            let varied = (0..<width).filter { edges[$0 * BoostedFit.bins].isFinite }
            let usable = varied.filter { _ in draws.next() < constants.treeColumns }
            let tree = grow(chosen, usable, constants.treeLeast)
            let values = settle(tree, constants.treeRate)
            var thresholds = [Float](repeating: .infinity, count: BoostedTrees.splits)
            for node in 0..<BoostedTrees.splits where tree.bin[node] < BoostedFit.bins - 1 {
                thresholds[node] = edges[tree.column[node] * BoostedFit.bins + tree.bin[node]]
            }
            trees.append(
                columns: tree.column.map { UInt8($0) }, thresholds: thresholds, values: values.map { share * $0 })
        }
        return trees
    }

    private struct Tree {
        var column = [Int](repeating: 0, count: BoostedTrees.splits)
        /// Rows with a higher bin go right; the last bin sends all left.
        var bin = [Int](repeating: bins - 1, count: BoostedTrees.splits)
    }

    /// Size at which an error counts as an outlier: its pull no longer grows.
    private var bound: Float {
        var (sum, total) = (Float(0), Float(0))
        for row in 0..<rows {
            sum += weight[row] * abs(rest[row])
            total += weight[row]
        }
        return sum / max(total, 1e-9)
    }

    private func grow(_ chosen: [Int32], _ usable: [Int], _ least: Float) -> Tree {
        var tree = Tree()
        let bound = bound
        let pulls = chosen.map { row -> SIMD2<Float> in
            let weight = weight[Int(row)]
            return SIMD2(weight * min(bound, max(-bound, rest[Int(row)])), weight)
        }
        var nodes = [UInt8](repeating: 0, count: chosen.count)
        var histogram = [SIMD2<Float>](repeating: .zero, count: (BoostedTrees.leaves / 2) * BoostedFit.bins)
        for level in 0..<BoostedTrees.depth {
            let first = 1 << level - 1
            var gains = [Float](repeating: 0, count: 1 << level)
            for column in usable {
                fill(&histogram, nodes: nodes, count: 1 << level, column: column, chosen, pulls)
                for node in 0..<1 << level {
                    let (gain, bin) = BoostedFit.best(histogram, node, least)
                    if gain > gains[node] {
                        gains[node] = gain
                        tree.column[first + node] = column
                        tree.bin[first + node] = bin
                    }
                }
            }
            for index in chosen.indices {
                let node = Int(nodes[index])
                let split = first + node
                let isRight = Int(binned[tree.column[split] * rows + Int(chosen[index])]) > tree.bin[split]
                nodes[index] = UInt8(2 * node + (isRight ? 1 : 0))
            }
        }
        return tree
    }

    /// Pull and weight by node and bin.
    private func fill(
        _ histogram: inout [SIMD2<Float>], nodes: [UInt8], count: Int, column: Int, _ chosen: [Int32],
        _ pulls: [SIMD2<Float>]
    ) {
        let start = column * rows
        histogram.withUnsafeMutableBufferPointer { histogram in
            for index in 0..<count * BoostedFit.bins { histogram[index] = .zero }
            nodes.withUnsafeBufferPointer { nodes in
                binned.withUnsafeBufferPointer { binned in
                    chosen.withUnsafeBufferPointer { chosen in
                        pulls.withUnsafeBufferPointer { pulls in
                            for index in 0..<chosen.count {
                                let bin = Int(binned[start + Int(chosen[index])])
                                histogram[Int(nodes[index]) * BoostedFit.bins + bin] += pulls[index]
                            }
                        }
                    }
                }
            }
        }
    }

    /// Gain and bin of a node's best cut; gain 0 when no cut leaves `least` weight on both sides.
    private static func best(_ histogram: [SIMD2<Float>], _ node: Int, _ least: Float) -> (Float, Int) {
        let start = node * bins
        var sum = SIMD2<Float>.zero
        for bin in 0..<bins { sum += histogram[start + bin] }
        let (pull, weight) = (sum.x, sum.y)
        guard weight >= 2 * least else { return (0, bins - 1) }
        let whole = pull * pull / weight
        var (left, gain, cut) = (SIMD2<Float>.zero, Float(0), bins - 1)
        for bin in 0..<bins - 1 {
            left += histogram[start + bin]
            guard left.y >= least, weight - left.y >= least else { continue }
            let right = pull - left.x
            let here = left.x * left.x / left.y + right * right / (weight - left.y) - whole
            if here > gain { (gain, cut) = (here, bin) }
        }
        return (gain, cut)
    }

    /// Leaf values from all rows, errors beyond the bound cut to it; takes them off what is left.
    private mutating func settle(_ tree: Tree, _ rate: Float) -> [Float] {
        let (bound, leaves) = (bound, leaves(tree))
        var sums = [Float](repeating: 0, count: BoostedTrees.leaves)
        var weights = [Float](repeating: 0, count: BoostedTrees.leaves)
        for row in 0..<rows {
            let leaf = Int(leaves[row])
            sums[leaf] += weight[row] * min(bound, max(-bound, rest[row]))
            weights[leaf] += weight[row]
        }
        let values = sums.indices.map { rate * sums[$0] / (weights[$0] + 10) }
        for row in 0..<rows { rest[row] -= values[Int(leaves[row])] }
        return values
    }

    /// The leaf of every row.
    private func leaves(_ tree: Tree) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: rows) { leaves, count in
            binned.withUnsafeBufferPointer { binned in
                tree.column.withUnsafeBufferPointer { column in
                    tree.bin.withUnsafeBufferPointer { bin in
                        for row in 0..<rows {
                            var node = 0
                            for _ in 0..<BoostedTrees.depth {
                                node = 2 * node + (Int(binned[column[node] * rows + row]) > bin[node] ? 2 : 1)
                            }
                            leaves[row] = UInt8(truncatingIfNeeded: node - BoostedTrees.splits)
                        }
                    }
                }
            }
            count = rows
        }
    }
}
