import Screen

/// `:`: a command line with completion, history and a preview of what Enter will do.
struct PaletteState: Sendable {
    var input = TextInput()
    /// Which completion is chosen; nil while what was typed stands.
    var choice: Int?
    /// Newest last.
    var history: [String]
    /// How far back in the history; 0 is the line being typed.
    var recalled = 0

    init(history: [String], text: String = "") {
        self.history = history
        input = TextInput(text)
    }

    mutating func edited() {
        choice = nil
        recalled = 0
    }
}

/// What Enter will do: in words, and done.
struct Plan {
    var preview: String
    var run: (inout ConsoleState) -> Void
}

struct PaletteError: Error, Equatable {
    let sentence: String
    init(_ sentence: String) { self.sentence = sentence }
}

extension ConsoleState {
    static let historyLimit = 100

    mutating func pressPalette(_ palette: PaletteState, _ press: KeyPress) {
        var palette = palette
        switch (press.key, press.modifiers) {
        case (.escape, _): return layer = nil
        case (.enter, _): return runPalette(palette)
        case (.tab, .shift): choose(-1, &palette)
        case (.tab, _): choose(1, &palette)
        case (.up, _): recall(1, &palette)
        case (.down, _): recall(-1, &palette)
        case (.backspace, _) where palette.input.text.isEmpty: return layer = nil
        default:
            guard palette.input.press(press) else { return }
            palette.edited()
        }
        layer = .palette(palette)
    }

    private func choose(_ step: Int, _ palette: inout PaletteState) {
        let found = completions(of: palette.input.text)
        guard !found.isEmpty else { return }
        if found.count == 1 {
            palette.input = TextInput(found[0].line)
            return palette.edited()
        }
        let next = palette.choice.map { $0 + step } ?? (step > 0 ? 0 : found.count - 1)
        palette.choice = (next + found.count) % found.count
    }

    private func recall(_ step: Int, _ palette: inout PaletteState) {
        if let choice = palette.choice {
            let count = max(1, completions(of: palette.input.text).count)
            palette.choice = (choice - step + count) % count
            return
        }
        let back = min(max(0, palette.recalled + step), palette.history.count)
        palette.recalled = back
        palette.input = TextInput(back == 0 ? "" : palette.history[palette.history.count - back])
    }

    /// With a completion chosen Enter takes it over first, so that nothing runs that was not read.
    private mutating func runPalette(_ palette: PaletteState) {
        var palette = palette
        if let choice = palette.choice {
            let found = completions(of: palette.input.text)
            if choice < found.count { palette.input = TextInput(found[choice].line) }
            palette.edited()
            if found.count > choice, found[choice].isOpen {
                layer = .palette(palette)
                return
            }
        }
        let line = palette.input.text
        layer = nil
        guard line.contains(where: { $0 != " " }) else { return }
        run(command: line)
    }

    /// Runs one palette line; what cannot be done says why.
    mutating func run(command line: String) {
        if history.last != line { history.append(line) }
        if history.count > Self.historyLimit { history.removeFirst(history.count - Self.historyLimit) }
        do throws(PaletteError) {
            try plan(line).run(&self)
        } catch {
            say(error.sentence, .warning)
        }
    }

    func plan(_ line: String) throws(PaletteError) -> Plan {
        let trimmed = line.drop { $0 == " " || $0 == ":" }
        if trimmed.hasPrefix(Locator.scheme) { return try planLocator(String(trimmed)) }
        let words = trimmed.split(separator: " ", maxSplits: 1).map(String.init)
        guard let name = words.first else {
            throw PaletteError("Type a command, a facility's id or name, or a locator")
        }
        let argument = words.count > 1 ? words[1].trimmingSpaces : ""
        if let command = PaletteCommand.table.first(where: { $0.name == name || $0.aliases.contains(name) }) {
            guard mayAct || !command.acts else {
                throw PaletteError("\(name) is not available: this console is read-only")
            }
            return try command.plan(self, argument)
        }
        return try PaletteCommand.planFacility(self, String(trimmed).trimmingSpaces)
    }

    private func planLocator(_ text: String) throws(PaletteError) -> Plan {
        do throws(LocatorError) {
            let locator = try Locator(parsing: text.trimmingSpaces)
            let at = locator.moment.map {
                " as it was at \(clock(for: pane).dateTime($0)) \(clock(for: pane).label(at: $0))"
            }
            return Plan(preview: "Go to \(locator.route.screen.title)\(at ?? "")") { state in
                state.go(to: locator.route)
                if let moment = locator.moment { state.travel(to: moment) }
            }
        } catch {
            throw PaletteError(error.description)
        }
    }
}

/// One line a Tab can complete to.
struct Completion: Sendable, Equatable {
    var line: String
    var summary: String
    /// More has to be typed after it.
    var isOpen: Bool
}

extension ConsoleState {
    static let completionLimit = 8

    func completions(of text: String) -> [Completion] {
        let line = text.drop { $0 == " " || $0 == ":" }
        guard let space = line.firstIndex(of: " ") else { return commandCompletions(String(line)) }
        let name = String(line[..<space])
        let argument = String(line[line.index(after: space)...]).trimmingSpaces
        guard let command = PaletteCommand.table.first(where: { $0.name == name || $0.aliases.contains(name) }),
            mayAct || !command.acts
        else { return [] }
        return command.complete(self, argument).prefix(Self.completionLimit).map { value in
            Completion(line: "\(name) \(value.text)", summary: value.summary, isOpen: value.isOpen)
        }
    }

    private func commandCompletions(_ start: String) -> [Completion] {
        var seen: Set<String> = []
        let offered = PaletteCommand.table.filter { (mayAct || !$0.acts) && $0.name.hasPrefix(start) }
        let commands = offered.filter { seen.insert($0.name).inserted }.map {
            Completion(
                line: $0.usage == $0.name ? $0.name : $0.name + " ", summary: $0.summary, isOpen: $0.usage != $0.name)
        }
        guard !start.isEmpty, commands.count < Self.completionLimit else {
            return Array(commands.prefix(Self.completionLimit))
        }
        let places = PaletteCommand.facilities(self, start).map {
            Completion(line: "go \($0.text)", summary: $0.summary, isOpen: false)
        }
        return Array((commands + places).prefix(Self.completionLimit))
    }
}

extension String {
    var trimmingSpaces: String {
        guard let first = firstIndex(where: { $0 != " " }), let last = lastIndex(where: { $0 != " " }) else {
            return ""
        }
        return String(self[first...last])
    }
}
