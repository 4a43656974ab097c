import EnergyModel
import Ports
import Screen

/// What lies over the screens and hears keys first. One at a time.
enum Layer: Sendable {
    case help(HelpState)
    case palette(PaletteState)
    case filter(FilterState)
    case prompt(Prompt)
    case sheet(Sheet)
    case editor(LetterEditor)
}

/// `/`: the filter as it is typed, and what it was before, for Esc.
struct FilterState: Sendable {
    var input: TextInput
    var before: RowFilter
    var problem: String?
}

/// One line asked for: the text of a note, the name of a file.
struct Prompt: Sendable {
    enum Purpose: Sendable, Equatable { case note, write }
    var purpose: Purpose
    var title: String
    var input: TextInput
    var hint: String
}

extension ConsoleState {
    /// The interrupt key closes what is open, like Esc; only a sheet hears it itself.
    mutating func pressLayer(_ struck: KeyPress) {
        var press = struck
        if struck.modifiers == .control, struck.key == .character("c") {
            if case .sheet = layer {} else { press = KeyPress(.escape) }
        }
        switch layer {
        case .help(let help): pressHelp(help, press)
        case .palette(let palette): pressPalette(palette, press)
        case .filter(let filter): pressFilter(filter, press)
        case .prompt(let prompt): pressPrompt(prompt, press)
        case .sheet(let sheet): pressSheet(sheet, press)
        case .editor(let editor): pressEditor(editor, press)
        case nil: break
        }
    }

    /// False when no field is open.
    mutating func pasteIntoLayer(_ text: String) -> Bool {
        switch layer {
        case .help(var help):
            help.search.insert(text)
            layer = .help(help)
        case .palette(var palette):
            palette.input.insert(text)
            palette.edited()
            layer = .palette(palette)
        case .filter(var filter):
            filter.input.insert(text)
            use(filter)
        case .prompt(var prompt):
            prompt.input.insert(text)
            layer = .prompt(prompt)
        case .sheet(var sheet):
            guard sheet.paste(text) else { return false }
            layer = .sheet(sheet)
        case .editor(let editor): return pasteIntoEditor(editor, text)
        case nil: return false
        }
        return true
    }

    mutating func scrollLayer(_ rows: Int) {
        if case .editor(let editor) = layer { return scrollEditor(editor, rows) }
        guard case .help(var help) = layer else { return }
        help.top = max(0, help.top + rows)
        layer = .help(help)
    }

    // MARK: - Filter

    /// Lists can be filtered, details cannot.
    var canFilter: Bool {
        let isList = pane.route.parent == nil || pane.route.parent == .overview
        return isList && !pane.route.screen.room.filterFields.isEmpty
    }

    mutating func openFilter() {
        let room = pane.route.screen.room
        guard canFilter else { return say("Nothing to filter here") }
        let now = room.filter(of: pane)
        layer = .filter(FilterState(input: TextInput(now.text), before: now))
    }

    private mutating func pressFilter(_ filter: FilterState, _ press: KeyPress) {
        var filter = filter
        switch press.key {
        case .enter:
            layer = nil
        case .escape:
            pane.route.screen.room.setFilter(filter.before, &self)
            layer = nil
        default:
            if filter.input.press(press) { use(filter) }
        }
    }

    /// The list follows while it is typed; an unfinished expression leaves the last good one in force and says why.
    private mutating func use(_ filter: FilterState) {
        var filter = filter
        let room = pane.route.screen.room
        do throws(FilterError) {
            let parsed = try RowFilter(parsing: filter.input.text, fields: room.filterFields)
            filter.problem = nil
            room.setFilter(parsed, &self)
        } catch {
            filter.problem = error.description
        }
        layer = .filter(filter)
    }

    // MARK: - Prompt

    mutating func openNote(_ text: String = "") {
        guard mayAct else { return }
        let about = pane.route.facility.map { " about \($0)" } ?? ""
        layer = .prompt(
            Prompt(
                purpose: .note, title: "Note for the next shift\(about)", input: TextInput(text),
                hint: "Enter writes it to the journal, Esc drops it"))
    }

    mutating func openWrite() {
        let stamp = moment.iso8601.prefix(19).filter { $0 != ":" && $0 != "-" }
        layer = .prompt(
            Prompt(
                purpose: .write, title: "Write this view to a file",
                input: TextInput("\(pane.route.screen.word)-\(stamp).csv"),
                hint: "Tab: .csv .json .txt   Enter writes a new file, Esc drops it"))
    }

    private mutating func pressPrompt(_ prompt: Prompt, _ press: KeyPress) {
        var prompt = prompt
        switch (press.key, prompt.purpose) {
        case (.escape, _): layer = nil
        case (.enter, .note): submitNote(prompt.input.text)
        case (.enter, .write): write(to: prompt.input.text)
        case (.tab, .write):
            prompt.input = TextInput(ExportFormat.nextName(after: prompt.input.text))
            layer = .prompt(prompt)
        default:
            if prompt.input.press(press) { layer = .prompt(prompt) }
        }
    }

    mutating func submitNote(_ text: String) {
        guard mayAct else { return }
        guard text.contains(where: { $0 != " " }) else { return say("A note needs a text", .warning) }
        layer = nil
        let command = command(.addNote(facility: pane.route.facility), reason: text)
        errands[ask(.submit(command))] = "note"
    }

    mutating func write(to name: String) {
        let screen = pane.route.screen
        guard let format = ExportFormat(fileName: name) else {
            return say("\(name): the name must end in .csv, .json or .txt", .warning)
        }
        layer = nil
        let table = screen.room.table(self, pane: pane)
        errands[ask(.writeFile(name: name, contents: table.text(as: format)))] = "write \(name)"
    }

    mutating func copy() {
        var locator = pane.locator
        locator.moment = past?.moment
        let row = pane.route.screen.room.selection(self, pane: pane)
        let text = [locator.description, row].compactMap { $0 }.joined(separator: "\n")
        errands[ask(.copy(text))] = row == nil ? "the locator" : "the locator and the selected row"
    }
}
