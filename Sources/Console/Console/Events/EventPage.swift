import EnergyModel
import Ports
import Screen

/// One event whole, or one building's part of it: what is wrong, the time line, buildings, commands, history.
enum EventPage {
    struct Areas {
        var title: Rect
        var facts: Rect
        var time: Rect
        var remarks: Rect
        var listTitle: Rect
        var list: Rect
        /// History beside the list where there is width, or below a building's commands; else empty.
        var side: Rect
    }

    static let wide = 160

    static func part(_ pane: Pane) -> EventPart {
        if case .eventLeg = pane.route { return .commands }
        return pane.events.part
    }

    private static func isLeg(_ pane: Pane) -> Bool { if case .eventLeg = pane.route { true } else { false } }

    static func areas(_ state: ConsoleState, _ pane: Pane, _ area: Rect) -> Areas {
        let head = area.rows([.fixed(1), .fixed(1), .fill])
        let none = Rect(x: 0, y: 0, width: 0, height: 0)
        let detail = pane.events.detail.value.flatMap { $0 }
        let isWide = area.width >= wide
        let columns = isWide ? head[2].columns([.fraction(0.58), .fill], gap: 2) : [head[2], none]
        if isLeg(pane) {
            let body = isWide ? [columns[0], columns[1]] : head[2].rows([.fraction(0.6), .fill])
            let list = body[0].rows([.fixed(1), .fill])
            return Areas(
                title: head[0], facts: head[1], time: none, remarks: none, listTitle: list[0], list: list[1],
                side: body[1])
        }
        let box = isWide ? columns[1] : head[2]
        let wanted = remarkRows(detail, state, width: box.width).count
        let most: Int
        switch part(pane) {
        case _ where isWide: most = box.height / 2
        case .remarks: most = 0
        case .reports, .history: most = 3
        case .buildings, .commands: most = Self.most(box, detail)
        }
        let parts = box.rows([.fixed(6), .fixed(min(wanted, most)), .fill])
        let list = (isWide ? columns[0] : parts[2]).rows([.fixed(1), .fill])
        return Areas(
            title: head[0], facts: head[1], time: parts[0], remarks: parts[1], listTitle: list[0], list: list[1],
            side: isWide ? parts[2] : none)
    }

    /// Remarks may take what the buildings leave, and a third in any case.
    private static func most(_ box: Rect, _ detail: EventDetail?) -> Int {
        let buildings = max(4, detail?.legs.count ?? 0) + 2
        return max(3, (box.height - 12) / 3, box.height - 6 - buildings)
    }

    static func draw(_ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        guard let sight = state.sight else { return Chrome.waiting(state, in: area, on: &grid) }
        let areas = areas(state, pane, area)
        let id = EventsRoom.event(of: pane.route)?.text ?? ""
        guard let answer = pane.events.detail.value else {
            Panel.rule([Span(id, .title)], in: areas.title, on: &grid)
            let text = pane.events.detail.failure ?? "Asking for event \(id) …"
            return Chrome.empty(text, in: area.dropRows(1), on: &grid)
        }
        guard let detail = answer else {
            Panel.rule([Span(id, .title)], in: areas.title, on: &grid)
            return Chrome.empty("There is no event \(id): Events lists those that are", in: area.dropRows(1), on: &grid)
        }
        drawTitle(detail, state, pane, in: areas.title, on: &grid)
        if case .eventLeg(_, let facility) = pane.route {
            guard let leg = detail.legs.first(where: { $0.facility == facility }) else {
                return Chrome.empty(
                    "\(facility) takes no part in this event: Esc goes to its buildings", in: area.dropRows(1),
                    on: &grid)
            }
            drawLegFacts(leg, state, sight, in: areas.facts, on: &grid)
        } else {
            drawFacts(detail, sight, state.clock(for: pane), in: areas.facts, on: &grid)
            drawTimeLine(detail, state, pane, sight.now, in: areas.time, on: &grid)
            drawRemarks(detail, state, in: areas.remarks, on: &grid)
        }
        drawList(detail, state, pane, areas, on: &grid)
        drawSide(detail, state, pane, in: areas.side, on: &grid)
    }

    // MARK: - Head

