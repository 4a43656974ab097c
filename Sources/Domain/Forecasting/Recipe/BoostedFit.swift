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
    private var rest: [Float]

    /// `rest` is what is to be learned, `scales` what the columns of `from` were divided by.
    init(_ from: TrainingRows, scales: [Float], rest: [Float], weight: [Float]) {
        let (columns, facts) = (from.columns, BoostedTrees.facts)
        self.init(columns: FeatureRow.columns + facts, rest: rest, weight: weight) { row, column in
            let fact = column - FeatureRow.columns
            if fact >= 0 { return from.facts[row * facts + fact] }
            return column < columns ? scales[column] * from.x[row * columns + column] : 0
        }
    }

    /// `value` gives the row's column in its own units.
    init(columns: Int, rest: [Float], weight: [Float], value: (_ row: Int, _ column: Int) -> Float) {
        rows = rest.count
        width = columns
        self.rest = rest
        self.weight = weight
        binned = [UInt8](repeating: 0, count: rest.count * width)
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

    mutating func trees(_ constants: RecipeConstants) -> BoostedTrees {
        var trees = BoostedTrees()
        var hash = Hash()
        for _ in 0..<constants.trees {
            let chosen = (0..<Int32(rows)).filter { _ in hash.next() < constants.treeRows }
            let varied = (0..<width).filter { edges[$0 * BoostedFit.bins].isFinite }
            let usable = varied.filter { _ in hash.next() < constants.treeColumns }
            let tree = grow(chosen, usable, constants.treeLeast)
            let values = settle(tree, constants.treeRate)
            var thresholds = [Float](repeating: .infinity, count: BoostedTrees.splits)
            for node in 0..<BoostedTrees.splits where tree.bin[node] < BoostedFit.bins - 1 {
                thresholds[node] = edges[tree.column[node] * BoostedFit.bins + tree.bin[node]]
            }
            trees.append(columns: tree.column.map { UInt8($0) }, thresholds: thresholds, values: values)
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
        let pulls = chosen.map { weight[Int($0)] * min(bound, max(-bound, rest[Int($0)])) }
        let weights = chosen.map { weight[Int($0)] }
        var nodes = [UInt8](repeating: 0, count: chosen.count)
        var histogram = [Float](repeating: 0, count: 8 * BoostedFit.bins * 2)
        for level in 0..<BoostedTrees.depth {
            let first = 1 << level - 1
            var gains = [Float](repeating: 0, count: 1 << level)
            for column in usable {
                fill(&histogram, nodes: nodes, count: 1 << level, column: column, chosen, pulls, weights)
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

    private func fill(
        _ histogram: inout [Float], nodes: [UInt8], count: Int, column: Int, _ chosen: [Int32], _ pulls: [Float],
        _ weights: [Float]
    ) {
        let start = column * rows
        histogram.withUnsafeMutableBufferPointer { histogram in
            for index in 0..<count * BoostedFit.bins * 2 { histogram[index] = 0 }
            nodes.withUnsafeBufferPointer { nodes in
                binned.withUnsafeBufferPointer { binned in
                    chosen.withUnsafeBufferPointer { chosen in
                        pulls.withUnsafeBufferPointer { pulls in
                            weights.withUnsafeBufferPointer { weights in
                                for index in 0..<chosen.count {
                                    let bin = Int(binned[start + Int(chosen[index])])
                                    let cell = (Int(nodes[index]) * BoostedFit.bins + bin) * 2
                                    histogram[cell] += pulls[index]
                                    histogram[cell + 1] += weights[index]
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Gain and bin of a node's best cut; gain 0 when no cut leaves `least` weight on both sides.
    private static func best(_ histogram: [Float], _ node: Int, _ least: Float) -> (Float, Int) {
        let start = node * bins * 2
        var (pull, weight) = (Float(0), Float(0))
        for bin in 0..<bins {
            pull += histogram[start + 2 * bin]
            weight += histogram[start + 2 * bin + 1]
        }
        guard weight >= 2 * least else { return (0, bins - 1) }
        let whole = pull * pull / weight
        var (left, leftWeight, gain, cut) = (Float(0), Float(0), Float(0), bins - 1)
        for bin in 0..<bins - 1 {
            left += histogram[start + 2 * bin]
            leftWeight += histogram[start + 2 * bin + 1]
            guard leftWeight >= least, weight - leftWeight >= least else { continue }
            let right = pull - left
            let here = left * left / leftWeight + right * right / (weight - leftWeight) - whole
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

    /// Source: Sebastiano Vigna, splitmix64.
    private struct Hash {
        private var counter: UInt64 = 0x1234_5678

        /// 0..<1
        mutating func next() -> Double {
            counter &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (counter ^ (counter >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((mixed ^ (mixed >> 31)) >> 11) / 9_007_199_254_740_992
        }
    }
}
