import EnergyModel
import Ports

/// One command of the palette. Its `plan` says what Enter will do and does it, so preview and deed cannot differ.
struct PaletteCommand: Sendable {
    struct Candidate: Sendable, Equatable {
        var text: String
        var summary: String
        var isOpen = false
    }

    let name: String
    let aliases: [String]
    /// With its argument: `sort COLUMN [asc|desc]`.
    let usage: String
    let summary: String
    /// Changes something: gone in read-only mode.
    let acts: Bool
    let complete: @Sendable (ConsoleState, String) -> [Candidate]
    let plan: @Sendable (ConsoleState, String) throws(PaletteError) -> Plan

    init(
        _ name: String, aliases: [String] = [], usage: String? = nil, _ summary: String, acts: Bool = false,
        complete: @escaping @Sendable (ConsoleState, String) -> [Candidate] = { _, _ in [] },
        plan: @escaping @Sendable (ConsoleState, String) throws(PaletteError) -> Plan
    ) {
        self.name = name
        self.aliases = aliases
        self.usage = usage ?? name
        self.summary = summary
        self.acts = acts
        self.complete = complete
        self.plan = plan
    }

    static let table: [PaletteCommand] = places + views + times + things + letters + response + forecasts

    /// Words that begin with what was typed.
    static func words(_ words: [(String, String)], _ typed: String) -> [Candidate] {
        words.filter { $0.0.hasPrefix(typed.lowercased()) }.map { Candidate(text: $0.0, summary: $0.1) }
    }

    /// A command that is one action of the key table.
    static func action(_ name: String, aliases: [String] = [], _ summary: String, _ action: Action) -> PaletteCommand {
        PaletteCommand(name, aliases: aliases, summary) { _, _ in Plan(preview: summary) { $0.perform(action) } }
    }
}

// MARK: - Places

extension PaletteCommand {
    private static let places: [PaletteCommand] = [
        PaletteCommand(
            "go", aliases: ["facility", "f"], usage: "go ID|NAME", "go to a facility by id or name",
            complete: facilities, plan: { state, argument throws(PaletteError) in try planFacility(state, argument) }),
        action("overview", "Overview: all facilities", .screenOverview),
        action("events", aliases: ["dr"], "Events: demand response", .screenEvents),
        action("dead-letters", aliases: ["dl"], "Dead letters", .screenDeadLetters),
        action("health", "Health", .screenHealth),
        action("journal", "Journal", .screenJournal),
        PaletteCommand("trace", usage: "trace ID", "the spans of a trace as a tree", plan: planTrace),
    ]

    private static func planTrace(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        guard let id = TraceID(argument.trimmingSpaces) else {
            throw PaletteError("A trace's id has 32 hexadecimal digits; the Journal shows those of its entries")
        }
        return Plan(preview: "Show trace \(id)") { $0.go(to: .trace(id)) }
    }

    /// By id first, then by the beginning of a name, then by any part of one.
    static func facilities(_ state: ConsoleState, _ typed: String) -> [Candidate] {
        let wanted = typed.lowercased()
        let known = state.sight?.snapshot.facilities ?? []
        var found: [(rank: Int, id: String, name: String)] = []
        for facility in known {
            let name = facility.name.lowercased()
            let id = facility.id.text.lowercased()
            let rank =
                id == wanted ? 0 : id.hasPrefix(wanted) ? 1 : name.hasPrefix(wanted) ? 2 : name.contains(wanted) ? 3 : 4
            if rank < 4 { found.append((rank, facility.id.text, facility.name)) }
        }
        found.sort { ($0.rank, $0.id) < ($1.rank, $1.id) }
        return found.prefix(ConsoleState.completionLimit).map { Candidate(text: $0.id, summary: $0.name) }
    }

