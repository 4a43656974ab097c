import Screen

/// Draws the whole console. Pure: the same state, size and glyphs give the same grid. Colours come later, from the theme
/// that the terminal holds.
package func view(_ state: ConsoleState, size: Size, glyphs: Glyphs) -> Grid {
    var grid = Grid(size: size, glyphs: glyphs)
    guard size.columns >= Chrome.smallest.columns, size.rows >= Chrome.smallest.rows else {
        Chrome.drawTooSmall(size, on: &grid)
        return grid
    }
    Header.draw(state, in: grid.bounds, on: &grid)
    for index in state.panes.indices {
        var pane = state.panes[index]
        pane.hasFocus = index == state.focus
        let whole = Chrome.paneArea(index, state, size: size)
        let area = Chrome.roomArea(index, state, size: size)
        if state.panes.count > 1 { Chrome.drawPaneTitle(pane, in: whole.row(0), on: &grid) }
        grid.clipped(to: area) { grid in
            pane.route.screen.room.draw(state, pane: pane, into: &grid, area: area)
        }
    }
    Footer.draw(state, in: Rect(x: 0, y: size.rows - 1, width: size.columns, height: 1), on: &grid)
    LayerView.draw(state, in: grid.bounds, on: &grid)
    return grid
}

extension ConsoleState {
    /// Where the pane's screen is drawn; `update` uses it for page sizes and clicks.
    func area(of pane: Int) -> Rect { Chrome.roomArea(pane, self, size: size) }
}
