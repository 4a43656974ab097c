/// What is different between two lists of lines, told byte by byte: two spellings of one letter are a difference.
package struct LineDiff: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        /// Its number on its own side, from 1.
        package let number: Int
        package let text: String
    }

    package enum Piece: Hashable, Sendable {
        /// On both sides; numbered as on the old one.
        case same([Line])
        /// What stood here and what stands here now; either may be empty.
        case changed(old: [Line], new: [Line])
    }

    package private(set) var pieces: [Piece] = []

    package var isSame: Bool { removed == 0 && added == 0 }
    package private(set) var removed = 0
    package private(set) var added = 0

    /// Beyond so many steps of comparing, what lies between the common beginning and end counts as changed whole: a
    /// screen must not wait for a better answer.
    private static let work = 4_000_000

    package init(old: [String], new: [String]) {
        let before = old.map { Array($0.utf8) }
        let after = new.map { Array($0.utf8) }
        let most = min(before.count, after.count)
        var head = 0
        while head < most, before[head] == after[head] { head += 1 }
        var tail = 0
        while tail < most - head, before[before.count - 1 - tail] == after[after.count - 1 - tail] { tail += 1 }
        var builder = Builder(old: old, new: new)
        builder.same(head)
        let (left, right) = (head..<(before.count - tail), head..<(after.count - tail))
        if left.count * right.count > Self.work {
            builder.change(left.count, right.count)
        } else {
            builder.walk(before[left], after[right])
        }
        builder.same(tail)
        builder.close()
        pieces = builder.pieces
        removed = builder.removed
        added = builder.added
    }

    private struct Builder {
        let old: [String]
        let new: [String]
        var pieces: [Piece] = []
        var removed = 0
        var added = 0
        private var left = 0
        private var right = 0
        private var changed: (old: [Line], new: [Line]) = ([], [])

        init(old: [String], new: [String]) {
            self.old = old
            self.new = new
        }

        mutating func same(_ count: Int) {
            guard count > 0 else { return }
            close()
            let lines = (left..<(left + count)).map { Line(number: $0 + 1, text: old[$0]) }
            if case .same(let before) = pieces.last {
                pieces[pieces.count - 1] = .same(before + lines)
            } else {
                pieces.append(.same(lines))
            }
            left += count
            right += count
        }

        mutating func change(_ gone: Int, _ come: Int) {
            changed.old += (left..<(left + gone)).map { Line(number: $0 + 1, text: old[$0]) }
            changed.new += (right..<(right + come)).map { Line(number: $0 + 1, text: new[$0]) }
            left += gone
            right += come
            removed += gone
            added += come
        }

        mutating func close() {
            guard !changed.old.isEmpty || !changed.new.isEmpty else { return }
            pieces.append(.changed(old: changed.old, new: changed.new))
            changed = ([], [])
        }

        mutating func walk(_ before: ArraySlice<[UInt8]>, _ after: ArraySlice<[UInt8]>) {
            var gone: Set<Int> = []
            var come: Set<Int> = []
            for change in Array(after).difference(from: Array(before)) {
                switch change {
                case .remove(let offset, _, _): gone.insert(offset)
                case .insert(let offset, _, _): come.insert(offset)
                }
            }
            var (row, column) = (0, 0)
            while row < before.count || column < after.count {
                if gone.contains(row) {
                    change(1, 0)
                    row += 1
                } else if come.contains(column) {
                    change(0, 1)
                    column += 1
                } else {
                    same(1)
                    row += 1
                    column += 1
                }
            }
        }
    }
}
