import EnergyModel
import Ports
import Screen

extension OverviewRoom {
    static func draw(_ state: ConsoleState, pane: Pane, into grid: inout Grid, area: Rect) {
        guard let sight = state.sight else { return Chrome.waiting(state, in: area, on: &grid) }
        drawTotals(OverviewTotals(sight), sight, pane, state.clock(for: pane), in: area.row(0), on: &grid)
        drawRule(sight, pane, in: area.row(1), on: &grid)
        OverviewTable(sight: sight, pane: pane, clock: state.clock(for: pane), isFocused: Chrome.isFocused(pane, state))
            .draw(
                in: tableArea(area), on: &grid)
    }

    /// Facts from left to right; the last ones stay away when the line is too short.
    private static func drawTotals(
        _ totals: OverviewTotals, _ sight: Sight, _ pane: Pane, _ clock: ZoneClock, in line: Rect, on grid: inout Grid
    ) {
        let updated = Chrome.updated(sight)
        let updatedWidth = updated.reduce(0) { $0 + CharacterWidth.columns($1.text) }
        let room = Rect(x: line.x + 1, y: line.y, width: line.width - updatedWidth - 4, height: 1)
        var x = room.x
        func place(_ width: Int, _ draw: (Rect, inout Grid) -> Void) {
            guard x + width <= room.maxX else { return }
            draw(Rect(x: x, y: line.y, width: width, height: 1), &grid)
            x += width + 3
        }
        func place(_ spans: [Span]) {
            place(spans.reduce(0) { $0 + CharacterWidth.columns($1.text) }) { box, grid in
                grid.draw(spans, at: box.origin, width: box.width)
            }
        }
        place(loadSpans(totals))
        let (response, peak) = both(
            responseWordings(sight), peakWordings(sight, clock), room: room.maxX - x)
        for spans in [response, peak] where !spans.isEmpty { place(spans) }
        place(shareSpans(totals))
        place(10) { box, grid in Bar(fraction: totals.share).draw(in: box, on: &grid) }
        place(meterSpans(totals))
        let rate = sight.snapshot.health.rates.first { $0.name.hasPrefix("readings") }
        if let rate {
            place([Span(Numbers.perSecond(rate.perSecond), .textStrong), Span(" readings/s", .textDim)])
        }
        if pane.overview.index.lastHour.contains(where: { $0 != nil }) {
            place(30) { box, grid in
                let label = grid.draw("Last hour ", at: box.origin, width: 10, role: .textDim)
                let known = pane.overview.index.lastHour
                Chrome.trend(known).draw(
                    in: Rect(x: box.x + label, y: box.y, width: box.width - label, height: 1), on: &grid)
            }
        }
        grid.draw(updated, at: Point(x: line.maxX - updatedWidth - 1, y: line.y), width: updatedWidth)
    }

    private static func loadSpans(_ totals: OverviewTotals) -> [Span] {
        let marks = totals.stale > 0 ? [Span("   ○ \(totals.stale) stale", .stateStale)] : []
        let silent = totals.silent > 0 ? [Span("   × \(totals.silent) without data", .stateBad)] : []
        return [Span("Load ", .textDim), Span(Numbers.power(totals.load), .textStrong, .bold)] + marks + silent
    }

    /// The fleet's highest quarter hour to come, marked when its forecast is old or leaves buildings out.
    private static func peakWordings(_ sight: Sight, _ clock: ZoneClock) -> [[Span]] {
        guard let forecast = sight.snapshot.forecast else { return [] }
        let look = ForecastLook(mode: .normal, issuedAt: forecast.issuedAt, now: sight.now)
        let missing = sight.snapshot.facilities.count - forecast.facilities
        let power = Span(Numbers.power(forecast.peak), look.isStale ? .stateStale : .textStrong)
        let time = clock.shortTime(forecast.peakAt)
        let mark = look.isStale ? [Span(" ○", .stateStale)] : missing > 0 ? [Span(" ~", .stateEstimated)] : []
        let old = look.isStale ? [Span(" \(Age.text(look.age)) old", .stateStale)] : []
        let partly = missing > 0 ? [Span(" without \(missing)", .stateEstimated)] : []
        let whole = [Span("Peak ahead ", .textDim), power, Span(" at \(time)", .textDim)] + mark + old + partly
        return [whole, [Span("Peak ", .textDim), power, Span(" \(time)", .textDim)] + mark]
    }

    /// The longest wordings of both that fit; the header too says what is wrong with DR, so that gives way to the peak.
    private static func both(_ first: [[Span]], _ second: [[Span]], room: Int) -> ([Span], [Span]) {
        for left in first where !second.isEmpty {
            for right in second where Chrome.width(left) + 3 + Chrome.width(right) <= room { return (left, right) }
        }
        let alone = first.first { Chrome.width($0) <= room }
        if let alone { return (alone, []) }
        return ([], second.first { Chrome.width($0) <= room } ?? [])
    }

    private static func responseWordings(_ sight: Sight) -> [[Span]] {
        let totals = ResponseTotals(sight.snapshot.openEvents)
        guard !totals.isEmpty else { return [] }
        let figures = totals.figures(now: sight.now)
        // Without what is left of it.
        return [totals.spans(now: sight.now), figures, Array(figures.prefix(4))].filter { !$0.isEmpty }
    }

    private static func shareSpans(_ totals: OverviewTotals) -> [Span] {
        let isBeyond = (totals.share ?? 0) > 0.9
        let near = totals.near > 0 ? [Span("   ! \(totals.near) above 90 %", .barOver)] : []
        return [
            Span(Numbers.percent(totals.share), isBeyond ? .barOver : .textStrong), Span(" % of contract", .textDim),
        ] + near
    }

    private static func meterSpans(_ totals: OverviewTotals) -> [Span] {
        let isWhole = totals.freshMeters == totals.meters
        return [
            Span("Meters ", .textDim),
            Span(
                "\(Numeral.grouped(totals.freshMeters)) of \(Numeral.grouped(totals.meters))",
                isWhole ? .textStrong : .stateStale),
            Span(" fresh", .textDim),
        ]
    }

    private static func drawRule(_ sight: Sight, _ pane: Pane, in line: Rect, on grid: inout Grid) {
        let overview = pane.overview
        let all = sight.snapshot.facilities.count
        let shown = overview.index.shown
        var title = [Span(Numbers.count(all, "facility", "facilities"), .textDim)]
        if !overview.filter.isEmpty {
            title = [
                Span("\(Numeral.grouped(shown)) of \(Numeral.grouped(all)) · filter ", .textDim),
                Span(overview.filter.text, .match),
            ]
        }
        let group = overview.grouping == .none ? "" : " · by \(overview.grouping.rawValue)"
        Panel.rule(title, note: [Span("sorted by \(overview.sort.rawValue)\(group)", .textDim)], in: line, on: &grid)
    }
}
