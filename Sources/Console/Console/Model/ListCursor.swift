/// A selection kept by identity, and the first row shown. Rows come and go under it: when the selected one vanishes, its
/// neighbour at the same place is taken.
struct ListCursor<ID: Hashable & Sendable>: Sendable, Equatable {
    private(set) var selected: ID?
    /// Where `selected` was last seen.
    private(set) var position = 0
    private(set) var first = 0

    mutating func select(_ id: ID) { selected = id }

    /// Puts selection and window right for these rows. `nil` ids are headings: never selected.
    /// `place` finds a row by id and may be a cache.
    mutating func settle(count: Int, height: Int, id: (Int) -> ID?, place: (ID) -> Int?) {
        guard count > 0 else {
            (position, first) = (0, 0)
            return
        }
        if let selected, let found = place(selected) {
            position = found
        } else {
            position = Self.nearest(to: min(position, count - 1), count: count, id: id)
            selected = id(position)
        }
        show(count: count, height: height)
    }

    private mutating func show(count: Int, height: Int) {
        let height = max(1, height)
        first = min(first, position)
        first = max(first, position - height + 1)
        first = min(max(0, first), max(0, count - height))
        // The heading above the very first row belongs to it.
        if first == 1, position == 1, height > 1 { first = 0 }
    }

    mutating func move(by step: Int, count: Int, id: (Int) -> ID?) {
        guard count > 0 else { return }
        let target = min(max(0, position + step), count - 1)
        var next = target
        let direction = step < 0 ? -1 : 1
        while next >= 0, next < count, id(next) == nil { next += direction }
        if next < 0 || next >= count { next = Self.nearest(to: target, count: count, id: id) }
        position = next
        selected = id(next) ?? selected
    }

    private static func nearest(to start: Int, count: Int, id: (Int) -> ID?) -> Int {
        for distance in 0..<count {
            if start + distance < count, id(start + distance) != nil { return start + distance }
            if start - distance >= 0, id(start - distance) != nil { return start - distance }
        }
        return min(start, count - 1)
    }

    /// Moves as the action says; false when it is none that moves.
    mutating func move(_ action: Action, page: Int, count: Int, id: (Int) -> ID?) -> Bool {
        guard let step = action.step(page: page) else { return false }
        move(by: step, count: count, id: id)
        return true
    }
}

extension Action {
    /// Rows to go by, downwards; nil for what does not move.
    func step(page: Int) -> Int? {
        switch self {
        case .down: 1
        case .up: -1
        case .pageDown: max(1, page)
        case .pageUp: -max(1, page)
        case .top: .min / 2
        case .bottom: .max / 2
        default: nil
        }
    }

    /// Scrolls a text whose first row shown is `top` and may be `most`; false when this does not move.
    func scroll(_ top: inout Int, page: Int, most: Int) -> Bool {
        guard let step = step(page: page) else { return false }
        top = min(max(0, top + step), max(0, most))
        return true
    }
}
