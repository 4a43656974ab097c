import EnergyModel
import Ports
import Screen

/// Keys, mouse and paste. The layer on top hears first; what it leaves goes to the screen under the focus.
extension ConsoleState {
    mutating func take(_ event: TerminalEvent) {
        switch event {
        case .key(let press): self.press(press)
        case .mouse(let mouse): take(mouse)
        case .paste(let text, let isCut): paste(text, isCut: isCut)
        case .resized(let size): self.size = size
        case .resumed: redrawCount += 1
        case .ended: leave()
        }
    }

    private mutating func press(_ press: KeyPress) {
        guard layer == nil else { return pressLayer(press) }
        let scope = KeyScope(pane.route.screen)
        guard let action = keys.action(for: press, in: scope) else { return }
        perform(action)
    }

    /// Pasted text goes into the field that is open, and nowhere else.
    private mutating func paste(_ text: String, isCut: Bool) {
        guard pasteIntoLayer(text) else {
            return say("Pasted text is not taken for keys: open : or / first, then paste")
        }
        if isCut { say("The pasted text was too long and was cut", .warning) }
    }

    private mutating func take(_ mouse: MouseEvent) {
        switch mouse.kind {
        case .wheelDown: wheel(3, at: mouse.point)
        case .wheelUp: wheel(-3, at: mouse.point)
        case .pressed(.left): click(mouse.point)
        case .pressed, .released, .dragged: break
        }
    }

    private mutating func wheel(_ rows: Int, at point: Point) {
        if layer != nil { return scrollLayer(rows) }
        if let index = panes.indices.first(where: { area(of: $0).contains(point) }) { focus = index }
        let action: Action = rows > 0 ? .down : .up
        for _ in 0..<abs(rows) { perform(action) }
    }

    private mutating func click(_ point: Point) {
        if case .editor(let editor) = layer { return clickEditor(editor, point) }
        guard layer == nil else { return }
        if let screen = Chrome.tab(at: point, self) { return perform(screen.action) }
        guard let index = panes.indices.first(where: { area(of: $0).contains(point) }) else { return }
        focus = index
        pane.route.screen.room.click(at: point, &self, area: area(of: index))
    }

    /// One named action on the focused pane. Actions that change something do not exist in read-only mode.
    mutating func perform(_ action: Action) {
        guard isOffered(action) else { return }
        if pane.route.screen.room.perform(action, &self, area: area(of: focus)) { return }
        if let screen = ScreenKind.allCases.first(where: { $0.action == action }) { return open(screen) }
        switch action {
        case .back: goUp()
        case .help: layer = .help(HelpState())
        case .palette: layer = .palette(PaletteState(history: history))
        case .filter: openFilter()
        case .freeze: toggleFreeze()
        case .earlier: step(by: .zero - Self.shortStep)
        case .later: step(by: Self.shortStep)
        case .muchEarlier: step(by: .zero - Self.longStep)
        case .muchLater: step(by: Self.longStep)
        case .zone: switchZone()
        case .copy: copy()
        case .write: openWrite()
        case .split: split()
        case .otherPane: focus = (focus + 1) % panes.count
        case .redraw: redrawCount += 1
        case .quit: askToLeave()
        default: break
        }
    }

    func isOffered(_ action: Action) -> Bool {
        mayAct || !keys.rows.contains { $0.action == action && $0.acts }
    }

    /// A screen that is shown already goes to its own top.
    mutating func open(_ screen: ScreenKind) {
        switch screen {
        case .overview: go(to: .overview)
        case .facility: go(to: .facility(pane.route.facility ?? pane.overview.cursor.selected))
        case .events: go(to: .events)
        case .override: go(to: .override(pane.route.facility ?? pane.overview.cursor.selected))
        case .deadLetters: go(to: .deadLetters)
        case .health: go(to: .health)
        case .journal: go(to: .journal)
        }
    }

    private mutating func goUp() {
        let room = pane.route.screen.room
        if !room.filter(of: pane).isEmpty, pane.route.parent == nil || pane.route.parent == .overview {
            return room.setFilter(.everything, &self)
        }
        if let parent = pane.route.parent { return go(to: parent) }
        if past != nil { returnToLive() }
    }

    private mutating func switchZone() {
        zoneMode = zoneMode == .utc ? .facility : .utc
        say(zoneMode == .utc ? "Times in UTC" : "Times in the facility's zone: \(clock(for: pane).name)")
    }

    private mutating func split() {
        if panes.count > 1 {
            panes = [pane]
            focus = 0
        } else if size.columns >= 160 || size.rows >= 40 {
            panes.append(pane)
            focus = 1
            refreshPanes()
        } else {
            say("Two panes need 160 columns or 40 rows; here are \(size.columns)x\(size.rows)", .warning)
        }
    }

    /// On the embedded engine the intake ends with the console, so one stray key must not do it: a second within 5 s does.
    private mutating func askToLeave() {
        let stopsEngine = standing == nil && sight?.snapshot.health.mode == "embedded"
        if !stopsEngine || quitAskedAt.map({ now.since($0) < .seconds(5) }) == true { return leave() }
        quitAskedAt = now
        say("Quitting stops the embedded engine. Press again within 5 s to quit", .warning)
    }

    /// Leaves at once unless an action is armed: then its sheet asks.
    mutating func leave() {
        ask(.quit)
        isQuitting = true
    }
}

extension ScreenKind {
    var action: Action {
        switch self {
        case .overview: .screenOverview
        case .facility: .screenFacility
        case .events: .screenEvents
        case .override: .screenOverride
        case .deadLetters: .screenDeadLetters
        case .health: .screenHealth
        case .journal: .screenJournal
        }
    }
}
