import EnergyModel
import Ports
import Screen

enum HealthView {
    static func boxes(_ layout: HealthLayout, in area: Rect) -> [Rect] {
        layout.columns.count > 1 ? area.columns([.fraction(0.5), .fill], gap: 2) : [area]
    }

    static func drawSummary(_ sight: Sight, in line: Rect, on grid: inout Grid) {
        let health = sight.snapshot.health
        guard !sight.snapshot.isHistorical else {
            let text = "Health of past moments is not stored: the Journal tells what changed"
            grid.draw(text, at: Point(x: line.x + 1, y: line.y), width: line.width - 2, role: .stateEstimated)
            return
        }
        let troubles = HealthTrouble.count(health)
        let word: [Span] =
            troubles == 0
            ? [Span("● ", .stateOK), Span("Nothing is wrong", .textStrong)]
            : [Span("× \(Numbers.count(troubles, "thing needs", "things need")) attention", .stateBad, .bold)]
        let lag = [
            Span("   lag ", .textDim), Span(Numeral.grouped(health.lag), .textStrong), Span(" readings", .textDim),
        ]
        grid.draw(word + lag, at: Point(x: line.x + 1, y: line.y), width: line.width - 22)
        let updated = Chrome.updated(sight)
        grid.draw(updated, at: Point(x: line.x + 1, y: line.y), width: line.width - 2, align: .right)
    }

    static func draw(
        _ layout: HealthLayout, selected: String?, hasFocus: Bool, in area: Rect, on grid: inout Grid
    ) {
        for (lines, box) in zip(layout.columns, boxes(layout, in: area)) {
            let top = HealthLayout.top(of: lines, selected: selected, height: box.height)
            grid.clipped(to: box) { grid in
                for offset in 0..<min(box.height, max(0, lines.count - top)) {
                    let row = box.row(offset)
                    draw(lines[top + offset], isSelected: { $0.id == selected }, hasFocus: hasFocus, in: row, on: &grid)
                }
                Scrollbar.draw(in: box, top: top, visible: box.height, count: lines.count, on: &grid)
            }
        }
    }

    private static func draw(
        _ line: HealthLayout.Line, isSelected: (HealthRow) -> Bool, hasFocus: Bool, in row: Rect, on grid: inout Grid
    ) {
        switch line {
        case .gap: break
        case .heading(let title, let unit):
            let rule = Rect(x: row.x, y: row.y, width: row.width - 2, height: 1)
            Panel.rule([Span(title, .title)], note: unit.isEmpty ? [] : [Span(unit, .header)], in: rule, on: &grid)
        case .remedy(let text, let isFirst):
            grid.draw((isFirst ? "→ " : "  ") + text, at: Point(x: row.x + 5, y: row.y), width: row.width - 8)
        case .empty(let text): grid.draw(text, at: Point(x: row.x + 3, y: row.y), width: row.width - 5, role: .textDim)
        case .row(let item):
            if isSelected(item) { grid.fill(row, on: hasFocus ? .selection : .marked) }
            draw(item, in: row, on: &grid)
        }
    }

    /// Mark, name, then the value and what explains it: a bar, a history, words.
    private static func draw(_ item: HealthRow, in row: Rect, on grid: inout Grid) {
        let inner = Rect(x: row.x + 1, y: row.y, width: row.width - 4, height: 1)
        let nameWidth = min(34, max(14, inner.width / 3))
        let valueWidth = 12
        grid.draw(item.mark, at: inner.origin, width: 1, role: item.role)
        grid.draw(item.name, at: Point(x: inner.x + 2, y: inner.y), width: nameWidth)
        let valueX = inner.x + 2 + nameWidth + 1
        let isQuiet = item.role == .stateOK || item.role == .text
        grid.draw(
            item.value, at: Point(x: valueX, y: inner.y), width: valueWidth, role: isQuiet ? .text : item.role,
            attributes: isQuiet ? [] : .bold, align: .right)
        var x = valueX + valueWidth + 2
        if let bar = item.bar {
            Bar(fraction: bar, fill: item.role == .text ? .barFill : .barOver).draw(
                in: Rect(x: x, y: inner.y, width: 10, height: 1), on: &grid)
            x += 12
        }
        if !item.history.isEmpty {
            let width = min(16, item.history.count)
            (item.id.hasPrefix("rate")
                ? Chrome.trend(item.history.map { Double($0) }) : Sparkline(item.history.map { Double($0) })).draw(
                    in: Rect(x: x, y: inner.y, width: width, height: 1), on: &grid)
            x += width + 2
        }
        grid.draw(item.detail, at: Point(x: x, y: inner.y), width: max(0, inner.maxX - x), role: .textDim)
    }
}
