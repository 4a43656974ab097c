import EnergyModel
import Screen

/// What all screens share: where things are, how freshness is written, what stands where nothing is.
enum Chrome {
    static let smallest = Size(columns: 80, rows: 24)
    /// From here on a panel's "Updated …" is a warning (ledger CON-01).
    static let staleAfter = Duration.seconds(45)

    /// Header, tabs, rule, the banner if there is one; the last row is the footer.
    static func body(_ state: ConsoleState, size: Size) -> Rect {
        let top = 3 + (Header.banner(state) == nil ? 0 : 1)
        return Rect(x: 0, y: top, width: size.columns, height: size.rows - top - 1)
    }

    /// Two panes stand side by side where there is width, else one above the other.
    static func paneArea(_ index: Int, _ state: ConsoleState, size: Size) -> Rect {
        let body = body(state, size: size)
        guard state.panes.count > 1 else { return body }
        let parts =
            size.columns >= 160
            ? body.columns([.fraction(0.5), .fill], gap: 1) : body.rows([.fraction(0.5), .fill])
        return parts[min(index, 1)]
    }

    static func roomArea(_ index: Int, _ state: ConsoleState, size: Size) -> Rect {
        let whole = paneArea(index, state, size: size)
        return state.panes.count > 1 ? whole.dropRows(1) : whole
    }

    static func drawPaneTitle(_ pane: Pane, in line: Rect, on grid: inout Grid) {
        let title = Span(pane.route.screen.title, pane.hasFocus ? .title : .textDim, pane.hasFocus ? .bold : [])
        Panel.rule([title], note: pane.hasFocus ? [Span("here", .textDim)] : [], in: line, on: &grid)
    }

    static func drawTooSmall(_ size: Size, on grid: inout Grid) {
        let text = "too small: \(smallest.columns)x\(smallest.rows) needed, \(size.columns)x\(size.rows) here"
        grid.draw(text, at: Point(x: 0, y: size.rows / 2), width: size.columns, align: .centre)
    }

    static func isFocused(_ pane: Pane, _ state: ConsoleState) -> Bool { pane.hasFocus }

    /// `Updated 3 s ago`, a warning after 45 s; of the past it says which moment.
    static func updated(_ age: Duration) -> [Span] {
        age >= staleAfter
            ? [Span("! Updated \(Age.text(age)) ago", .stateStale)] : [Span("Updated \(Age.text(age)) ago", .textDim)]
    }

    static func updated(_ sight: Sight) -> [Span] {
        sight.isPast ? [Span("As stored", .stateEstimated)] : updated(sight.age)
    }

    /// For a panel that asks for its own data.
    static func updated<Value>(_ fetch: Fetch<Value>, now: UTCInstant) -> [Span] {
        if let failure = fetch.failure, fetch.value == nil { return [Span("! " + failure, .stateBad)] }
        guard let arrivedAt = fetch.arrivedAt else { return [Span("asking …", .textDim)] }
        let age = updated(max(.zero, now.since(arrivedAt)))
        return fetch.failure.map { [Span("! \($0) · ", .stateBad)] + age } ?? age
    }

    /// The same in at most `room` columns: a failure that does not fit is said in few words rather than not at all.
    static func updated<Value>(_ fetch: Fetch<Value>, now: UTCInstant, room: Int) -> [Span] {
        let whole = updated(fetch, now: now)
        guard width(whole) > room, fetch.failure != nil else { return whole }
        let age = fetch.arrivedAt.map { ", \(Age.text(max(.zero, now.since($0)))) old" } ?? ""
        return [Span("! no answer\(age)", .stateBad)]
    }

    static func width(_ spans: [Span]) -> Int { spans.reduce(0) { $0 + CharacterWidth.columns($1.text) } }

    /// Before the first snapshot.
    static func waiting(_ state: ConsoleState, in area: Rect, on grid: inout Grid) {
        let line = area.row(min(area.height - 1, area.height / 3))
        let text: String
        switch state.link {
        case .connecting(let since):
            text = "\(state.awaited) … \(Age.countdown(state.now.since(since))) so far"
        case .up: text = "No data for this moment"
        case .lost: text = "No snapshot has come yet: start the engine or check its address"
        }
        grid.draw(text, at: line.origin, width: line.width, role: .textDim, align: .centre)
    }

    /// A shape scaled to what it shows, in the middle of the height: from zero every steady load looks like a wall. At least
    /// a quarter of the highest value fills the height, so that noise stays small.
    static func trend(_ values: [Double?]) -> Sparkline {
        let known = values.compactMap { $0 }.filter(\.isFinite)
        guard let low = known.min(), let high = known.max(), low >= 0 else { return Sparkline(values) }
        let span = max(high - low, high * 0.25) * 1.15
        let bottom = max(0, (low + high - span) / 2)
        return Sparkline(values, range: bottom...(bottom + max(span, 1e-9)))
    }

    /// A table, or where it has no rows why not and what to do, in as many lines as that takes.
    static func draw(
        _ table: Table, in area: Rect, on grid: inout Grid, content: (_ row: Int, _ column: Int) -> TableCell
    ) {
        var quiet = table
        quiet.emptyText = ""
        quiet.draw(in: area, on: &grid, content: content)
        if table.rowCount == 0 { empty(table.emptyText, in: area.dropRows(1), on: &grid) }
    }

    /// A sentence in the middle of an empty panel: why it is empty, and what to do.
    static func empty(_ text: String, in area: Rect, on grid: inout Grid) {
        guard !area.isEmpty else { return }
        for (index, row) in TextView.wrap([Span(text, .textDim)], width: max(1, area.width - 4)).enumerated() {
            let line = area.row(min(area.height - 1, area.height / 3) + index)
            grid.draw(row, at: line.origin, width: line.width, align: .centre)
        }
    }

    static func tab(at point: Point, _ state: ConsoleState) -> ScreenKind? {
        Header.tab(at: point, state)
    }
}