    private static func drawTitle(
        _ detail: EventDetail, _ state: ConsoleState, _ pane: Pane, in line: Rect, on grid: inout Grid
    ) {
        let event = detail.event
        var spans = [Span(event.title, .title, .bold)]
        if case .eventLeg(_, let facility) = pane.route {
            let name = state.facility(facility)?.name ?? ""
            spans += [Span("  › ", .textDim), Span(name.isEmpty ? facility.text : name, .title, .bold)]
            spans.append(Span("  \(facility)", .textDim))
        } else {
            if event.title != event.id.text { spans.append(Span("  \(event.id)", .textDim)) }
            let facts = [
                event.program, event.source, event.priority.map { "priority \($0)" } ?? "",
                event.utilityRequestID.map { "request \($0)" } ?? "",
            ]
            spans.append(Span("   " + facts.filter { !$0.isEmpty }.joined(separator: " · "), .textDim))
        }
        let updated = Chrome.updated(pane.events.detail, now: state.now, room: line.width / 3)
        let width = Chrome.width(updated)
        grid.draw(spans, at: Point(x: line.x + 1, y: line.y), width: line.width - width - 4)
        grid.draw(updated, at: Point(x: line.maxX - width - 1, y: line.y), width: width)
    }

    /// What fits, in the order of importance.
    static func place(_ facts: [[Span]], in line: Rect, on grid: inout Grid) {
        var x = line.x + 1
        for fact in facts where !fact.isEmpty {
            let width = fact.reduce(0) { $0 + CharacterWidth.columns($1.text) }
            guard width > 0, x + width < line.maxX else { continue }
            x += grid.draw(fact, at: Point(x: x, y: line.y), width: width) + 3
        }
    }

    private static func drawFacts(
        _ detail: EventDetail, _ sight: Sight, _ clock: ZoneClock, in line: Rect, on grid: inout Grid
    ) {
        let event = sight.snapshot.openEvents.first { $0.id == detail.event.id } ?? detail.event
        let look = event.look
        let end = event.isOpenEnded ? "open" : clock.near(event.window.end, now: event.window.start)
        let share = event.achievedShare.map { "  \(Numbers.percent($0)) %" } ?? ""
        let of = event.target.map { " of \(Numeral.fixed($0.kilowatts, decimals: 1)) kW" } ?? " kW"
        let begin = clock.near(event.window.start, now: sight.now)
        place(
            [
                [Span("\(look.mark) ".trimmingSpaces + " " + look.word, look.role, .bold)],
                [
                    Span("achieved ", .textDim),
                    Span(Numbers.kilowatts(event.achieved?.kilowatts), event.isLow ? .stateStale : .textStrong, .bold),
                    Span(of, .textDim), Span(share, event.isLow ? .stateStale : .textStrong),
                ],
                [Span(event.timeLeft(at: sight.now), .text)],
                [
                    Span("expected ", .textDim), Span(Numbers.kilowatts(event.expected?.kilowatts)),
                    Span(" kW", .textDim),
                ],
                [Span("\(begin) to \(end) \(clock.label(at: event.window.start))")],
                [Span("plan on \(event.forecastQuality?.rawValue ?? "nothing yet")", .textDim)],
                [Span(event.traceID.map { "trace \($0)" } ?? "", .textDim)],
            ], in: line, on: &grid)
    }

    private static func drawLegFacts(
        _ leg: EventLegView, _ state: ConsoleState, _ sight: Sight, in line: Rect, on grid: inout Grid
    ) {
        let look = leg.progress.look
        let failed = leg.failedCommands > 0 ? [Span("× \(leg.failedCommands) failed", .stateBad)] : []
        place(
            [
                [Span(look.mark + " " + look.word, look.role, .bold)], failed,
                [
                    Span("achieved ", .textDim),
                    Span(Numbers.kilowatts(leg.achieved?.kilowatts), .textStrong, .bold),
                    Span(" of \(Numbers.kilowatts(leg.expected.kilowatts)) kW expected", .textDim),
                ],
                [Span("\(leg.confirmedCommands) of \(leg.commands)"), Span(" confirmed", .textDim)],
                [Span("baseline ", .textDim), Span(Numbers.power(leg.baseline))],
                [Span(leg.progress.ending.map { "given back: \($0.words)" } ?? "", .textDim)],
                [
                    Span(
                        leg.progress.activeSince.map { "active for \(Age.text(max(.zero, sight.now.since($0))))" }
                            ?? "",
                        .textDim)
                ],
                [Span(leg.baselineMethod.map { "baseline by \($0)" } ?? "", .textDim)],
            ], in: line, on: &grid)
    }

    // MARK: - Time line and remarks

