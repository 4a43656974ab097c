import EnergyModel
import Ports
import Screen

/// Demand-response events: which there are, what their buildings do, and every command to them.
enum EventsRoom: Room {
    static let filterFields = [
        "name", "id", "program", "state", "kind", "source", "target", "expected", "achieved",
    ]

    static func filter(of pane: Pane) -> RowFilter { pane.events.filter }

    static func setFilter(_ filter: RowFilter, _ state: inout ConsoleState) { state.pane.events.filter = filter }

    // MARK: - Data

    static func event(of route: Route) -> DREventID? {
        switch route {
        case .event(let id), .eventLeg(let id, _): id
        default: nil
        }
    }

    static func refresh(_ state: inout ConsoleState, pane: Int) {
        guard state.past == nil else { return }
        let event = event(of: state.panes[pane].route)
        state.panes[pane].events.come(to: event)
        state.panes[pane].events.top = 0
        ask(&state, pane: pane)
    }

    /// The page that is shown, and nothing else.
    private static func ask(_ state: inout ConsoleState, pane: Int) {
        if let event = event(of: state.panes[pane].route) {
            let id = state.ask(.event(event))
            state.panes[pane].events.detail.asked(id, at: state.now)
        } else {
            let id = state.ask(.events(EventQuery(limit: state.panes[pane].events.depth)))
            state.panes[pane].events.list.asked(id, at: state.now)
        }
    }

    /// Open events come with every snapshot; the list is read again for the others. An event on the page is read every 2 s
    /// until it is settled.
    static func tick(_ state: inout ConsoleState, pane: Int) {
        guard state.past == nil else { return }
        let events = state.panes[pane].events
        let isDue: Bool
        switch state.panes[pane].route {
        case .events: isDue = events.list.isDue(every: .seconds(10), now: state.now)
        case .event, .eventLeg:
            let isSettled = events.detail.value?.map(\.event.isSettled) == true
            isDue = events.detail.isDue(every: .seconds(isSettled ? 30 : 2), now: state.now)
        default: isDue = false
        }
        if isDue { ask(&state, pane: pane) }
        if case .event(let event) = state.panes[pane].route, events.part == .reports,
            events.reports.isDue(every: .seconds(30), now: state.now)
        {
            let id = state.ask(.reports(event))
            state.panes[pane].events.reports.asked(id, at: state.now)
        }
    }

    static func receive(_ state: inout ConsoleState, pane: Int, id: EffectID, result: EffectResult) -> Bool {
        var events = state.panes[pane].events
        defer { state.panes[pane].events = events }
        if let outcome = result.outcome(\.event), events.detail.settle(id, outcome, at: state.now) { return true }
        if let outcome = result.outcome(\.reports), events.reports.settle(id, outcome, at: state.now) {
            events.reportLines = ReportLines.all(events.reports.value ?? [])
            return true
        }
        guard let outcome = result.outcome(\.events), events.list.settle(id, outcome, at: state.now) else {
            return false
        }
        events.answers += 1
        return true
    }

    static func settle(_ state: inout ConsoleState, pane: Int, area: Rect) {
        var events = state.panes[pane].events
        defer { state.panes[pane].events = events }
        switch state.panes[pane].route {
        case .events:
            let key = EventIndex.Key(
                answers: events.answers, sequence: state.sight?.snapshot.sequence, choice: events.choice,
                filter: events.filter)
            if events.index.key != key {
                events.index = EventIndex(
                    key: key, stored: events.list.value ?? [], snapshot: state.sight?.snapshot)
            }
            let index = events.index
            events.cursor.settle(
                count: index.rows.count, height: Table.dataRows(height: EventsView.areas(area).list.height),
                id: { index.rows[$0].id }, place: { index.place[$0] })
        case .event, .eventLeg: settleDetail(&events, state, pane: pane, area: area)
        default: break
        }
    }

    private static func settleDetail(_ events: inout EventsState, _ state: ConsoleState, pane: Int, area: Rect) {
        guard let detail = events.detail.value.flatMap({ $0 }) else { return }
        let height = Table.dataRows(height: EventPage.areas(state, state.panes[pane], area).list.height)
        let legs = detail.sortedLegs
        events.legs.settle(
            count: legs.count, height: height, id: { legs[$0].facility },
            place: { id in legs.firstIndex { $0.facility == id } })
        let commands = commands(detail, state.panes[pane].route)
        events.commands.settle(
            count: commands.count, height: height, id: { commands[$0].place },
            place: { id in commands.firstIndex { $0.place == id } })
    }

    /// All of the event's, or on a building's page those of that building.
    static func commands(_ detail: EventDetail, _ route: Route) -> [BuildingCommand] {
        if case .eventLeg(_, let facility) = route { return detail.sortedCommands(of: facility) }
        return detail.sortedCommands(of: nil)
    }

