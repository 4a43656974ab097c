/// Everything a key can mean. The raw value is the name in `keys.yaml`, in `switchyard keys` and in the help.
package enum Action: String, CaseIterable, Sendable, Hashable {
    case screenOverview = "screen.overview"
    case screenFacility = "screen.facility"
    case screenEvents = "screen.events"
    case screenOverride = "screen.override"
    case screenDeadLetters = "screen.dead-letters"
    case screenHealth = "screen.health"
    case screenJournal = "screen.journal"

    case down, up
    case pageDown = "page-down"
    case pageUp = "page-up"
    case top, bottom, left, right
    case enter
    case back

    case help, palette, filter
    case freeze
    case earlier, later
    case muchEarlier = "much-earlier"
    case muchLater = "much-later"
    case zone
    case copy, write, split
    case otherPane = "other-pane"
    case redraw
    case quit

    case sortNext = "sort-next"
    case sortPrevious = "sort-previous"
    case sortReverse = "sort-reverse"
    case group

    case zoomIn = "zoom-in"
    case zoomOut = "zoom-out"
    case panEarlier = "pan-earlier"
    case panLater = "pan-later"
    case live
    case nextFacility = "next-facility"
    case previousFacility = "previous-facility"
    case backtest
    case profile
    case endProfile = "end-profile"

    case mark
    case view
    case replay, discard, edit
    case markAll = "mark-all"
    case dryRun = "dry-run"
    case nextGroup = "next-group"
    case previousGroup = "previous-group"
    case redrives
    case pauseRedrive = "pause-redrive"
    case cancelRedrive = "cancel-redrive"

    case create, approve
    case optOut = "opt-out"
    case cancelEvent = "cancel-event"
    case retry, settle

    case set, extend, release
    case releaseAll = "release-all"

    case trip, reset

    case kinds
    case trace
    case note

    case execute

    case reviewEdit = "editor.review"
    case undoEdit = "editor.undo"
    case redoEdit = "editor.redo"
    case showFault = "editor.fault"
    case restoreOriginal = "editor.original"
}

/// Where a key means something. A screen's own keys stand before the global ones; no key may mean both.
package enum KeyScope: String, Sendable, Hashable, CaseIterable {
    case everywhere, overview, facility, events, override
    case deadLetters = "dead-letters"
    case health, journal, sheet, editor

    var title: String {
        switch self {
        case .everywhere: "Everywhere"
        case .overview: "Overview"
        case .facility: "Facility"
        case .events: "Events"
        case .override: "Override"
        case .deadLetters: "Dead letters"
        case .health: "Health"
        case .journal: "Journal"
        case .sheet: "Action sheet"
        case .editor: "Letter editor"
        }
    }

    init(_ screen: ScreenKind) {
        self =
            switch screen {
            case .overview: .overview
            case .facility: .facility
            case .events: .events
            case .override: .override
            case .deadLetters: .deadLetters
            case .health: .health
            case .journal: .journal
            }
    }
}

/// One line of the table from which keys, help, palette hints and `switchyard keys` are made.
package struct ActionEntry: Sendable {
    package let action: Action
    package let scope: KeyScope
    package let keys: [String]
    package let summary: String
    /// Changes something: gone in read-only mode.
    package let acts: Bool

    init(_ action: Action, _ scope: KeyScope, _ keys: [String], _ summary: String, acts: Bool = false) {
        self.action = action
        self.scope = scope
        self.keys = keys
        self.summary = summary
        self.acts = acts
    }
}

extension ActionEntry {
    package static let table: [ActionEntry] = places + movement + tools + screens + letters + response

    private static let places: [ActionEntry] = [
        ActionEntry(.screenOverview, .everywhere, ["1"], "Overview: all facilities"),
        ActionEntry(.screenFacility, .everywhere, ["2"], "Facility: load, forecast and meters"),
        ActionEntry(.screenEvents, .everywhere, ["3"], "Events: demand response, its buildings and commands"),
        ActionEntry(.screenOverride, .everywhere, ["4"], "Override: a building's points and who holds them"),
        ActionEntry(.screenDeadLetters, .everywhere, ["5"], "Dead letters: what could not be processed"),
        ActionEntry(.screenHealth, .everywhere, ["8"], "Health: dependencies, breakers, queues, lag"),
        ActionEntry(.screenJournal, .everywhere, ["9"], "Journal: audit, transitions, log, notes"),
    ]

