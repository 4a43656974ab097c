import EnergyModel
import Ports
import Screen

/// The first rows: link, lag, dead letters, person, time; the screens; and a banner when something is between the
/// operator and now.
enum Header {
    static func draw(_ state: ConsoleState, in bounds: Rect, on grid: inout Grid) {
        drawStatus(state, in: bounds.row(0), on: &grid)
        drawTabs(state, in: bounds.row(1), on: &grid)
        grid.repeat("─", at: Point(x: 0, y: 2), count: bounds.width, role: .rule)
        guard let banner = banner(state) else { return }
        let line = bounds.row(3)
        grid.fill(line, role: .banner, on: .banner)
        grid.draw(banner, at: Point(x: 1, y: 3), width: line.width - 2, role: .banner, attributes: .bold)
    }

    // MARK: - Status

    private static func drawStatus(_ state: ConsoleState, in line: Rect, on grid: inout Grid) {
        let clock = state.clock(for: state.pane)
        let time = state.live.map { $0.snapshot.at.advanced(by: max(.zero, state.now.since($0.at))) } ?? state.now
        let person = [Span("\(state.person.name) (\(state.person.role))", .header)]
        let isRemote = state.standing != nil
        let right: [[Span]] = [
            [Span("\(clock.time(time)) \(clock.label(at: time))", .headerStrong)],
            link(state),
            state.person.isReadOnly ? Badge.spans("READ-ONLY", .stateEstimated) : [],
            isRemote ? person : response(state, width: line.width),
            isRemote ? response(state, width: line.width) : lag(state),
            isRemote ? lag(state) : person,
            letters(state),
        ]
        let left = grid.draw(" SWITCHYARD", at: line.origin, role: .headerStrong, attributes: .bold)
        let mode =
            state.standing.map { "  \(host($0.endpoint))" } ?? state.sight.map { "  \($0.snapshot.health.mode)" } ?? ""
        let width = state.standing == nil ? 12 : min(32, CharacterWidth.columns(mode) + 1)
        let order = isRemote ? [6, 4, 5, 1, 2, 3, 0] : [6, 3, 4, 1, 2, 5, 0]
        drawRight(right, order: order, in: line, after: left + width + 2, on: &grid)
        grid.draw(mode, at: Point(x: left, y: 0), width: width, role: .header)
    }

    /// `right` stands by importance; what does not fit is left out from its end. `order` is from left to right.
    private static func drawRight(
        _ right: [[Span]], order: [Int], in line: Rect, after left: Int, on grid: inout Grid
    ) {
        let widths = right.map { $0.reduce(0) { $0 + CharacterWidth.columns($1.text) } }
        var room = line.width - left
        var kept: Set<Int> = []
        for (index, width) in widths.enumerated() where width > 0 {
            guard width + 3 <= room else { break }
            room -= width + 3
            kept.insert(index)
        }
        var x = line.maxX - 1
        for index in order.reversed() where kept.contains(index) {
            x -= widths[index]
            grid.draw(right[index], at: Point(x: x, y: line.y), width: widths[index])
            x -= 3
        }
    }

    private static func link(_ state: ConsoleState) -> [Span] {
        switch state.link {
        case .connecting: return [Span("○ connecting", .stateStale)]
        case .lost(_, let since): return [Span("× lost \(Age.text(state.now.since(since)))", .stateBad, .bold)]
        case .up:
            let age = state.live.map { max(.zero, state.now.since($0.at)) } ?? .zero
            if age < .seconds(5) {
                let seconds = Double((state.ageAtTick ?? age).milliseconds) / 1000
                let live = [Span("●", .stateOK), Span(" live \(Numeral.fixed(seconds, decimals: 1)) s", .header)]
                return live + (state.standing.map(distance) ?? [])
            }
            return [Span("○ stale \(Age.text(age))", .stateStale)]
        }
    }

    /// Of a remote engine: how far away it is, or how wrong its clock or ours.
    private static func distance(_ standing: LinkStanding) -> [Span] {
        let offset = standing.clockOffset.milliseconds
        guard abs(offset) >= 2000 else {
            return [Span(" ↔ \(max(1, standing.roundTrip.milliseconds)) ms", .header)]
        }
        return [Span(" clock \(offset > 0 ? "+" : "-")\(Age.text(.milliseconds(abs(offset))))", .stateStale)]
    }

    private static func host(_ endpoint: String) -> String {
        endpoint.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first.map(String.init) ?? endpoint
    }

    private static func lag(_ state: ConsoleState) -> [Span] {
        guard let sight = state.sight, !sight.snapshot.isHistorical else { return [] }
        let lag = sight.snapshot.health.lag
        return [Span("lag ", .header), Span(Numeral.grouped(lag), lag > 10_000 ? .stateStale : .headerStrong)]
    }