    private static func drawTimeLine(
        _ detail: EventDetail, _ state: ConsoleState, _ pane: Pane, _ now: UTCInstant, in box: Rect,
        on grid: inout Grid
    ) {
        guard box.height > 0 else { return }
        Panel.rule([Span("Time line", .title)], in: box.row(0), on: &grid)
        let clock = state.clock(for: pane)
        let received = detail.event.receivedAt
        for (index, stage) in EventStage.all(detail, now: now).enumerated() where index + 1 < box.height {
            let y = box.y + 1 + index
            let (mark, role) = stage.mark
            let isAhead = stage.state == .notYet
            grid.draw(mark, at: Point(x: box.x + 1, y: y), width: 1, role: role)
            grid.draw(stage.name, at: Point(x: box.x + 3, y: y), width: 12, role: isAhead ? .textDim : .text)
            let time = stage.at.map { (isAhead ? "at " : "") + clock.near($0, now: now) } ?? "–"
            grid.draw(time, at: Point(x: box.x + 17, y: y), width: 20, role: isAhead ? .textDim : .text)
            let after = stage.at.map { isAhead || index == 0 ? "" : "+" + Age.text(max(.zero, $0.since(received))) }
            grid.draw(
                after ?? "", at: Point(x: box.x + 37, y: y), width: 8, role: .textDim, align: .right)
            let note: [Span] = [
                Span(stage.actor, .text), Span(stage.actor.isEmpty || stage.note.isEmpty ? "" : "  ", .textDim),
                Span(stage.note, stage.state == .failed ? .stateBad : .textDim),
            ]
            grid.draw(note, at: Point(x: box.x + 47, y: y), width: max(0, box.width - 49))
        }
    }

    /// What a person should know, most urgent first: what is wrong now, then what the planner remarked.
    static func remarkRows(_ detail: EventDetail?, _ state: ConsoleState, width: Int) -> [[Span]] {
        guard let detail else { return [] }
        let lines = urgent(detail, state) + detail.remarks.map { [Span("· ", .textDim), Span($0)] }
        return lines.flatMap { TextView.wrap($0, width: max(20, width - 4)) }
    }

    private static func urgent(_ detail: EventDetail, _ state: ConsoleState) -> [[Span]] {
        let event = detail.event
        var lines: [[Span]] = []
        if event.awaitsApproval, !event.status.isFinal {
            let hint = state.mayAct ? state.keys.hint(.approve, in: .events).map { ": \($0) lets it go on" } ?? "" : ""
            lines.append([Span("! It waits for a person's approval\(hint)", .stateEstimated)])
        }
        let failed = detail.legs.filter { $0.progress.state == .failed }
        if let first = failed.first {
            let others = failed.count > 1 ? " and \(failed.count - 1) more" : ""
            lines.append([Span("× \(first.facility)\(others) failed: nothing is shed there", .stateBad)])
        }
        let commands = detail.legs.reduce(0) { $0 + $1.failedCommands }
        if commands > 0 {
            let text = "× \(Numbers.count(commands, "command", "commands")) failed; retried after 1, 5 and 15 min"
            lines.append([Span(text, .stateBad)])
        }
        let stuck = detail.commands.count { $0.progress.phase == .releaseRetrying }
        if stuck > 0 {
            lines.append([
                Span("× \(Numbers.count(stuck, "point is", "points are")) not given back yet; tried again", .stateBad)
            ])
        }
        if detail.progress.isUnderDelivering || event.isLow {
            lines.append([Span("! The meters show less than 80 % of what was asked for", .stateStale)])
        }
        let differing = detail.legs.count { $0.progress.isDiscrepant }
        if differing > 0 {
            let text =
                "! In \(Numbers.count(differing, "building", "buildings")) meters and commands tell different stories"
            lines.append([Span(text, .stateStale)])
        }
        if let caution = event.forecastQuality?.caution {
            lines.append([Span("! Plan: \(caution)", .stateEstimated)])
        }
        return lines
    }

    private static func drawRemarks(
        _ detail: EventDetail, _ state: ConsoleState, in box: Rect, on grid: inout Grid
    ) {
        let rows = remarkRows(detail, state, width: box.width)
        for offset in 0..<min(box.height, rows.count) {
            let isCut = offset == box.height - 1 && rows.count > box.height
            let more = [Span("  … and \(rows.count - offset) lines more, listed under remarks", .textDim)]
            grid.draw(
                isCut ? more : rows[offset], at: Point(x: box.x + 1, y: box.y + offset), width: box.width - 3)
        }
    }
}