    private static let movement: [ActionEntry] = [
        ActionEntry(.down, .everywhere, ["j", "Down"], "next row"),
        ActionEntry(.up, .everywhere, ["k", "Up"], "previous row"),
        ActionEntry(.pageDown, .everywhere, ["PgDn", "C-f"], "a page down"),
        ActionEntry(.pageUp, .everywhere, ["PgUp", "C-b"], "a page up"),
        ActionEntry(.top, .everywhere, ["g", "Home"], "first row"),
        ActionEntry(.bottom, .everywhere, ["G", "End"], "last row"),
        ActionEntry(.left, .everywhere, ["h", "Left"], "chart cursor or columns to the left"),
        ActionEntry(.right, .everywhere, ["l", "Right"], "chart cursor or columns to the right"),
        ActionEntry(.enter, .everywhere, ["Enter"], "go down: open the selected row"),
        ActionEntry(.back, .everywhere, ["Esc"], "go up"),
    ]

    private static let tools: [ActionEntry] = [
        ActionEntry(.help, .everywhere, ["?", "F1"], "help, searchable by word and by key"),
        ActionEntry(.palette, .everywhere, [":"], "palette: go anywhere, run any command"),
        ActionEntry(.filter, .everywhere, ["/"], "filter rows: text, !not, ~regex, field:value"),
        ActionEntry(.freeze, .everywhere, ["z"], "freeze this moment, or return to live"),
        ActionEntry(.earlier, .everywhere, ["["], "time travel: one minute earlier"),
        ActionEntry(.later, .everywhere, ["]"], "time travel: one minute later"),
        ActionEntry(.muchEarlier, .everywhere, ["{"], "time travel: one hour earlier"),
        ActionEntry(.muchLater, .everywhere, ["}"], "time travel: one hour later"),
        ActionEntry(.zone, .everywhere, ["Z"], "times in the facility's zone or UTC"),
        ActionEntry(.copy, .everywhere, ["y"], "copy this place's locator and the selected row"),
        ActionEntry(.write, .everywhere, ["W"], "write this view to a file: text, CSV or JSON"),
        ActionEntry(.split, .everywhere, ["|"], "split in two panes, or join them"),
        ActionEntry(.otherPane, .everywhere, ["Tab"], "the other pane"),
        ActionEntry(.redraw, .everywhere, ["C-l"], "draw the whole screen again"),
        ActionEntry(.quit, .everywhere, ["q", "C-c"], "quit; asks when that stops the engine or an action is armed"),
    ]

    private static let response: [ActionEntry] = [
        ActionEntry(
            .view, .events, ["v"],
            "events, overrides or both; on an event: buildings, commands, history, remarks, reports"),
        ActionEntry(.create, .events, ["N"], "create an event by hand, with a preview of its plan", acts: true),
        ActionEntry(.approve, .events, ["A"], "approve the event that waits for a person", acts: true),
        ActionEntry(
            .optOut, .events, ["O"], "opt out: of the event, on a building's page of that building", acts: true),
        ActionEntry(.cancelEvent, .events, ["C"], "cancel the event and give every point back", acts: true),
        ActionEntry(.retry, .events, ["R"], "retry the failed command", acts: true),
        ActionEntry(.settle, .events, ["S"], "settle a building by hand: its points were given back there", acts: true),
        ActionEntry(.set, .override, ["S"], "set the point at slot 8, with a reason and an end", acts: true),
        ActionEntry(.extend, .override, ["E"], "give our override of the point a new end", acts: true),
        ActionEntry(.release, .override, ["R"], "release our override of the point", acts: true),
        ActionEntry(.releaseAll, .override, ["X"], "release all our slots on every point of the building", acts: true),
        ActionEntry(.nextFacility, .override, ["n"], "next facility of the overview's order"),
        ActionEntry(.previousFacility, .override, ["p"], "previous facility of the overview's order"),
    ]

