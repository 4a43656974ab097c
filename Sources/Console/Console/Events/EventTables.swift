import EnergyModel
import Ports
import Screen

/// The lists on an event's page: buildings, commands, history, remarks.
extension EventPage {
    static func drawList(
        _ detail: EventDetail, _ state: ConsoleState, _ pane: Pane, _ areas: Areas, on grid: inout Grid
    ) {
        let key = state.keys.hint(.view, in: .events) ?? ""
        let others = EventPart.allCases.filter { $0 != part(pane) }.map(\.rawValue).joined(separator: ", ")
        var note = [Span("\(key) \(others)", .textDim)]
        if case .eventLeg = pane.route { note = [] }
        let title: [Span]
        switch part(pane) {
        case .buildings:
            title = [Span(Numbers.count(detail.legs.count, "building", "buildings"), .title)]
            drawLegs(detail, state, pane, in: areas.list, on: &grid)
        case .commands:
            let count = EventsRoom.commands(detail, pane.route).count
            title = [Span(Numbers.count(count, "command", "commands"), .title), Span(", failed first", .textDim)]
            drawCommands(detail, state, pane, in: areas.list, on: &grid)
        case .history:
            title = [Span("History", .title), Span(", newest first", .textDim)]
            drawHistory(
                detail.transitions, state, pane, top: pane.events.top, in: areas.list.inset(horizontal: 1), on: &grid)
        case .reports:
            title = [Span("Participation reports", .title)]
            note = Chrome.updated(pane.events.reports, now: state.now, room: areas.listTitle.width - 30)
            drawReports(pane, in: areas.list, on: &grid)
        case .remarks:
            title = [Span("Remarks", .title)]
            let rows = remarkRows(detail, state, width: areas.list.width)
            let view = TextView(rows, window: ListWindow(top: pane.events.top), wraps: false)
            view.draw(in: areas.list.inset(horizontal: 1), on: &grid)
        }
        Panel.rule(title, note: note, in: areas.listTitle, on: &grid)
    }

    static func drawSide(
        _ detail: EventDetail, _ state: ConsoleState, _ pane: Pane, in box: Rect, on grid: inout Grid
    ) {
        guard box.height > 2 else { return }
        var rows = detail.transitions
        if case .eventLeg(_, let facility) = pane.route { rows = detail.history(of: facility) }
        Panel.rule([Span("History", .title), Span(", newest first", .textDim)], in: box.row(0), on: &grid)
        drawHistory(rows, state, pane, top: 0, in: box.dropRows(1).inset(horizontal: 1), on: &grid)
    }

    private static func drawReports(_ pane: Pane, in box: Rect, on grid: inout Grid) {
        guard pane.events.reportLines.isEmpty else {
            let view = TextView(pane.events.reportLines, window: ListWindow(top: pane.events.top), wraps: false)
            return view.draw(in: box.inset(horizontal: 1), on: &grid)
        }
        let text =
            pane.events.reports.value == nil
            ? pane.events.reports.failure ?? "Asking for the reports …"
            : "No report yet: they are made when everything is given back"
        Chrome.empty(text, in: box, on: &grid)
    }

    // MARK: - Buildings

    private static let legColumns = [
        TableColumn("", width: .fixed(1)), TableColumn("BUILDING", width: .flexible(minimum: 14, weight: 3)),
        TableColumn("ID", width: .fixed(8), priority: 5), TableColumn("STATE", width: .fixed(13)),
        TableColumn("CONFIRMED", width: .fixed(9), align: .right),
        TableColumn("FAILED", width: .fixed(6), align: .right),
        TableColumn("EXPECTED kW", width: .fixed(11), align: .right),
        TableColumn("ACHIEVED", width: .fixed(8), align: .right),
        TableColumn("BASELINE kW", width: .fixed(11), align: .right, priority: 2),
        TableColumn("CONFIRMED kW", width: .fixed(12), align: .right, priority: 3),
        TableColumn("SINCE", width: .fixed(8), align: .right, priority: 4),
    ]

    private static func drawLegs(
        _ detail: EventDetail, _ state: ConsoleState, _ pane: Pane, in box: Rect, on grid: inout Grid
    ) {
        let legs = detail.sortedLegs
        let cursor = pane.events.legs
        let table = Table(
            columns: legColumns, rowCount: legs.count, selected: cursor.selected == nil ? nil : cursor.position,
            window: ListWindow(top: cursor.first),
            emptyText: detail.event.status == .pending
                ? "Not planned yet" : "No building takes part: the remarks say why", isFocused: pane.hasFocus)
        Chrome.draw(table, in: box, on: &grid) { row, column in
            legs.indices.contains(row) ? cell(legs[row], column, state) : .empty
        }
    }

