/// A value against its limit, in eighths of a column. What lies beyond the limit is drawn over the last columns in its
/// own role, so 105 % never looks like 100 %. An unknown value draws an empty track.
package struct Bar: Hashable, Sendable {
    package var value: Double?
    /// The value at the full width; an unknown or non-positive limit draws an empty track.
    package var limit: Double?
    package var fill: Role
    package var over: Role

    package init(value: Double?, limit: Double?, fill: Role = .barFill, over: Role = .barOver) {
        self.value = value
        self.limit = limit
        self.fill = fill
        self.over = over
    }

    /// `value` as a share of 1.
    package init(fraction: Double?, fill: Role = .barFill, over: Role = .barOver) {
        self.init(value: fraction, limit: 1, fill: fill, over: over)
    }

    /// One row; further rows of the box are left alone.
    package func draw(in rect: Rect, on grid: inout Grid) {
        guard !rect.isEmpty else { return }
        grid.repeat("─", at: rect.origin, count: rect.width, role: .barTrack)
        guard let value, let limit, value.isFinite, limit.isFinite, limit > 0, value > 0 else { return }
        let share = value / limit
        let eighths = Int((min(share, 1) * Double(rect.width * 8)).rounded())
        let role = share > 1 ? over : fill
        grid.repeat("█", at: rect.origin, count: eighths / 8, role: role)
        if eighths % 8 > 0 { drawEnd(eighths: eighths % 8, x: rect.x + eighths / 8, y: rect.y, role: role, on: &grid) }
        if share > 1 { grid.put("▶", at: Point(x: rect.maxX - 1, y: rect.y), role: role, attributes: .reverse) }
    }

    /// ▏▎▍▌▋▊▉; ASCII has no eighths and rounds to whole columns.
    private func drawEnd(eighths: Int, x: Int, y: Int, role: Role, on grid: inout Grid) {
        if grid.glyphs.isASCII {
            if eighths >= 4 { grid.put("#", at: Point(x: x, y: y), role: role) }
        } else if let scalar = Unicode.Scalar(UInt32(0x2590 - eighths)) {
            grid.put(scalar, at: Point(x: x, y: y), role: role)
        }
    }
}
