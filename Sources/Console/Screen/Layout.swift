/// How much room one part of a split asks for, in cells.
package enum Extent: Hashable, Sendable {
    /// Exactly so many cells, as long as there are any left.
    case fixed(Int)
    /// This share of the whole, from 0 to 1, rounded down.
    case fraction(Double)
    /// At least so many cells, and an equal share of what is left over.
    case minimum(Int)
    /// At least so many cells, and a share of what is left over by weight.
    case flexible(minimum: Int, weight: Int)

    package static let fill = Extent.minimum(0)
}

extension Rect {
    /// Splits top to bottom. The parts lie in order, never overlap and never leave the box. When there is too little
    /// room the *first* parts are served first, so put what matters most at the front or give it a `minimum`.
    package func rows(_ extents: [Extent], gap: Int = 0) -> [Rect] {
        var top = y
        return Self.lengths(extents, total: height, gap: gap).map { length in
            defer { top += length + gap }
            return Rect(x: x, y: min(top, maxY), width: width, height: min(length, max(0, maxY - top)))
        }
    }

    /// Splits left to right, by the same rules as `rows`.
    package func columns(_ extents: [Extent], gap: Int = 0) -> [Rect] {
        var left = x
        return Self.lengths(extents, total: width, gap: gap).map { length in
            defer { left += length + gap }
            return Rect(x: min(left, maxX), y: y, width: min(length, max(0, maxX - left)), height: height)
        }
    }

    /// Fixed and minimum lengths are given out in order, then fractions, then the rest by weight.
    static func lengths(_ extents: [Extent], total: Int, gap: Int) -> [Int] {
        let room = max(0, total - gap * max(0, extents.count - 1))
        var left = room
        var lengths = extents.map { extent -> Int in
            let wanted: Int
            switch extent {
            case .fixed(let cells), .minimum(let cells), .flexible(let cells, _): wanted = cells
            case .fraction: wanted = 0
            }
            let given = min(max(0, wanted), left)
            left -= given
            return given
        }
        for (index, extent) in extents.enumerated() {
            guard case .fraction(let share) = extent else { continue }
            lengths[index] = min(left, Int(Double(room) * min(max(share, 0), 1)))
            left -= lengths[index]
        }
        share(left, over: extents, into: &lengths)
        return lengths
    }

    /// Largest parts get the odd cells last: cell i of the rest goes to where the running share crosses a whole number.
    private static func share(_ rest: Int, over extents: [Extent], into lengths: inout [Int]) {
        let weights = extents.map { extent -> Int in
            switch extent {
            case .minimum: 1
            case .flexible(_, let weight): max(0, weight)
            case .fixed, .fraction: 0
            }
        }
        let sum = weights.reduce(0, +)
        guard sum > 0, rest > 0 else { return }
        var weightSoFar = 0
        var given = 0
        for (index, weight) in weights.enumerated() where weight > 0 {
            weightSoFar += weight
            let upTo = rest * weightSoFar / sum
            lengths[index] += upTo - given
            given = upTo
        }
    }
}
