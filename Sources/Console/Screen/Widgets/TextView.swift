/// Lines to read, scrolled by row; long ones are wrapped or cut.
package struct TextView: Hashable, Sendable {
    package var lines: [[Span]]
    package var window: ListWindow
    package var wraps: Bool

    package init(_ lines: [[Span]], window: ListWindow = ListWindow(), wraps: Bool = true) {
        self.lines = lines
        self.window = window
        self.wraps = wraps
    }

    /// Plain text at its line ends; `\r\n` counts once.
    package init(_ text: String, role: Role = .text, window: ListWindow = ListWindow(), wraps: Bool = true) {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        self.init(lines.map { [Span(String($0), role)] }, window: window, wraps: wraps)
    }

    /// The rows as they show in this width; scroll by this count.
    package func rows(width: Int) -> [[Span]] {
        let room = max(1, width - 2)
        return wraps ? lines.flatMap { Self.wrap($0, width: room) } : lines
    }

    package func draw(in rect: Rect, on grid: inout Grid) {
        guard !rect.isEmpty else { return }
        let rows = rows(width: rect.width)
        let visible = window.visible(of: rows.count, height: rect.height)
        grid.clipped(to: rect) { grid in
            for (offset, index) in visible.enumerated() {
                let place = Point(x: rect.x, y: rect.y + offset)
                grid.draw(rows[index], at: place, width: max(0, rect.width - 2))
            }
            Scrollbar.draw(in: rect, top: visible.lowerBound, visible: rect.height, count: rows.count, on: &grid)
        }
    }

    /// Breaks after a space where there is one in the last half of the row, else anywhere between characters.
    package static func wrap(_ line: [Span], width: Int) -> [[Span]] {
        var rows: [[Span]] = [[]]
        var used = 0
        for span in line {
            var rest = Substring(Sanitiser.drawable(span.text))
            while !rest.isEmpty {
                let (head, columns) = fitting(rest, width: width - used)
                if head.isEmpty {
                    if used == 0 { break }
                    rows.append([])
                    used = 0
                    continue
                }
                rows[rows.count - 1].append(Span(String(head), span.role, span.attributes))
                rest = rest[head.endIndex...]
                used += columns
                if !rest.isEmpty {
                    rows.append([])
                    used = 0
                }
            }
        }
        return rows
    }

    private static func fitting(_ text: Substring, width: Int) -> (Substring, Int) {
        fittingASCII(text, width: width) ?? fittingAny(text, width: width)
    }

    /// Printable ASCII, one byte a column: no table is asked. Nil when something else comes before the row is full.
    private static func fittingASCII(_ text: Substring, width: Int) -> (Substring, Int)? {
        var columns = 0
        var lastSpace = 0
        for byte in text.utf8 {
            guard byte >= 0x20, byte <= 0x7E else { return nil }
            if columns == width {
                let count = lastSpace > width / 2 ? lastSpace : columns
                return (text.prefix(upTo: text.utf8.index(text.startIndex, offsetBy: count)), count)
            }
            columns += 1
            if byte == 0x20 { lastSpace = columns }
        }
        return (text, columns)
    }

    private static func fittingAny(_ text: Substring, width: Int) -> (Substring, Int) {
        var end = text.startIndex
        var columns = 0
        var lastBreak: (end: Substring.Index, columns: Int)?
        for index in text.indices {
            let width1 = CharacterWidth.columns(String(text[index]))
            if columns + width1 > width {
                if let lastBreak, lastBreak.columns > width / 2 { return (text[..<lastBreak.end], lastBreak.columns) }
                return (text[..<end], columns)
            }
            columns += width1
            end = text.index(after: index)
            if text[index] == " " { lastBreak = (end, columns) }
        }
        return (text, columns)
    }
}
