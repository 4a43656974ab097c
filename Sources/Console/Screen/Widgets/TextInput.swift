/// One line of text being edited. Pure: keys in, a new value out.
package struct TextInput: Hashable, Sendable {
    package private(set) var characters: [Character]
    /// Between 0 and the number of characters: the key goes in before this one.
    package private(set) var caret: Int
    /// Longer input is refused, not cut later.
    package let limit: Int

    package init(_ text: String = "", limit: Int = 1_000) {
        self.limit = limit
        characters = Array(text.prefix(limit))
        caret = characters.count
    }

    package var text: String { String(characters) }

    /// False when the key means nothing to a text field and belongs to someone else (Enter, Esc, Tab, arrows up and down).
    package mutating func press(_ press: KeyPress) -> Bool {
        if let typed = press.typed {
            insert(String(typed))
            return true
        }
        switch press.description {
        case "Left", "C-b": caret = max(0, caret - 1)
        case "Right", "C-f": caret = min(characters.count, caret + 1)
        case "Home", "C-a": caret = 0
        case "End", "C-e": caret = characters.count
        case "Backspace", "C-h": deleteBackward()
        case "Delete", "C-d": if caret < characters.count { characters.remove(at: caret) }
        case "C-u": remove(0..<caret)
        case "C-k": characters.removeSubrange(caret...)
        case "C-w", "M-Backspace": remove(wordStart..<caret)
        case "M-b", "C-Left": caret = wordStart
        case "M-f", "C-Right": caret = wordEnd
        default: return false
        }
        return true
    }

    /// Typed or pasted text; made one drawable line first, so that what is shown is what is sent.
    package mutating func insert(_ text: String) {
        let clean = Sanitiser.drawable(text).prefix(max(0, limit - characters.count))
        characters.insert(contentsOf: clean, at: caret)
        caret += clean.count
    }

    /// Draws the part around the caret and sets the grid's cursor when focused.
    package func draw(
        in rect: Rect, placeholder: String = "", isFocused: Bool, hasError: Bool = false, on grid: inout Grid
    ) {
        guard !rect.isEmpty else { return }
        let line = rect.row(0)
        let ground: Role = hasError ? .inputError : isFocused ? .inputFocused : .input
        grid.fill(line, role: ground, on: ground)
        let shown = visible(width: line.width)
        if characters.isEmpty, !placeholder.isEmpty {
            grid.draw(placeholder, at: line.origin, width: line.width, role: .textDim)
        }
        grid.draw(String(characters[shown.range]), at: line.origin, width: line.width, role: ground)
        if isFocused { grid.cursor = Point(x: min(line.x + shown.caretX, line.maxX - 1), y: line.y) }
    }

    private func visible(width: Int) -> (range: Range<Int>, caretX: Int) {
        var start = caret
        var before = 0
        while start > 0 {
            let columns = CharacterWidth.columns(String(characters[start - 1]))
            if before + columns > width - 1 { break }
            before += columns
            start -= 1
        }
        var end = caret
        var used = before
        while end < characters.count {
            let columns = CharacterWidth.columns(String(characters[end]))
            if used + columns > width { break }
            used += columns
            end += 1
        }
        return (start..<end, before)
    }

    private var wordStart: Int {
        var at = caret
        while at > 0, characters[at - 1] == " " { at -= 1 }
        while at > 0, characters[at - 1] != " " { at -= 1 }
        return at
    }

    private var wordEnd: Int {
        var at = caret
        while at < characters.count, characters[at] == " " { at += 1 }
        while at < characters.count, characters[at] != " " { at += 1 }
        return at
    }

    private mutating func deleteBackward() {
        guard caret > 0 else { return }
        caret -= 1
        characters.remove(at: caret)
    }

    private mutating func remove(_ range: Range<Int>) {
        characters.removeSubrange(range)
        caret = range.lowerBound
    }
}
