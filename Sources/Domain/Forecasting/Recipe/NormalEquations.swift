/// X'WX and X'Wz of one block of rows, upper triangle only.
struct NormalEquations: Sendable {
    let columns: Int
    /// The matrix line by line, then the right side: one array, because one pass fills both.
    private(set) var sums: [Float]
    private(set) var weight: Double = 0

    init(columns: Int) {
        self.columns = columns
        sums = [Float](repeating: 0, count: columns * columns + columns)
    }

    /// Adds rows four at a time: one pass over the matrix for four rows, which is what the speed hangs on.
    /// `rows` holds the numbers of the rows in `x`.
    mutating func add(
        _ x: UnsafePointer<Float>, rows: ArraySlice<Int32>, target: UnsafePointer<Float>, weight: UnsafePointer<Float>
    ) {
        let width = columns
        sums.withUnsafeMutableBufferPointer { sums in
            guard let matrix = sums.baseAddress else { return }
            var index = rows.startIndex
            while index < rows.endIndex {
                let left = rows.endIndex - index
                let r0 = Int(rows[index])
                let r1 = left > 1 ? Int(rows[index + 1]) : r0
                let r2 = left > 2 ? Int(rows[index + 2]) : r0
                let r3 = left > 3 ? Int(rows[index + 3]) : r0
                NormalEquations.addFour(
                    width, matrix, matrix + width * width,
                    (x + r0 * width, x + r1 * width, x + r2 * width, x + r3 * width),
                    (weight[r0], left > 1 ? weight[r1] : 0, left > 2 ? weight[r2] : 0, left > 3 ? weight[r3] : 0),
                    (target[r0], target[r1], target[r2], target[r3]))
                index += 4
            }
        }
        for row in rows { self.weight += Double(weight[Int(row)]) }
    }

    @inline(__always)
    private static func addFour(
        _ width: Int, _ matrix: UnsafeMutablePointer<Float>, _ right: UnsafeMutablePointer<Float>,
        _ x: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>),
        _ w: (Float, Float, Float, Float), _ z: (Float, Float, Float, Float)
    ) {
        for i in 0..<width {
            let a0 = w.0 * x.0[i]
            let a1 = w.1 * x.1[i]
            let a2 = w.2 * x.2[i]
            let a3 = w.3 * x.3[i]
            let line = matrix + i * width
            for j in i..<width {
                line[j] += (a0 * x.0[j] + a1 * x.1[j]) + (a2 * x.2[j] + a3 * x.3[j])
            }
            right[i] += (a0 * z.0 + a1 * z.1) + (a2 * z.2 + a3 * z.3)
        }
    }
}

/// A symmetric system, gathered from blocks and solved by Cholesky's method.
struct RidgeSystem {
    let columns: Int
    private var matrix: [Double]
    private var right: [Double]
    private(set) var weight: Double = 0

    init(columns: Int) {
        self.columns = columns
        matrix = [Double](repeating: 0, count: columns * columns)
        right = [Double](repeating: 0, count: columns)
    }

    mutating func add(_ block: NormalEquations, share: Double) {
        for index in matrix.indices { matrix[index] += share * Double(block.sums[index]) }
        for index in right.indices { right[index] += share * Double(block.sums[matrix.count + index]) }
        weight += share * block.weight
    }

    /// Draws the solution toward `prior` with the given stiffness per column.
    mutating func penalise(_ penalty: [Double], toward prior: [Double]) {
        for column in 0..<columns {
            matrix[column * columns + column] += penalty[column]
            right[column] += penalty[column] * prior[column]
        }
    }

    /// Nil when the system has no unique solution.
    func solved() -> [Double]? {
        let n = columns
        var upper = matrix
        // U'U = A, row by row in the upper triangle.
        for i in 0..<n {
            var pivot = upper[i * n + i]
            for k in 0..<i { pivot -= upper[k * n + i] * upper[k * n + i] }
            guard pivot > 0, pivot.isFinite else { return nil }
            let root = pivot.squareRoot()
            upper[i * n + i] = root
            for k in 0..<i {
                let factor = upper[k * n + i]
                guard factor != 0 else { continue }
                for j in i + 1..<n { upper[i * n + j] -= factor * upper[k * n + j] }
            }
            for j in i + 1..<n { upper[i * n + j] /= root }
        }
        var solution = right
        for i in 0..<n {
            for k in 0..<i { solution[i] -= upper[k * n + i] * solution[k] }
            solution[i] /= upper[i * n + i]
        }
        for i in stride(from: n - 1, through: 0, by: -1) {
            for j in i + 1..<n { solution[i] -= upper[i * n + j] * solution[j] }
            solution[i] /= upper[i * n + i]
        }
        return solution.allSatisfy(\.isFinite) ? solution : nil
    }
}