    private static func cell(_ leg: EventLegView, _ column: Int, _ state: ConsoleState) -> TableCell {
        let look = leg.progress.look
        switch column {
        case 0: return .text(look.mark, look.role, .bold)
        case 1: return .text(state.facility(leg.facility)?.name ?? leg.facility.text)
        case 2: return .text(leg.facility.text, .textDim)
        case 3: return .text(look.word, look.role)
        case 4: return .text("\(leg.confirmedCommands) of \(leg.commands)")
        case 5: return .text("\(leg.failedCommands)", leg.failedCommands > 0 ? .stateBad : .textDim)
        case 6: return .text(Numbers.kilowatts(leg.expected.kilowatts), .textDim)
        case 7:
            return .text(
                Numbers.kilowatts(leg.achieved?.kilowatts), leg.progress.isUnderDelivering ? .stateStale : .textStrong)
        case 8: return .text(Numbers.kilowatts(leg.baseline?.kilowatts), .textDim)
        case 9: return .text(Numbers.kilowatts(leg.confirmed.kilowatts), .textDim)
        default: return .text(leg.progress.activeSince.map { Age.column(state.moment.since($0)) } ?? "–", .textDim)
        }
    }

    // MARK: - Commands

    private static let commandColumns = [
        TableColumn("", width: .fixed(1)), TableColumn("BUILDING", width: .fixed(8)),
        TableColumn("#", width: .fixed(4), align: .right),
        TableColumn("POINT", width: .flexible(minimum: 14, weight: 2)),
        TableColumn("VALUE", width: .fixed(8), align: .right), TableColumn("SLOT", width: .fixed(4), align: .right),
        TableColumn("STATE", width: .fixed(15)), TableColumn("TRIED", width: .fixed(5), align: .right),
        TableColumn("DUE", width: .fixed(10), align: .right),
        TableColumn("EXPECTED kW", width: .fixed(11), align: .right, priority: 2),
        TableColumn("STEP", width: .fixed(4), align: .right, priority: 4),
        TableColumn("EXECUTION", width: .fixed(14), priority: 3),
    ]

    /// The building's column is left out on that building's page.
    private static func drawCommands(
        _ detail: EventDetail, _ state: ConsoleState, _ pane: Pane, in box: Rect, on grid: inout Grid
    ) {
        let commands = EventsRoom.commands(detail, pane.route)
        let cursor = pane.events.commands
        var order = Array(commandColumns.indices)
        if case .eventLeg = pane.route { order.remove(at: 1) }
        let table = Table(
            columns: order.map { commandColumns[$0] }, rowCount: commands.count,
            selected: cursor.selected == nil ? nil : cursor.position, window: ListWindow(top: cursor.first),
            emptyText: "No command is planned", isFocused: pane.hasFocus)
        Chrome.draw(table, in: box, on: &grid) { row, column in
            commands.indices.contains(row) ? cell(commands[row], order[column], state) : .empty
        }
    }

    private static func cell(_ command: BuildingCommand, _ column: Int, _ state: ConsoleState) -> TableCell {
        let progress = command.progress
        let look = progress.look
        switch column {
        case 0: return .text(look.mark, look.role, .bold)
        case 1: return .text(command.facility.text, .textDim)
        case 2: return .text("\(command.plan.sequence)", .textDim)
        case 3: return .text(command.plan.point.text)
        case 4: return .text(command.plan.kind.shown(command.plan.value))
        case 5: return .text(command.plan.slot.description, .textDim)
        case 6: return .text(look.word, look.role)
        case 7:
            let tried = max(progress.attempts, progress.releaseAttempts)
            return .text("\(tried)", tried > 1 ? .text : .textDim)
        case 8: return due(progress, state.moment)
        case 9: return .text(Numbers.kilowatts(command.plan.expected.kilowatts), .textDim)
        case 10: return .text("\(command.plan.step)", .textDim)
        default: return .text(progress.executionID ?? "–", .textDim)
        }
    }

    private static func due(_ progress: CommandProgress, _ now: UTCInstant) -> TableCell {
        guard let due = progress.due else { return .text("–", .textDim) }
        let left = due.since(now)
        return left >= .zero
            ? .text("in \(Age.text(left))", .textDim) : .text("\(Age.text(.zero - left)) late", .stateStale)
    }

    // MARK: - History

    private static func drawHistory(
        _ rows: [EventTransitionView], _ state: ConsoleState, _ pane: Pane, top: Int, in box: Rect,
        on grid: inout Grid
    ) {
        let clock = state.clock(for: pane)
        let columns = [
            TableColumn("TIME", width: .fixed(11)), TableColumn("SUBJECT", width: .fixed(10)),
            TableColumn("BECAME", width: .fixed(17)),
            TableColumn("WHY", width: .flexible(minimum: 16, weight: 3)),
            TableColumn("WHO", width: .flexible(minimum: 10, weight: 1), priority: 1),
        ]
        let table = Table(
            columns: columns, rowCount: rows.count, window: ListWindow(top: top), emptyText: "Nothing happened yet",
            isFocused: pane.hasFocus)
        Chrome.draw(table, in: box, on: &grid) { row, column in
            guard rows.indices.contains(row) else { return .empty }
            let line = rows[row]
            switch column {
            case 0:
                let isToday = clock.date(line.at) == clock.date(state.moment)
                return .text(isToday ? clock.time(line.at) : clock.shortDateTime(line.at), .textDim)
            case 1: return .text(line.subject, .textDim)
            case 2:
                let isBad = line.to == LegState.failed.rawValue
                return .text(line.to.replacing("_", with: " "), isBad ? .stateBad : .text)
            case 3: return .text(line.reason)
            default: return .text(line.actor, .textDim)
            }
        }
    }
}
