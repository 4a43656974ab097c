import Screen

/// `?`: every key and command, searchable by word and by key.
struct HelpState: Sendable {
    var search = TextInput()
    var top = 0
}

/// One line of the help.
struct HelpLine: Sendable, Equatable {
    var section: String
    var keys: String
    var summary: String
    /// The action's or command's name.
    var name: String
}

extension ConsoleState {
    mutating func pressHelp(_ help: HelpState, _ press: KeyPress) {
        var help = help
        switch press.key {
        case .escape, .enter: return layer = nil
        case .down: help.top += 1
        case .up: help.top = max(0, help.top - 1)
        case .pageDown: help.top += 10
        case .pageUp: help.top = max(0, help.top - 10)
        default:
            guard help.search.press(press) else { return }
            help.top = 0
        }
        help.top = min(help.top, max(0, helpLines(help.search.text).count - 1))
        layer = .help(help)
    }

    /// What may be done now: the screen's own keys first, then everything else; nothing that acts in read-only mode.
    func helpLines(_ search: String) -> [HelpLine] {
        let scope = KeyScope(pane.route.screen)
        let offered = keys.rows.filter { mayAct || !$0.acts }
        let own = offered.filter { $0.scope == scope }
        let others = offered.filter { $0.scope != scope }
        let keyLines = (own + others).map { row in
            HelpLine(
                section: row.scope.title, keys: row.keys.map(\.description).joined(separator: "  "),
                summary: row.summary,
                name: row.action.rawValue)
        }
        let commands = PaletteCommand.table.filter { mayAct || !$0.acts }.map { command in
            HelpLine(section: "Palette", keys: ":" + command.usage, summary: command.summary, name: command.name)
        }
        let problems = keyProblems.map { HelpLine(section: "keys.yaml", keys: "!", summary: $0, name: "problem") }
        return (problems + keyLines + commands).filter { $0.answers(search) }
    }
}

extension HelpLine {
    /// A single character is looked for among keys, a word everywhere.
    func answers(_ search: String) -> Bool {
        let wanted = search.filter { $0 != " " }
        guard !wanted.isEmpty else { return true }
        let hasKey = keys.split(separator: " ").contains { $0 == wanted || $0.lowercased() == search.lowercased() }
        guard wanted.count > 1 else { return keys.split(separator: " ").contains { $0 == wanted } }
        let words = "\(section) \(summary) \(name)".lowercased()
        return hasKey || search.lowercased().split(separator: " ").allSatisfy { words.contains($0) }
    }
}