    private static let letters: [ActionEntry] = [
        ActionEntry(.mark, .deadLetters, ["Space"], "mark the letter"),
        ActionEntry(.markAll, .deadLetters, ["A"], "mark all that match, those not loaded too; again marks none"),
        ActionEntry(.view, .deadLetters, ["v"], "pending, quarantined, discarded, replayed or all"),
        ActionEntry(.nextGroup, .deadLetters, [">", "."], "only the next topic or reason of the tree"),
        ActionEntry(.previousGroup, .deadLetters, ["<", ","], "only the previous topic or reason of the tree"),
        ActionEntry(.dryRun, .deadLetters, ["t"], "dry run: what replaying the letters chosen would bring"),
        ActionEntry(.redrives, .deadLetters, ["r"], "redrives: replays in the background, how far they are"),
        ActionEntry(.edit, .deadLetters, ["e"], "edit the letter's payload, checked as it is typed", acts: true),
        ActionEntry(.replay, .deadLetters, ["R"], "replay the letter, the marked ones or all that match", acts: true),
        ActionEntry(
            .discard, .deadLetters, ["D"], "discard the letter, the marked ones or all that match, with a reason",
            acts: true),
        ActionEntry(.pauseRedrive, .deadLetters, ["P"], "pause the selected redrive, or let it go on", acts: true),
        ActionEntry(.cancelRedrive, .deadLetters, ["C"], "cancel the selected redrive", acts: true),
    ]

    private static let screens: [ActionEntry] = [
        ActionEntry(.sortNext, .overview, ["s"], "sort by the next column"),
        ActionEntry(.sortPrevious, .overview, ["S"], "sort by the previous column"),
        ActionEntry(.sortReverse, .overview, ["r"], "reverse the order"),
        ActionEntry(.group, .overview, ["b"], "group by kind, by region, not at all"),
        ActionEntry(.zoomIn, .facility, ["+", "="], "zoom in: 7 d, 24 h, 6 h, 1 h"),
        ActionEntry(.zoomOut, .facility, ["-"], "zoom out: 1 h, 6 h, 24 h, 7 d"),
        ActionEntry(.panEarlier, .facility, ["<", ","], "pan half a window into the past"),
        ActionEntry(.panLater, .facility, [">", "."], "pan half a window toward now"),
        ActionEntry(.live, .facility, ["0"], "back to now"),
        ActionEntry(.nextFacility, .facility, ["n"], "next facility of the overview's order"),
        ActionEntry(.previousFacility, .facility, ["p"], "previous facility of the overview's order"),
        ActionEntry(.view, .facility, ["v"], "below the chart: meters, forecast by the hour, models compared"),
        ActionEntry(.backtest, .facility, ["t"], "test what each model would have forecast over the last 8 weeks"),
        ActionEntry(.profile, .facility, ["M"], "enter a load profile by hand in place of the forecast", acts: true),
        ActionEntry(.endProfile, .facility, ["X"], "end the profile entered by hand before its time", acts: true),
        ActionEntry(.trip, .health, ["T"], "trip the selected breaker by hand", acts: true),
        ActionEntry(.reset, .health, ["R"], "reset the selected breaker by hand", acts: true),
        ActionEntry(.kinds, .journal, ["v"], "audit, transitions, log, notes or all"),
        ActionEntry(
            .trace, .journal, ["t"], "the trace of the entry: what was done in its course, and how long it took"),
        ActionEntry(.note, .journal, ["a"], "add a note for the next shift", acts: true),
        ActionEntry(.reviewEdit, .editor, ["C-s"], "compare with the original, then store", acts: true),
        ActionEntry(.undoEdit, .editor, ["C-z"], "undo", acts: true),
        ActionEntry(.redoEdit, .editor, ["C-y"], "redo", acts: true),
        ActionEntry(.showFault, .editor, ["C-g"], "go to the next thing that is wrong", acts: true),
        ActionEntry(.restoreOriginal, .editor, ["C-r"], "put the original back; undo takes that back", acts: true),
        ActionEntry(.execute, .sheet, ["x"], "execute the armed action", acts: true),
    ]
}