    private static func response(_ state: ConsoleState, width: Int) -> [Span] {
        guard let sight = state.sight, !sight.snapshot.isHistorical else { return [] }
        return ResponseTotals(sight.snapshot.openEvents).header(width: width)
    }

    private static func letters(_ state: ConsoleState) -> [Span] {
        guard let sight = state.sight, !sight.snapshot.isHistorical else { return [] }
        let count = sight.snapshot.pendingDeadLetters
        return [Span("dead letters ", .header), Span(Numeral.grouped(count), .headerStrong)]
    }

    // MARK: - Tabs

    private static func tabs(_ state: ConsoleState) -> Tabs {
        let all = ScreenKind.allCases.map { screen in
            Tabs.Tab(
                key: state.keys.hint(screen.action) ?? String(screen.rawValue), title: screen.title,
                count: count(screen, state), countRole: countRole(screen, state))
        }
        let selected = ScreenKind.allCases.firstIndex(of: state.pane.route.screen) ?? 0
        return Tabs(all, selected: selected)
    }

    private static func count(_ screen: ScreenKind, _ state: ConsoleState) -> String {
        guard let snapshot = state.sight?.snapshot, !snapshot.isHistorical else { return "" }
        switch screen {
        case .deadLetters:
            let count = snapshot.pendingDeadLetters
            return count == 0 ? "" : Numeral.compact(Double(count))
        case .health:
            let troubles = HealthTrouble.count(snapshot.health)
            return troubles == 0 ? "" : "×\(troubles)"
        case .events:
            let open = snapshot.openEvents.lazy.filter { $0.kind == .demandResponse }.count
            return open == 0 ? "" : String(open)
        case .override:
            let open = snapshot.openEvents.lazy.filter { $0.kind == .override }.count
            return open == 0 ? "" : String(open)
        case .overview, .facility, .journal: return ""
        }
    }

    private static func countRole(_ screen: ScreenKind, _ state: ConsoleState) -> Role {
        switch screen {
        case .health: return .stateBad
        case .events:
            let isBad = state.sight?.snapshot.openEvents.contains { $0.look.role == .stateBad } == true
            return isBad ? .stateBad : .textStrong
        default: return .textStrong
        }
    }

    private static func tabRow(_ width: Int) -> Rect {
        Rect(x: 0, y: 1, width: max(0, width - hintWidth(width) - 1), height: 1)
    }

    /// `? help  : go`; a narrow screen leaves the second to the help.
    private static func hintWidth(_ width: Int) -> Int { width < 100 ? 8 : 14 }

    private static func drawTabs(_ state: ConsoleState, in line: Rect, on grid: inout Grid) {
        tabs(state).draw(in: tabRow(line.width), on: &grid)
        let both = [(state.keys.hint(.help), "help"), (state.keys.hint(.palette), "go")]
        let hints = both.prefix(line.width < 100 ? 1 : 2)
        let spans = hints.flatMap { key, label in key.map { [Span($0, .key), Span(" \(label)  ", .keyLabel)] } ?? [] }
        grid.draw(spans, at: Point(x: line.maxX - hintWidth(line.width), y: line.y), width: hintWidth(line.width))
    }

    static func tab(at point: Point, _ state: ConsoleState) -> ScreenKind? {
        guard point.y == 1 else { return nil }
        let places = tabs(state).places(in: tabRow(state.size.columns))
        return places.firstIndex { $0.contains(point) }.map { ScreenKind.allCases[$0] }
    }

    // MARK: - Banner

    /// The past first: who forgets it acts on what is no more. Then a lost or silent link.
    static func banner(_ state: ConsoleState) -> String? {
        if let past = state.past {
            let clock = state.clock(for: state.pane)
            let present = state.live.map { $0.snapshot.at.advanced(by: state.now.since($0.at)) } ?? state.now
            let loading = past.wanted.map { " · asking for \(clock.dateTime($0)) …" } ?? ""
            let ago = Age.text(present.since(past.moment))
            let keys = state.keys
            let back = keys.hint(.freeze).map { "   \($0) live" } ?? "   :live"
            let steps = [
                keys.hint(.earlier).map { "\($0) \(keys.hint(.later) ?? "") minute" },
                keys.hint(.muchEarlier).map { "\($0) \(keys.hint(.muchLater) ?? "") hour" },
            ].compactMap { $0 }.map { "   " + $0 }.joined()
            return
                "FROZEN at \(clock.dateTime(past.moment)) \(clock.label(at: past.moment)), \(ago) ago\(loading)\(back)\(steps)"
        }
        if case .lost(let sentence, _) = state.link {
            guard let live = state.live else { return "× NO ENGINE: \(sentence)" }
            return "× LINK LOST: \(sentence) What you see is \(Age.text(state.now.since(live.at))) old"
        }
        guard let live = state.live, state.now.since(live.at) >= Chrome.staleAfter else { return nil }
        return "× NO NEWS from the engine for \(Age.text(state.now.since(live.at))): what you see is that old"
    }
}
