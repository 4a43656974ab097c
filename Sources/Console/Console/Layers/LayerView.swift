import EnergyModel
import Screen

/// Draws the layer on top.
enum LayerView {
    static func draw(_ state: ConsoleState, in bounds: Rect, on grid: inout Grid) {
        switch state.layer {
        case .help(let help): drawHelp(help, state, in: bounds, on: &grid)
        case .palette(let palette): drawPalette(palette, state, in: bounds, on: &grid)
        case .filter(let filter): drawFilter(filter, state, in: bounds, on: &grid)
        case .prompt(let prompt): drawPrompt(prompt, in: bounds, on: &grid)
        case .sheet(let sheet): SheetView.draw(sheet, state, in: bounds, on: &grid)
        case .editor(let editor): EditorView.draw(editor, state, in: bounds, on: &grid)
        case nil: break
        }
    }

    /// The input stands in the footer, its lead before it.
    private static func drawInput(
        _ input: TextInput, lead: String, in bounds: Rect, hasError: Bool = false, on grid: inout Grid
    ) {
        let line = bounds.row(bounds.height - 1)
        grid.fill(line, on: .text)
        let width = grid.draw(" " + lead, at: line.origin, role: .key)
        input.draw(
            in: Rect(x: width, y: line.y, width: line.width - width - 1, height: 1), isFocused: true,
            hasError: hasError,
            on: &grid)
    }

    private static func drawFilter(_ filter: FilterState, _ state: ConsoleState, in bounds: Rect, on grid: inout Grid) {
        drawInput(filter.input, lead: "/", in: bounds, hasError: filter.problem != nil, on: &grid)
        let line = bounds.row(bounds.height - 2)
        grid.fill(line, on: .text)
        let fields = state.pane.route.screen.room.filterFields.joined(separator: " ")
        let hint = "text  !not  ~regex  field:value  field:>5   fields: \(fields)"
        grid.draw(
            filter.problem.map { "! " + $0 } ?? hint, at: Point(x: 1, y: line.y), width: line.width - 2,
            role: filter.problem == nil ? .textDim : .stateBad)
    }

    private static func drawPrompt(_ prompt: Prompt, in bounds: Rect, on grid: inout Grid) {
        let line = bounds.row(bounds.height - 2)
        grid.fill(line, on: .text)
        grid.draw(
            [Span(prompt.title, .title), Span("   " + prompt.hint, .textDim)], at: Point(x: 1, y: line.y),
            width: line.width - 2)
        drawInput(prompt.input, lead: "> ", in: bounds, on: &grid)
    }

    // MARK: - Palette

    private static func drawPalette(
        _ palette: PaletteState, _ state: ConsoleState, in bounds: Rect, on grid: inout Grid
    ) {
        let found = state.completions(of: palette.input.text)
        let rows = min(found.count, ConsoleState.completionLimit)
        let height = rows + 3
        let box = Rect(x: 0, y: bounds.height - 1 - height, width: bounds.width, height: height)
        grid.fill(box, on: .text)
        let inner = Panel.draw(
            [Span("Go", .title)], note: [Span("Tab completes · Up history · Enter runs · Esc", .textDim)],
            isFocused: true,
            in: box, on: &grid)
        let items = found.prefix(rows).map { completion in
            Menu.Item([Span(completion.line)], detail: [Span(completion.summary, .textDim)])
        }
        Menu(items, selected: palette.choice).draw(
            in: Rect(x: inner.x, y: inner.y, width: inner.width, height: rows), on: &grid)
        let line = palette.choice.flatMap { $0 < found.count ? found[$0].line : nil } ?? palette.input.text
        let preview = preview(line, state)
        grid.draw([preview], at: Point(x: inner.x + 1, y: inner.maxY - 1), width: inner.width - 2)
        drawInput(palette.input, lead: ":", in: bounds, on: &grid)
    }

    private static func preview(_ line: String, _ state: ConsoleState) -> Span {
        do throws(PaletteError) {
            return Span("→ " + (try state.plan(line).preview), .textStrong)
        } catch {
            return Span(error.sentence, .textDim)
        }
    }

    // MARK: - Help

    private static func drawHelp(_ help: HelpState, _ state: ConsoleState, in bounds: Rect, on grid: inout Grid) {
        grid.restyle(bounds, role: .textDim)
        let box = bounds.centred(width: min(100, bounds.width - 4), height: bounds.height - 4)
        grid.fill(box, on: .text)
        let inner = Panel.draw(
            [Span("Help", .title)], note: [Span("type a word or a key · Esc", .textDim)], isFocused: true, in: box,
            on: &grid
        ).inset(horizontal: 1)
        let lead = grid.draw("Search ", at: inner.origin, role: .keyLabel)
        help.search.draw(
            in: Rect(x: inner.x + lead, y: inner.y, width: inner.width - lead, height: 1),
            placeholder: "all keys and commands",
            isFocused: true, on: &grid)
        let body = inner.dropRows(2)
        let lines = state.helpLines(help.search.text)
        guard !lines.isEmpty else {
            return Chrome.empty(
                "Nothing answers to \(help.search.text): try another word, or a key as it is written here", in: body,
                on: &grid)
        }
        let top = min(help.top, max(0, lines.count - body.height))
        let keyWidth = min(26, body.width / 3)
        for offset in 0..<min(body.height, lines.count - top) {
            let line = lines[top + offset]
            let y = body.y + offset
            let isFirst = offset == 0 || lines[top + offset - 1].section != line.section
            if isFirst { grid.draw(line.section, at: Point(x: body.x, y: y), width: 13, role: .title) }
            grid.draw(line.keys, at: Point(x: body.x + 14, y: y), width: keyWidth, role: .key)
            grid.draw(line.summary, at: Point(x: body.x + 15 + keyWidth, y: y), width: body.width - keyWidth - 17)
        }
        Scrollbar.draw(in: body, top: top, visible: body.height, count: lines.count, on: &grid)
    }
}