    static func planFacility(_ state: ConsoleState, _ typed: String) throws(PaletteError) -> Plan {
        guard !typed.isEmpty else { throw PaletteError("Which facility? Write its id or a part of its name") }
        let found = facilities(state, typed)
        guard let first = found.first, let id = FacilityID(first.text) else {
            throw PaletteError("No command and no facility \(typed): Tab completes, ? lists the commands")
        }
        let others =
            found.count > 1 && first.text.lowercased() != typed.lowercased() ? " (first of \(found.count))" : ""
        return Plan(preview: "Go to \(first.text) \(first.summary)\(others)") { $0.go(to: .facility(id)) }
    }
}

// MARK: - Views

extension PaletteCommand {
    private static let views: [PaletteCommand] = [
        PaletteCommand(
            "sort", usage: "sort COLUMN [asc|desc]", "sort the overview",
            complete: { words(OverviewColumn.allCases.map { ($0.rawValue, $0.meaning) }, $1) }, plan: planSort),
        PaletteCommand(
            "group", usage: "group kind|region|none", "group the overview",
            complete: { words(OverviewGrouping.allCases.map { ($0.rawValue, "") }, $1) }, plan: planGroup),
        PaletteCommand(
            "filter", usage: "filter [TEXT]", "filter the rows of this screen; nothing shows all", plan: planFilter),
        PaletteCommand(
            "zoom", usage: "zoom 1h|6h|24h|7d", "width of the facility's chart",
            complete: { words(ChartZoom.allCases.map { ($0.rawValue, "") }, $1) }, plan: planZoom),
        PaletteCommand(
            "zone", usage: "zone utc|facility", "times in UTC or in the facility's zone",
            complete: { words([("utc", "Coordinated Universal Time"), ("facility", "where the facility is")], $1) },
            plan: planZone),
        PaletteCommand(
            "theme", usage: "theme NAME", "colours",
            complete: { state, typed in words(state.themeNames.map { ($0, "") }, typed) }, plan: planTheme),
        action("split", "split in two panes, or join them", .split),
    ]

