import Screen

/// Which chords mean which action. Made from the table and `keys.yaml` over it; nothing else knows a key.
package struct KeyMap: Sendable, Equatable {
    /// One line of `switchyard keys`, the help and the documentation.
    package struct Row: Sendable, Equatable {
        package let action: Action
        package let scope: KeyScope
        package let keys: [KeyPress]
        package let summary: String
        package let acts: Bool
    }

    package private(set) var rows: [Row]
    private var lookup: [KeyScope: [KeyPress: Action]] = [:]

    package static let standard = KeyMap(
        rows: ActionEntry.table.map { entry in
            Row(
                action: entry.action, scope: entry.scope, keys: entry.keys.compactMap { KeyPress(parsing: $0) },
                summary: entry.summary, acts: entry.acts)
        })

    init(rows: [Row]) {
        self.rows = rows
        for row in rows {
            for chord in row.keys { lookup[row.scope, default: [:]][chord] = row.action }
        }
    }

    /// What is printed by `switchyard keys`, in the order of the help.
    package func table() -> [Row] { rows }

    /// The screen's own meaning stands before the global one.
    package func action(for chord: KeyPress, in scope: KeyScope) -> Action? {
        lookup[scope]?[chord] ?? lookup[.everywhere]?[chord]
    }

    /// Where everything else is text: only what this scope itself gives a meaning.
    func action(for chord: KeyPress, only scope: KeyScope) -> Action? { lookup[scope]?[chord] }

    /// The first key of an action as it is written on the screen; nil when the user took all its keys away.
    package func hint(_ action: Action, in scope: KeyScope = .everywhere) -> String? {
        let row = rows.first { $0.action == action && $0.scope == scope } ?? rows.first { $0.action == action }
        return row?.keys.first?.description
    }

    mutating func assign(_ keys: [KeyPress], to action: Action) {
        self = KeyMap(
            rows: rows.map { row in
                row.action == action
                    ? Row(action: row.action, scope: row.scope, keys: keys, summary: row.summary, acts: row.acts) : row
            })
    }

    /// Two actions on one chord where both would be heard: within a scope, or a screen's against the global one.
    package func conflicts() -> [KeyConflict] {
        var found: [KeyConflict] = []
        for (index, row) in rows.enumerated() {
            for other in rows[(index + 1)...] where row.scope.meets(other.scope) {
                for chord in row.keys where other.keys.contains(chord) {
                    found.append(KeyConflict(chord: chord, first: row.action, second: other.action))
                }
            }
        }
        return found
    }
}

package struct KeyConflict: Sendable, Equatable {
    package let chord: KeyPress
    package let first: Action
    package let second: Action
}

extension KeyScope {
    /// A sheet and the editor hear their own keys only, so they meet nothing else.
    func meets(_ other: KeyScope) -> Bool {
        if [.sheet, .editor].contains(self) || [.sheet, .editor].contains(other) { return self == other }
        return self == other || self == .everywhere || other == .everywhere
    }
}
