/// A short word in a box of its own: `[READ ONLY]`.
package enum Badge {
    package static func spans(_ text: String, _ role: Role) -> [Span] { [Span(" \(text) ", role, [.reverse, .bold])] }
}

/// The screens by number, the one shown stands out; a count stands behind its name.
package struct Tabs: Hashable, Sendable {
    package struct Tab: Hashable, Sendable {
        package let key: String
        package let title: String
        package let count: String
        package let countRole: Role

        package init(key: String, title: String, count: String = "", countRole: Role = .textStrong) {
            self.key = key
            self.title = title
            self.count = count
            self.countRole = countRole
        }
    }

    package var tabs: [Tab]
    package var selected: Int

    package init(_ tabs: [Tab], selected: Int) {
        self.tabs = tabs
        self.selected = selected
    }

    /// Where each tab stands, for clicks. When the row is too narrow, the titles of the others are left out, then the
    /// last tabs.
    package func places(in rect: Rect) -> [Rect] {
        let isFull = width(short: false) <= rect.width
        var x = rect.x
        return tabs.indices.map { index in
            let width = min(columns(index, short: !isFull), max(0, rect.maxX - x))
            defer { x += width + 1 }
            return Rect(x: x, y: rect.y, width: width, height: width > 0 ? 1 : 0)
        }
    }

    package func draw(in rect: Rect, on grid: inout Grid) {
        let isFull = width(short: false) <= rect.width
        for (index, place) in places(in: rect).enumerated() where !place.isEmpty {
            let tab = tabs[index]
            let isSelected = index == selected
            let role: Role = isSelected ? .tabSelected : .tab
            if isSelected { grid.fill(place, on: .tabSelected) }
            var spans = [Span(" \(tab.key)", isSelected ? role : .key)]
            if isFull || isSelected { spans.append(Span(" \(tab.title)", role)) }
            if !tab.count.isEmpty { spans.append(Span(" \(tab.count)", tab.countRole)) }
            grid.draw(spans, at: place.origin, width: place.width)
        }
    }

    private func width(short: Bool) -> Int {
        tabs.indices.reduce(0) { $0 + columns($1, short: short) + 1 } - 1
    }

    private func columns(_ index: Int, short: Bool) -> Int {
        let tab = tabs[index]
        let title = short && index != selected ? 0 : CharacterWidth.columns(tab.title) + 1
        let count = tab.count.isEmpty ? 0 : CharacterWidth.columns(tab.count) + 1
        return 2 + CharacterWidth.columns(tab.key) + title + count
    }
}

/// `Enter open  / filter  ? help`: what the keys do here. Left out from the end when it does not fit.
package enum KeyHints {
    package static func draw(_ hints: [(key: String, label: String)], in rect: Rect, on grid: inout Grid) {
        guard !rect.isEmpty else { return }
        var x = rect.x
        for hint in hints {
            let width = CharacterWidth.columns(hint.key) + 1 + CharacterWidth.columns(hint.label)
            guard x + width <= rect.maxX else { return }
            x += grid.draw(
                [Span(hint.key, .key), Span(" " + hint.label, .keyLabel)], at: Point(x: x, y: rect.y), width: width)
            x += 3
        }
    }
}

/// A list to choose from: palette completions, choices.
package struct Menu: Hashable, Sendable {
    package struct Item: Hashable, Sendable {
        package var label: [Span]
        /// At the right: a key, a unit, an explanation.
        package var detail: [Span]
        package var isEnabled: Bool

        package init(_ label: [Span], detail: [Span] = [], isEnabled: Bool = true) {
            self.label = label
            self.detail = detail
            self.isEnabled = isEnabled
        }
    }

    package var items: [Item]
    package var selected: Int?
    package var window: ListWindow

    package init(_ items: [Item], selected: Int? = nil, window: ListWindow = ListWindow()) {
        self.items = items
        self.selected = selected
        self.window = window
    }

    package func draw(in rect: Rect, on grid: inout Grid) {
        grid.clipped(to: rect) { grid in
            let visible = window.visible(of: items.count, height: rect.height)
            for (offset, index) in visible.enumerated() {
                let item = items[index]
                let line = Rect(x: rect.x, y: rect.y + offset, width: max(0, rect.width - 2), height: 1)
                if index == selected { grid.fill(line, on: .selection) }
                let detail = item.detail.reduce(0) { $0 + CharacterWidth.columns($1.text) }
                let room = max(0, line.width - 2)
                let labelRoom = detail + 12 <= room ? room - detail - 2 : room
                grid.draw(item.label, at: Point(x: line.x + 1, y: line.y), width: labelRoom)
                if labelRoom < room {
                    grid.draw(item.detail, at: Point(x: line.maxX - 1 - detail, y: line.y), width: detail)
                }
                if !item.isEnabled { grid.restyle(line, role: .textDim) }
            }
            Scrollbar.draw(in: rect, top: visible.lowerBound, visible: rect.height, count: items.count, on: &grid)
        }
    }
}
