/// A difference as rows to read: `-` and `+` say it as well as the colour, what changed inside a line is underlined, and
/// of what is the same three lines stand round a change.
extension LineDiff {
    private static let context = 3
    /// Lines of each side that are shown; a longer difference says so at its end.
    private static let longest = 2000

    /// One under the other.
    package func unified(width: Int) -> [[Span]] {
        var rows: [[Span]] = []
        for piece in shown {
            switch piece {
            case .hidden(let count): rows.append(Self.hidden(count))
            case .same(let line): rows += Self.rows(line, against: nil, " ", .text, width)
            case .block(let old, let new):
                for (index, line) in old.enumerated() {
                    let other = index < new.count ? new[index] : nil
                    rows += Self.rows(line, against: other, "-", .diffRemoved, width)
                }
                for (index, line) in new.enumerated() {
                    let other = index < old.count ? old[index] : nil
                    rows += Self.rows(line, against: other, "+", .diffAdded, width)
                }
            }
        }
        return rows
    }

    /// The old at the left, the new at the right, line by line.
    package func sideBySide(width: Int) -> [[Span]] {
        let half = max(8, (width - 3) / 2)
        var rows: [[Span]] = []
        for piece in shown {
            switch piece {
            case .hidden(let count): rows.append(Self.hidden(count))
            case .same(let line):
                let one = Self.rows(line, against: nil, " ", .text, half)
                rows += Self.beside(one, one, half)
            case .block(let old, let new):
                for index in 0..<max(old.count, new.count) {
                    let left = index < old.count ? old[index] : nil
                    let right = index < new.count ? new[index] : nil
                    rows += Self.beside(
                        left.map { Self.rows($0, against: right, "-", .diffRemoved, half) } ?? [],
                        right.map { Self.rows($0, against: left, "+", .diffAdded, half) } ?? [], half)
                }
            }
        }
        return rows
    }

    private enum Shown {
        case hidden(Int)
        case same(Line)
        case block(old: [Line], new: [Line])
    }

    private var shown: [Shown] {
        var result: [Shown] = []
        var left = Self.longest
        for (index, piece) in pieces.enumerated() {
            guard left > 0 else {
                result.append(.hidden(-1))
                break
            }
            switch piece {
            case .same(let lines):
                let head = index == 0 ? 0 : Self.context
                let tail = index == pieces.count - 1 ? 0 : Self.context
                let hidden = lines.count - head - tail
                if hidden <= 1 {
                    result += lines.map { .same($0) }
                } else {
                    result += lines.prefix(head).map { .same($0) } + [.hidden(hidden)]
                    result += lines.suffix(tail).map { .same($0) }
                }
            case .changed(let old, let new):
                result.append(.block(old: Array(old.prefix(left)), new: Array(new.prefix(left))))
                left -= max(old.count, new.count)
            }
        }
        if left < 0 { result.append(.hidden(-1)) }
        return result
    }

    /// Negative: nobody counted them.
    private static func hidden(_ count: Int) -> [Span] {
        guard count >= 0 else { return [Span("  … more than can be read here", .textDim)] }
        return [Span("  … \(Numeral.grouped(count)) lines are the same", .textDim)]
    }

    /// One line, wrapped, its sign before each row of it.
    private static func rows(
        _ line: Line, against other: Line?, _ sign: String, _ role: Role, _ width: Int
    ) -> [[Span]] {
        let scalars = Array(line.text.unicodeScalars)
        var spans = Spelling.spans(scalars, role)
        if let other {
            let (head, tail) = common(scalars, Array(other.text.unicodeScalars))
            let middle = head..<(scalars.count - tail)
            spans =
                Spelling.spans(scalars[..<head], role) + Spelling.spans(scalars[middle], role, .underline)
                + Spelling.spans(scalars[middle.upperBound...], role)
        }
        let wrapped = TextView.wrap(spans, width: max(1, width - 2))
        return (wrapped.isEmpty ? [[]] : wrapped).map { [Span(sign + " ", role)] + $0 }
    }

    /// How long the common beginning and the common end are; they never overlap.
    private static func common(_ one: [Unicode.Scalar], _ two: [Unicode.Scalar]) -> (head: Int, tail: Int) {
        let most = min(one.count, two.count)
        var head = 0
        while head < most, one[head] == two[head] { head += 1 }
        var tail = 0
        while tail < most - head, one[one.count - 1 - tail] == two[two.count - 1 - tail] { tail += 1 }
        return (head, tail)
    }

    private static func beside(_ left: [[Span]], _ right: [[Span]], _ half: Int) -> [[Span]] {
        (0..<max(left.count, right.count)).map { index in
            let one = index < left.count ? left[index] : []
            let columns = one.reduce(0) { $0 + CharacterWidth.columns($1.text) }
            let gap = Span(String(repeating: " ", count: max(0, half - columns)))
            return one + [gap, Span(" │ ", .rule)] + (index < right.count ? right[index] : [])
        }
    }
}
