/// A theme file after its YAML has been read: plain text, lists and maps. The caller reads the file, so this room needs
/// no library. Numbers and Booleans arrive as their text.
package indirect enum ThemeSource: Hashable, Sendable {
    case text(String)
    case list([ThemeSource])
    case map([String: ThemeSource])

    subscript(key: String) -> ThemeSource? {
        guard case .map(let entries) = self else { return nil }
        return entries[key]
    }
}

/// Something in a theme file that was not understood. The theme works without it.
package struct ThemeProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The dotted path in the file: `roles.alarm.high.fg`.
    package let key: String
    /// What is wrong and what is allowed, as a sentence.
    package let sentence: String

    package var description: String { "\(key): \(sentence)" }
}
