import Foundation
import Screen

/// Notices when `keys.yaml` or the theme in use changes, by asking the file system every other second: no watch to lose,
/// and it works on network homes.
struct SettingsWatch: Sendable {
    private struct Print: Equatable, Sendable {
        var modified: Date?
        var size: Int?
    }

    let keysPath: String?
    let themes: ThemeShelf
    private var keys: Print?
    private var theme: [String: Print] = [:]

    init(keysPath: String?, themes: ThemeShelf) {
        self.keysPath = keysPath
        self.themes = themes
        keys = keysPath.flatMap(Self.print)
    }

    private static func print(_ path: String) -> Print? {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return Print(modified: attributes[.modificationDate] as? Date, size: attributes[.size] as? Int)
        } catch {
            return nil  // No such file: also a state that can change.
        }
    }

    /// The text of `keys.yaml` when it is another one than last time; empty when it is gone.
    mutating func changedKeys() -> String? {
        guard let keysPath else { return nil }
        let now = Self.print(keysPath)
        guard now != keys else { return nil }
        keys = now
        return Self.text(of: keysPath)
    }

    static func text(of path: String) -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            return ""  // Gone or unreadable: the defaults hold.
        }
    }

    /// True when this theme's file changed since it was last asked about; the first question only remembers.
    mutating func hasChanged(theme name: String) -> Bool {
        guard let path = themes.path(of: name), let now = Self.print(path) else { return false }
        defer { theme[name] = now }
        guard let before = theme[name] else { return false }
        return before != now
    }
}