    // MARK: - Keys

    static func perform(_ action: Action, _ state: inout ConsoleState, area: Rect) -> Bool {
        switch action {
        case .create: EventSheets.create(&state)
        case .approve: EventSheets.approve(&state)
        case .optOut: EventSheets.optOut(&state)
        case .cancelEvent: EventSheets.cancel(&state)
        case .retry: EventSheets.retry(&state)
        case .settle: EventSheets.settle(&state)
        default:
            switch state.pane.route {
            case .events: return performList(action, &state, area)
            default: return performPage(action, &state, area)
            }
        }
        return true
    }

    private static func performList(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        switch action {
        case .enter:
            guard state.past == nil, let id = state.pane.events.cursor.selected else { return true }
            state.go(to: .event(id))
        case .view:
            let all = EventChoice.allCases
            let here = all.firstIndex(of: state.pane.events.choice) ?? 0
            state.pane.events.choice = all[(here + 1) % all.count]
            state.say("Listing \(state.pane.events.choice.words)")
        default:
            let rows = state.pane.events.index.rows
            let page = Table.dataRows(height: EventsView.areas(area).list.height) - 1
            let moved = state.pane.events.cursor.move(action, page: page, count: rows.count) { rows[$0].id }
            if moved, state.pane.events.cursor.position >= rows.count - 5 { askDeeper(&state) }
            return moved
        }
        return true
    }

    /// A full answer may have more behind it.
    private static func askDeeper(_ state: inout ConsoleState) {
        let events = state.pane.events
        guard let known = events.list.value?.count, known >= events.depth, events.depth < EventsState.limit,
            !events.list.isUnderWay
        else { return }
        state.pane.events.depth = min(EventsState.limit, events.depth + EventsState.pageSize)
        ask(&state, pane: state.focus)
    }

    private static func performPage(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        let detail = state.pane.events.detail.value.flatMap { $0 }
        let height = EventPage.areas(state, state.pane, area).list.height
        switch (action, EventPage.part(state.pane)) {
        case (.view, _):
            guard case .event = state.pane.route else { return true }
            let all = EventPart.allCases
            let here = all.firstIndex(of: state.pane.events.part) ?? 0
            state.pane.events.part = all[(here + 1) % all.count]
            state.pane.events.top = 0
            return true
        case (.enter, .buildings), (.enter, .commands):
            openLeg(&state)
            return true
        case (_, .buildings):
            let legs = detail?.sortedLegs ?? []
            return state.pane.events.legs.move(action, page: Table.dataRows(height: height) - 1, count: legs.count) {
                legs[$0].facility
            }
        case (_, .commands):
            let commands = detail.map { Self.commands($0, state.pane.route) } ?? []
            let page = Table.dataRows(height: height) - 1
            return state.pane.events.commands.move(action, page: page, count: commands.count) { commands[$0].place }
        case (_, .history):
            let most = (detail?.transitions.count ?? 0) - Table.dataRows(height: height)
            return action.scroll(&state.pane.events.top, page: Table.dataRows(height: height) - 1, most: most)
        case (_, .reports):
            let most = state.pane.events.reportLines.count - height
            return action.scroll(&state.pane.events.top, page: height - 1, most: most)
        case (_, .remarks):
            let rows = EventPage.remarkRows(detail, state, width: area.width).count
            return action.scroll(&state.pane.events.top, page: height - 1, most: rows - height)
        }
    }

    private static func openLeg(_ state: inout ConsoleState) {
        guard case .event(let id) = state.pane.route else { return }
        let events = state.pane.events
        let facility = events.part == .commands ? events.commands.selected?.facility : events.legs.selected
        guard let facility else { return }
        state.pane.route = .eventLeg(id, facility)
        state.pane.events.top = 0
    }

    static func click(at point: Point, _ state: inout ConsoleState, area: Rect) {
        guard case .events = state.pane.route else { return clickPage(at: point, &state, area) }
        let rows = state.pane.events.index.rows
        let box = EventsView.areas(area).list
        guard let row = EventsView.table(state, state.pane).row(at: point, in: box), rows.indices.contains(row) else {
            return
        }
        if state.pane.events.cursor.selected == rows[row].id { return state.go(to: .event(rows[row].id)) }
        state.pane.events.cursor.select(rows[row].id)
    }

    private static func clickPage(at point: Point, _ state: inout ConsoleState, _ area: Rect) {
        guard let detail = state.pane.events.detail.value.flatMap({ $0 }) else { return }
        let box = EventPage.areas(state, state.pane, area).list
        let row = point.y - box.y - 1
        guard box.contains(point), row >= 0 else { return }
        if EventPage.part(state.pane) == .buildings {
            let legs = detail.sortedLegs
            let index = state.pane.events.legs.first + row
            guard legs.indices.contains(index) else { return }
            if state.pane.events.legs.selected == legs[index].facility { return openLeg(&state) }
            state.pane.events.legs.select(legs[index].facility)
        } else if EventPage.part(state.pane) == .commands {
            let commands = commands(detail, state.pane.route)
            let index = state.pane.events.commands.first + row
            if commands.indices.contains(index) { state.pane.events.commands.select(commands[index].place) }
        }
    }

