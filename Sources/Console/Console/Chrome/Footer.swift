import Screen

/// The last row: what just happened, else what the keys do here.
enum Footer {
    static func draw(_ state: ConsoleState, in line: Rect, on grid: inout Grid) {
        let inner = Rect(x: 1, y: line.y, width: line.width - 2, height: 1)
        if let notice = state.notice {
            let mark = notice.tone == .warning ? "! " : ""
            let role: Role = notice.tone == .warning ? .stateStale : .textStrong
            grid.draw(mark + notice.text, at: inner.origin, width: inner.width, role: role)
            return
        }
        KeyHints.draw(hints(state), in: inner, on: &grid)
    }

    /// The screen's own actions first; those that are gone in read-only mode are not named.
    static func hints(_ state: ConsoleState) -> [(key: String, label: String)] {
        let scope = KeyScope(state.pane.route.screen)
        let shared: [(Action, String)] = [
            (.back, state.pane.route.parent == nil ? "" : "up"), (.filter, "filter"), (.freeze, "freeze"),
            (.write, "write"), (.copy, "copy"), (.zone, "zone"), (.split, "split"), (.quit, "quit"),
        ]
        let all = own(state.pane) + shared
        return all.compactMap { action, label in
            guard !label.isEmpty, state.isOffered(action), let key = state.keys.hint(action, in: scope) else {
                return nil
            }
            if action == .filter, !state.canFilter { return nil }
            return (key, label)
        }
    }

    private static func own(_ pane: Pane) -> [(Action, String)] {
        switch pane.route {
        case .overview: [(.enter, "open"), (.sortNext, "sort"), (.sortReverse, "reverse"), (.group, "group")]
        case .facility:
            [
                (.view, pane.facility.part.next.rawValue),
                pane.facility.part == .meters ? (.enter, "meter") : (.backtest, "compare"), (.profile, "profile"),
                (.zoomIn, "in"), (.zoomOut, "out"), (.panEarlier, "earlier"),
                (.live, pane.facility.end == nil && pane.facility.cursor == nil ? "" : "now"),
                (.nextFacility, "next"),
            ]
        case .meter: [(.zoomIn, "in"), (.zoomOut, "out"), (.panEarlier, "earlier"), (.live, "now")]
        case .events:
            [
                (.enter, "open"), (.view, "which"), (.create, "new"), (.approve, "approve"), (.optOut, "opt out"),
                (.cancelEvent, "cancel"),
            ]
        case .event:
            [
                (.enter, "building"), (.view, "list"), (.approve, "approve"), (.optOut, "opt out"),
                (.cancelEvent, "cancel"), (.retry, "retry"), (.settle, "settle"),
            ]
        case .eventLeg: [(.retry, "retry"), (.optOut, "opt out"), (.settle, "settle")]
        case .override:
            [
                (.enter, "slots"), (.set, "set"), (.extend, "extend"), (.release, "release"),
                (.releaseAll, "release all"), (.nextFacility, "next"),
            ]
        case .point: [(.set, "set"), (.extend, "extend"), (.release, "release"), (.releaseAll, "release all")]
        case .deadLetters:
            [
                (.enter, "open"), (.mark, "mark"), (.markAll, "all"), (.dryRun, "dry run"), (.replay, "replay"),
                (.discard, "discard"), (.edit, "edit"), (.redrives, "redrives"), (.view, "which"),
                (.nextGroup, "reason"),
            ]
        case .deadLetter: [(.edit, "edit"), (.dryRun, "dry run"), (.replay, "replay"), (.discard, "discard")]
        case .dryRun: [(.enter, "example"), (.dryRun, "again"), (.replay, "replay"), (.discard, "discard")]
        case .redrives: [(.pauseRedrive, "pause"), (.cancelRedrive, "cancel")]
        case .health: [(.trip, "trip"), (.reset, "reset")]
        case .journal: [(.enter, "open"), (.trace, "trace"), (.kinds, "kinds"), (.note, "note")]
        case .journalEntry: [(.trace, "trace"), (.note, "note")]
        case .trace: [(.trace, "again"), (.note, "note")]
        }
    }
}
