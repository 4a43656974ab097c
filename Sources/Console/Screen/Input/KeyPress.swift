/// A key without its modifiers.
package enum Key: Hashable, Sendable {
    /// A printable character as typed: shift is already in it (`G`, not shift-g).
    case character(Character)
    case enter, escape, tab, backspace, delete, insert
    case up, down, left, right, pageUp, pageDown, home, end
    /// 1 to 12.
    case function(Int)
}

package struct Modifiers: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let control = Modifiers(rawValue: 1)
    package static let alt = Modifiers(rawValue: 2)
    /// Only on named keys; a shifted character is another character.
    package static let shift = Modifiers(rawValue: 4)
}

/// One key struck. Written as in key files: `j`, `G`, `Space`, `C-x`, `M-Enter`, `S-Tab`, `F5`.
package struct KeyPress: Hashable, Sendable {
    package let key: Key
    package let modifiers: Modifiers

    package init(_ key: Key, _ modifiers: Modifiers = []) {
        self.key = key
        self.modifiers = modifiers
    }

    package init(_ character: Character, _ modifiers: Modifiers = []) {
        self.init(.character(character), modifiers)
    }

    /// The character to insert into a text field: nil for named keys and for control or alt.
    package var typed: Character? {
        guard case .character(let character) = key, modifiers.isEmpty else { return nil }
        return character
    }
}

extension KeyPress: CustomStringConvertible {
    private static let names: [(key: Key, name: String)] = [
        (.enter, "Enter"), (.escape, "Esc"), (.tab, "Tab"), (.backspace, "Backspace"), (.delete, "Delete"),
        (.insert, "Insert"), (.up, "Up"), (.down, "Down"), (.left, "Left"), (.right, "Right"), (.pageUp, "PgUp"),
        (.pageDown, "PgDn"), (.home, "Home"), (.end, "End"), (.character(" "), "Space"),
    ]

    package var description: String {
        var text = ""
        if modifiers.contains(.control) { text += "C-" }
        if modifiers.contains(.alt) { text += "M-" }
        if modifiers.contains(.shift) { text += "S-" }
        if case .function(let number) = key { return text + "F\(number)" }
        if let named = Self.names.first(where: { $0.key == key }) { return text + named.name }
        if case .character(let character) = key { return text + String(character) }
        return text
    }

    /// Reads one key; nil when it names none. Names are taken in any case (`enter`, `ENTER`), characters are not.
    package init?(parsing text: some StringProtocol) {
        var rest = Substring(text)
        var modifiers: Modifiers = []
        while rest.count > 2, rest.dropFirst().first == "-" {
            switch rest.first {
            case "C": modifiers.insert(.control)
            case "M", "A": modifiers.insert(.alt)
            case "S": modifiers.insert(.shift)
            default: return nil
            }
            rest = rest.dropFirst(2)
        }
        guard let key = Self.key(named: String(rest)) else { return nil }
        if case .character(let character) = key, modifiers.contains(.control), character.isUppercase { return nil }
        if case .character = key, key != .character(" "), modifiers.contains(.shift) { return nil }
        self.init(key, modifiers)
    }

    private static func key(named text: String) -> Key? {
        if text.count == 1, let character = text.first {
            let isSafe = text.unicodeScalars.allSatisfy { Sanitiser.verdict($0) == .draw }
            return isSafe ? .character(character) : nil
        }
        let lower = text.lowercased()
        if let named = names.first(where: { $0.name.lowercased() == lower }) { return named.key }
        if lower == "escape" { return .escape }
        if lower == "return" { return .enter }
        if lower.first == "f", let number = Int(lower.dropFirst()), (1...12).contains(number) {
            return .function(number)
        }
        return nil
    }
}

/// Keys struck one after another: `g g`, `C-x s`. Never empty.
package struct KeyChord: Hashable, Sendable, CustomStringConvertible {
    package let presses: [KeyPress]

    /// nil when there is no key, or one of the words names none.
    package init?(parsing text: String) {
        let words = text.split(separator: " ")
        let presses = words.compactMap { KeyPress(parsing: $0) }
        guard !presses.isEmpty, presses.count == words.count else { return nil }
        self.presses = presses
    }

    package init(_ press: KeyPress) { presses = [press] }

    package var description: String { presses.map(\.description).joined(separator: " ") }

    /// True when these presses could still become this chord: the console waits for the next key.
    package func begins(with struck: [KeyPress]) -> Bool {
        struck.count < presses.count && presses.starts(with: struck)
    }
}