    static func draw(_ state: ConsoleState, pane: Pane, into grid: inout Grid, area: Rect) {
        guard state.past == nil else {
            let back = state.keys.hint(.freeze) ?? ":live"
            return Chrome.empty(
                "Events are not kept as they were at a past moment: \(back) returns to live; the Journal tells what "
                    + "became of them, and when", in: area, on: &grid)
        }
        switch pane.route {
        case .event, .eventLeg: EventPage.draw(state, pane, in: area, on: &grid)
        default: EventsView.draw(state, pane, in: area, on: &grid)
        }
    }
}

// MARK: - Export

extension EventsRoom {
    /// The event shown or selected.
    static func current(_ pane: Pane) -> DemandResponseEvent? {
        if let id = event(of: pane.route) {
            return pane.events.detail.value.flatMap { $0 }?.event ?? pane.events.index.rows.first { $0.id == id }
        }
        guard let id = pane.events.cursor.selected, let row = pane.events.index.place[id] else { return nil }
        return pane.events.index.rows[row]
    }

    static func selection(_ state: ConsoleState, pane: Pane) -> String? {
        guard state.past == nil, let event = current(pane) else { return nil }
        let text =
            "\(event.id) \(event.name) \(event.look.word): \(Numbers.power(event.achieved)) of "
            + "\(Numbers.power(event.target ?? event.expected)) at \(state.moment.iso8601)"
        return Sanitiser.drawable(text)
    }

    static func table(_ state: ConsoleState, pane: Pane) -> ExportTable {
        guard state.past == nil else {
            return ExportTable(title: "Events are not kept as they were", columns: ["event"], rows: [])
        }
        if event(of: pane.route) != nil, let detail = pane.events.detail.value.flatMap({ $0 }) {
            return pane.events.part == .reports && pane.route == .event(detail.event.id)
                ? reportTable(detail.event.id, state, pane) : commandTable(detail, state, pane)
        }
        let rows = pane.events.index.rows.map { event -> [ExportTable.Value] in
            [
                .text(event.id.text), .text(event.name), .text(event.program), .text(event.kind.rawValue),
                .text(event.look.word), .text(event.source), .text(event.window.start.iso8601),
                .init(event.isOpenEnded ? nil : event.window.end.iso8601), .init(event.target?.kilowatts),
                .init(event.expected?.kilowatts), .init(event.achieved?.kilowatts), .text(event.receivedAt.iso8601),
                .init(event.traceID),
            ]
        }
        return ExportTable(
            title: "Events at \(state.moment.iso8601)",
            columns: [
                "id", "name", "program", "kind", "state", "source", "start", "end", "target_kw", "expected_kw",
                "achieved_kw", "received", "trace_id",
            ], rows: rows)
    }

    private static func reportTable(_ id: DREventID, _ state: ConsoleState, _ pane: Pane) -> ExportTable {
        let rows = (pane.events.reports.value ?? []).map { record -> [ExportTable.Value] in
            [
                .number(Double(record.number)), .text(record.event.text), .text(record.facility.text),
                .number(Double(record.version)), .text(record.at.iso8601), .text(record.hash),
                .init(record.previousHash), .text(record.body),
            ]
        }
        return ExportTable(
            title: "Participation reports of \(id) at \(state.moment.iso8601)",
            columns: ["number", "event", "facility", "version", "at", "hash", "previous_hash", "body"], rows: rows)
    }

    private static func commandTable(_ detail: EventDetail, _ state: ConsoleState, _ pane: Pane) -> ExportTable {
        let rows = commands(detail, pane.route).map { command -> [ExportTable.Value] in
            [
                .text(command.facility.text), .number(Double(command.plan.sequence)), .text(command.plan.point.text),
                .text(command.plan.kind.rawValue), .number(command.plan.value),
                .number(Double(command.plan.slot.rawValue)), .text(command.progress.state.rawValue),
                .number(Double(command.progress.attempts)), .init(command.progress.due?.iso8601),
                .init(command.progress.confirmedAt?.iso8601), .text(command.key.text),
            ]
        }
        return ExportTable(
            title: "Commands of \(detail.event.id) at \(state.moment.iso8601)",
            columns: [
                "facility", "sequence", "point", "kind", "value", "slot", "state", "attempts", "due", "confirmed",
                "idempotency_key",
            ], rows: rows)
    }
}
