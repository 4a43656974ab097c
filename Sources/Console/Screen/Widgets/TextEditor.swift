/// Many lines of text being edited. Pure: keys in, a new value out. Its unit is the scalar, so that what was not touched
/// leaves as it came; `\n` parts lines, every other control is a scalar that stands spelled out (see ``Spelling``).
package struct TextEditor: Sendable {
    /// What became of a key.
    package enum Answer: Hashable, Sendable {
        case taken
        /// It would have made the text longer than its limit: nothing changed.
        case full
        /// It means nothing here and belongs to someone else.
        case notMine
    }

    private struct Change {
        var at: Int
        var removed: [Unicode.Scalar]
        var inserted: [Unicode.Scalar]
        var isTyping: Bool
        var weight: Int { removed.count + inserted.count }
    }

    package private(set) var scalars: [Unicode.Scalar]
    /// Between 0 and the number of scalars: the key goes in before this one.
    package private(set) var caret = 0
    /// Raised by each change of the text, undoing too: what was found out about one generation says nothing of the next.
    package private(set) var generation = 0
    /// UTF-8 bytes of the text, never more than `limit` unless it came longer.
    package private(set) var bytes: Int
    package let limit: Int
    /// The column that up and down aim at, kept over short rows.
    private var goal: Int?
    private var past: [Change] = []
    private var future: [Change] = []
    private var isForgetful = false
    var layout = TextLayout()

    /// Changes that can be undone, and the scalars they may keep in memory; the last one always can.
    private static let undoSteps = 200
    private static let undoScalars = 1 << 20

    package init(_ text: String, limit: Int = 256 * 1024) {
        scalars = Array(text.unicodeScalars)
        bytes = text.utf8.count
        self.limit = limit
        layout.lay(scalars)
    }

    package var text: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Nothing was changed, or everything was undone.
    package var isUntouched: Bool { past.isEmpty && !isForgetful }

    // MARK: - Keys

    package mutating func press(_ press: KeyPress) -> Answer {
        if let typed = press.typed { return insert(String(typed)) }
        let name = press.description
        if move(name) { return .taken }
        goal = nil
        switch name {
        case "Enter": return insert("\n", isTyping: false)
        case "Tab": return insert("\t")
        case "Backspace", "C-h": return replace(max(0, caret - 1)..<caret, with: [])
        case "Delete", "C-d": return replace(caret..<min(caret + 1, scalars.count), with: [])
        case "C-k": return replace(caret..<lineEnd(after: caret), with: [])
        case "C-u": return replace(lineStart(before: caret)..<caret, with: [])
        case "C-w", "M-Backspace": return replace(wordStart..<caret, with: [])
        default: return .notMine
        }
    }

    /// Typed or pasted, as it is.
    package mutating func insert(_ text: String, isTyping: Bool = true) -> Answer {
        goal = nil
        return replace(caret..<caret, with: Array(text.unicodeScalars), isTyping: isTyping && text.utf8.count < 8)
    }

    package mutating func replaceAll(with text: String) -> Answer {
        goal = nil
        return replace(scalars.indices, with: Array(text.unicodeScalars))
    }

    private mutating func move(_ name: String) -> Bool {
        switch name {
        case "Up", "C-p": move(rows: -1)
        case "Down", "C-n": move(rows: 1)
        case "PgUp": move(rows: -layout.page)
        case "PgDn": move(rows: layout.page)
        case "Left", "C-b": jump(to: caret - 1)
        case "Right", "C-f": jump(to: caret + 1)
        case "Home", "C-a": jump(to: layout.range(of: layout.row(of: caret), in: scalars).lowerBound)
        case "End", "C-e": jump(to: layout.rowEnd(layout.row(of: caret), in: scalars))
        case "C-Home", "M-<": jump(to: 0)
        case "C-End", "M->": jump(to: scalars.count)
        case "M-b", "C-Left": jump(to: wordStart)
        case "M-f", "C-Right": jump(to: wordEnd)
        default: return false
        }
        return true
    }

    /// Puts the caret before this scalar, or as near as there is one.
    package mutating func jump(to index: Int) {
        goal = nil
        caret = min(max(0, index), scalars.count)
        layout.show(caret)
    }

    package mutating func move(rows: Int) {
        let row = layout.row(of: caret)
        let column = goal ?? layout.column(of: caret, in: scalars)
        caret = layout.index(row: row + rows, column: column, in: scalars)
        goal = column
        layout.show(caret)
    }

    // MARK: - Changes

    private mutating func replace(
        _ range: Range<Int>, with new: [Unicode.Scalar], isTyping: Bool = false
    ) -> Answer {
        guard !range.isEmpty || !new.isEmpty else { return .taken }
        let removed = Array(scalars[range])
        let size = bytes - Self.bytes(removed) + Self.bytes(new)
        guard size <= max(limit, bytes) else { return .full }
        remember(Change(at: range.lowerBound, removed: removed, inserted: new, isTyping: isTyping))
        future = []
        apply(range, new)
        return .taken
    }

    private mutating func apply(_ range: Range<Int>, _ new: [Unicode.Scalar]) {
        bytes += Self.bytes(new) - Self.bytes(scalars[range])
        scalars.replaceSubrange(range, with: new)
        caret = range.lowerBound + new.count
        generation += 1
        layout.lay(scalars)
        layout.show(caret)
    }

    /// What is typed in one go is undone in one go.
    private mutating func remember(_ change: Change) {
        if change.isTyping, change.removed.isEmpty, let last = past.last, last.isTyping,
            last.at + last.inserted.count == change.at
        {
            past[past.count - 1].inserted += change.inserted
            return
        }
        past.append(change)
        var weight = past.reduce(0) { $0 + $1.weight }
        while past.count > Self.undoSteps || (weight > Self.undoScalars && past.count > 1) {
            weight -= past.removeFirst().weight
            isForgetful = true
        }
    }

    /// False when there is nothing to undo.
    package mutating func undo() -> Bool {
        guard let change = past.popLast() else { return false }
        goal = nil
        future.append(change)
        apply(change.at..<(change.at + change.inserted.count), change.removed)
        return true
    }

    package mutating func redo() -> Bool {
        guard var change = future.popLast() else { return false }
        goal = nil
        change.isTyping = false
        past.append(change)
        apply(change.at..<(change.at + change.removed.count), change.inserted)
        return true
    }

    private static func bytes(_ scalars: some Sequence<Unicode.Scalar>) -> Int {
        scalars.reduce(0) { $0 + UTF8.width($1) }
    }

    // MARK: - Places

    private func lineStart(before index: Int) -> Int { scalars[..<index].lastIndex(of: "\n").map { $0 + 1 } ?? 0 }

    private func lineEnd(after index: Int) -> Int {
        guard index < scalars.count, scalars[index] != "\n" else { return min(index + 1, scalars.count) }
        return scalars[index...].firstIndex(of: "\n") ?? scalars.count
    }

    private var wordStart: Int {
        var at = caret
        while at > 0, !Self.isWord(scalars[at - 1]) { at -= 1 }
        while at > 0, Self.isWord(scalars[at - 1]) { at -= 1 }
        return at
    }

    private var wordEnd: Int {
        var at = caret
        while at < scalars.count, !Self.isWord(scalars[at]) { at += 1 }
        while at < scalars.count, Self.isWord(scalars[at]) { at += 1 }
        return at
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_"
    }

    /// The scalar that holds this byte of the text as UTF-8; the end for what lies beyond.
    package func index(ofByte byte: Int) -> Int {
        var left = byte
        for index in scalars.indices {
            left -= UTF8.width(scalars[index])
            if left < 0 { return index }
        }
        return scalars.count
    }

    /// Line and column of a scalar, both from 1.
    package func place(of index: Int) -> (line: Int, column: Int) {
        let end = min(max(0, index), scalars.count)
        let line = scalars[..<end].reduce(1) { $0 + ($1 == "\n" ? 1 : 0) }
        return (line, end - lineStart(before: end) + 1)
    }
}