    private static func planSort(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        let words = argument.lowercased().split(separator: " ").map(String.init)
        guard let column = words.first.flatMap(OverviewColumn.init(rawValue:)) else {
            throw PaletteError("Sort by \(OverviewColumn.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let order = words.count > 1 ? words[1] : column.startsDescending ? "desc" : "asc"
        guard order == "asc" || order == "desc" else { throw PaletteError("Order is asc or desc") }
        return Plan(
            preview: "Sort the overview by \(column.meaning), \(order == "asc" ? "lowest first" : "highest first")"
        ) {
            $0.pane.overview.sort = column
            $0.pane.overview.isDescending = order == "desc"
            $0.go(to: .overview)
        }
    }

    private static func planGroup(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        guard let grouping = OverviewGrouping(rawValue: argument.lowercased()) else {
            throw PaletteError("Group by kind, region or none")
        }
        return Plan(
            preview: grouping == .none ? "Do not group the overview" : "Group the overview by \(grouping.rawValue)"
        ) {
            $0.pane.overview.grouping = grouping
            $0.go(to: .overview)
        }
    }

    private static func planFilter(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        let room = state.pane.route.screen.room
        guard !room.filterFields.isEmpty else {
            throw PaletteError("Nothing to filter on \(state.pane.route.screen.title)")
        }
        let filter: RowFilter
        do throws(FilterError) {
            filter = try RowFilter(parsing: argument, fields: room.filterFields)
        } catch {
            throw PaletteError(error.description)
        }
        return Plan(preview: filter.isEmpty ? "Show all rows" : "Show only rows with \(argument)") {
            room.setFilter(filter, &$0)
        }
    }

    private static func planZoom(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        guard let zoom = ChartZoom(rawValue: argument.lowercased()) else {
            throw PaletteError("Zoom to 1h, 6h, 24h or 7d")
        }
        return Plan(preview: "Show \(zoom.title) in the facility's chart") { state in
            state.pane.facility.zoom = zoom
            if state.pane.route.screen != .facility { state.open(.facility) }
            state.refreshPanes()
        }
    }

    private static func planZone(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        let modes: [String: ZoneMode] = ["utc": .utc, "facility": .facility]
        guard let mode = modes[argument.lowercased()] else { throw PaletteError("Zone is utc or facility") }
        return Plan(preview: mode == .utc ? "Show times in UTC" : "Show times where the facility is") {
            $0.zoneMode = mode
        }
    }

    private static func planTheme(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        guard state.themeNames.contains(argument) else {
            throw PaletteError("Themes here: \(state.themeNames.joined(separator: ", "))")
        }
        return Plan(preview: "Use the theme \(argument)") { state in
            state.errands[state.ask(.loadTheme(name: argument))] = "theme \(argument)"
        }
    }
}

// MARK: - Time

extension PaletteCommand {
    private static let times: [PaletteCommand] = [
        PaletteCommand(
            "freeze", aliases: ["at"], usage: "freeze [TIME]", "freeze now, or show a past moment", plan: planFreeze),
        PaletteCommand("live", "return to now") { _, _ in Plan(preview: "Return to now") { $0.returnToLive() } },
    ]

    /// `2026-11-21T21:04Z`, `21:04` (today, in the zone shown), `-15m`, `-2h`, `-1d`.
    private static func planFreeze(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        if argument.isEmpty {
            return Plan(preview: state.past == nil ? "Freeze this moment" : "Return to live") { $0.toggleFreeze() }
        }
        let clock = state.clock(for: state.pane)
        guard let moment = Moment.parse(argument, now: state.moment, clock: clock) else {
            throw PaletteError("A moment is 2026-11-21T21:04Z, 21:04, -15m, -2h or -1d")
        }
        return Plan(preview: "Show everything as it was at \(clock.dateTime(moment)) \(clock.label(at: moment))") {
            $0.travel(to: moment)
        }
    }
}

// MARK: - Things

extension PaletteCommand {
    private static let things: [PaletteCommand] = [
        PaletteCommand("note", usage: "note TEXT", "add a note for the next shift", acts: true, plan: planNote),
        PaletteCommand(
            "write", aliases: ["w"], usage: "write NAME.csv|.json|.txt", "write this view to a file", plan: planWrite),
        PaletteCommand(
            "log", usage: "log level COMPONENT LEVEL", "what a component logs until the engine ends", acts: true,
            plan: planLog),
        action("copy", "copy this place's locator and the selected row", .copy),
        action("help", "every key and command", .help),
        action("quit", aliases: ["q"], "leave the console", .quit),
    ]

    private static func planNote(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        let about = state.pane.route.facility.map { " about \($0)" } ?? ""
        guard !argument.isEmpty else { return Plan(preview: "Write a note\(about)") { $0.openNote() } }
        return Plan(preview: "Add to the journal\(about): \(argument)") { $0.submitNote(argument) }
    }

    /// Needs a supervisor; the engine says so to others.
    private static func planLog(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        let words = argument.lowercased().split(separator: " ").map(String.init)
        let levels = LogSeverity.allCases.map(\.rawValue).joined(separator: ", ")
        guard words.count == 3, words[0] == "level", words[2] == "configured" || LogSeverity(rawValue: words[2]) != nil
        else { throw PaletteError("Write log level engine.response debug; levels are \(levels) and configured") }
        let level = LogSeverity(rawValue: words[2])
        return Plan(preview: "Log \(words[1]) " + (level.map { "from \($0.rawValue)" } ?? "as configured")) { state in
            let command = state.command(
                .setLogLevel(component: words[1], level: level), reason: "log level by hand")
            state.errands[state.ask(.submit(command))] = "log level"
        }
    }

    private static func planWrite(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        guard !argument.isEmpty else { return Plan(preview: "Choose a name and write this view") { $0.openWrite() } }
        guard ExportFormat(fileName: argument) != nil else {
            throw PaletteError("The name must end in .csv, .json or .txt")
        }
        return Plan(preview: "Write \(state.pane.route.screen.title) to the new file \(argument)") {
            $0.write(to: argument)
        }
    }
}
