/// One drawable character: a scalar with up to four combining marks, and the columns it takes (1 or 2).
package struct Cluster: Hashable, Sendable {
    package let scalar: Unicode.Scalar
    package let marks: [Unicode.Scalar]
    package let width: Int

    func append(to text: inout String) {
        text.unicodeScalars.append(scalar)
        text.unicodeScalars.append(contentsOf: marks)
    }
}

/// Cuts text into drawable characters and sanitises it on the way: whatever text is given, what comes out is safe to
/// draw. See ``Sanitiser`` for what becomes of the rest.
struct ClusterReader {
    private var scalars: Substring.UnicodeScalarView.Iterator
    private var ahead: Unicode.Scalar?
    private var afterMark = false

    static let replacement: Unicode.Scalar = "\u{FFFD}"

    init(_ text: String) { self.init(Substring(text)) }

    init(_ text: Substring) {
        scalars = text.unicodeScalars.makeIterator()
        ahead = scalars.next()
    }

    mutating func next() -> Cluster? {
        while let scalar = ahead {
            ahead = scalars.next()
            switch Sanitiser.verdict(scalar) {
            case .drop: continue
            case .mark:
                if afterMark { continue }
                afterMark = true
                return Cluster(scalar: Self.replacement, marks: [], width: 1)
            case .space:
                afterMark = false
                if scalar == "\r", ahead == "\n" { ahead = scalars.next() }
                return Cluster(scalar: " ", marks: [], width: 1)
            case .draw:
                afterMark = false
                return cluster(on: scalar)
            }
        }
        return nil
    }

    /// A mark with nothing before it sits on a space, so that it cannot climb onto a cell that is not its own.
    private mutating func cluster(on first: Unicode.Scalar) -> Cluster {
        let width = CharacterWidth.columns(first)
        var marks: [Unicode.Scalar] = width == 0 ? [first] : []
        while let scalar = ahead, scalar.value >= 0x300 {
            let verdict = Sanitiser.verdict(scalar)
            guard verdict == .drop || (verdict == .draw && CharacterWidth.columns(scalar) == 0) else { break }
            if verdict == .draw, marks.count < Sanitiser.maximumMarks { marks.append(scalar) }
            ahead = scalars.next()
        }
        return width == 0
            ? Cluster(scalar: " ", marks: marks, width: 1) : Cluster(scalar: first, marks: marks, width: width)
    }
}
