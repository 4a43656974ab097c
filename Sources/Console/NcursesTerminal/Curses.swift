import CNcurses
import Glibc
import Screen

/// The one ncurses screen of this process. Lives on one thread, from `init` to ``close()``.
///
/// The only file that imports CNcurses: the module's state is static, a second importer would get its own.
struct Curses {
    /// What the terminal can show, after the options have been heard.
    let depth: ColorDepth
    private let pairLimit: Int
    private var pairs: [Colors: Int32] = [:]
    private var widths: [UInt32: Bool] = [:]
    private var shown: Grid?
    private var modes: [UInt8] = []
    private var leaves: [UInt8] = []

    private struct Colors: Hashable {
        let foreground: Int
        let background: Int
    }

    init(wakeDescriptor: Int32, options: TerminalOptions) throws(TerminalError) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw .notATerminal }
        let name = getenv("TERM").map { String(cString: $0) } ?? ""
        guard name != "dumb" else { throw .dumbTerminal }
        guard sy_locale() == 1 || options.glyphs == .ascii else { throw .noUTF8 }
        guard sy_open(nil) == 1 || sy_open("xterm-256color") == 1 else {
            throw .unknownTerminal(name)
        }
        sy_install_handlers(wakeDescriptor, options.endsOnSignals ? 1 : 0)
        let offered = options.depth == .mono ? ColorDepth.mono : ColorDepth(colors: Int(sy_start_colors()))
        depth = options.depth.map { $0.isAtMost(offered) ? $0 : offered } ?? offered
        pairLimit = Int(sy_pairs())
        modes = Array("\u{1B}[?2004h\(options.usesMouse ? "\u{1B}[?1002h\u{1B}[?1006h" : "")".utf8)
        leaves = Array("\u{1B}[?1006l\u{1B}[?1002l\u{1B}[?2004l".utf8)
        write(modes)
    }

    static var size: Size {
        var rows: Int32 = 0
        var columns: Int32 = 0
        sy_size(&rows, &columns)
        return Size(columns: Int(columns), rows: Int(rows))
    }

    func close(endsOnSignals: Bool) {
        write(leaves)
        sy_close()
        sy_remove_handlers(endsOnSignals ? 1 : 0)
    }

    func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            guard let start = raw.bindMemory(to: CChar.self).baseAddress else { return }
            sy_write(start, raw.count)
        }
    }

    // MARK: - Frames

    /// Draws what differs from the last frame, as one synchronised update; nothing at all when nothing differs.
    mutating func draw(_ grid: Grid, palette: Palette) {
        let runs = GridDiff.runs(from: shown, to: grid)
        guard !runs.isEmpty || shown?.cursor != grid.cursor else { return }
        let limit = Self.size
        for run in runs where run.row < limit.rows {
            for x in run.columns where x < limit.columns { put(grid, x: x, y: run.row, palette: palette) }
        }
        let cursor = grid.cursor.flatMap { Rect(limit).contains($0) ? $0 : nil }
        sy_place_cursor(Int32(cursor?.y ?? 0), Int32(cursor?.x ?? 0), cursor == nil ? 0 : 1)
        write(Array("\u{1B}[?2026h".utf8))
        sy_flush()
        write(Array("\u{1B}[?2026l".utf8))
        shown = grid
    }

    /// The next frame is drawn whole (another theme).
    mutating func forget() { shown = nil }

    mutating func resize(to size: Size) {
        sy_resize(Int32(size.rows), Int32(size.columns))
        shown = nil
    }

    private mutating func put(_ grid: Grid, x: Int, y: Int, palette: Palette) {
        let cell = grid[x, y]
        guard !cell.isContinuation else { return }
        let look = palette.look(of: cell.style)
        let pair = pair(for: look)
        let scalars = grid.scalars(x: x, y: y)
        let width = x + 1 < grid.size.columns && grid[x + 1, y].isContinuation ? 2 : 1
        let style = Int32(look.attributes.rawValue)
        guard scalars.allSatisfy({ agrees($0, width: $0 == scalars.first ? width : 0) }) else {
            for half in 0..<width { put("?", x: x + half, y: y, style: style, pair: pair) }
            return
        }
        withUnsafeTemporaryAllocation(of: wchar_t.self, capacity: scalars.count + 1) { buffer in
            for (index, scalar) in scalars.enumerated() { buffer[index] = wchar_t(bitPattern: scalar.value) }
            buffer[scalars.count] = 0
            sy_put(Int32(y), Int32(x), buffer.baseAddress, style, pair)
        }
    }

    private func put(_ scalar: Unicode.Scalar, x: Int, y: Int, style: Int32, pair: Int32) {
        var text = (wchar_t(bitPattern: scalar.value), wchar_t(0))
        withUnsafePointer(to: &text) { pointer in
            pointer.withMemoryRebound(to: wchar_t.self, capacity: 2) { sy_put(Int32(y), Int32(x), $0, style, pair) }
        }
    }

    /// ncurses moves by the C library's widths. Where those differ from ours the character is not sent at all, since it
    /// would shift the rest of its row.
    private mutating func agrees(_ scalar: Unicode.Scalar, width: Int) -> Bool {
        if scalar.value < 0x7F { return true }
        let key = scalar.value << 2 | UInt32(width)
        if let known = widths[key] { return known }
        let agrees = sy_columns(scalar.value) == Int32(width)
        widths[key] = agrees
        return agrees
    }

    /// Pairs are made when first used and never freed; when the terminal has no more the default colours serve.
    private mutating func pair(for look: Palette.Look) -> Int32 {
        let colors = Colors(foreground: look.foreground ?? -1, background: look.background ?? -1)
        guard depth != .mono, colors != Colors(foreground: -1, background: -1) else { return 0 }
        if let pair = pairs[colors] { return pair }
        let pair = Int32(pairs.count + 1)
        guard Int(pair) < pairLimit,
            sy_define_pair(pair, Int32(clamping: colors.foreground), Int32(clamping: colors.background)) == 1
        else { return 0 }
        pairs[colors] = pair
        return pair
    }

    // MARK: - Stopping

    /// Gives the terminal back to the shell and stops the job; returns when it continues, which SIGCONT tells on the
    /// wake pipe. A job that cannot be stopped (an orphaned process group) goes on after 200 ms.
    mutating func suspend(wakeDescriptor: Int32) {
        write(leaves)
        sy_leave()
        sy_stop_job()
        sy_wait_wake(wakeDescriptor, 200)
        sy_watch_stop()
        sy_enter()
        write(modes)
        shown = nil
    }

    // MARK: - Waiting

    struct Readiness: OptionSet {
        let rawValue: Int32

        static let input = Readiness(rawValue: 1)
        static let wake = Readiness(rawValue: 2)
        static let output = Readiness(rawValue: 4)
    }

    /// Empty after the time, nil when a signal interrupted. Without a time it waits for ever and costs nothing.
    static func wait(wakeDescriptor: Int32, forOutput: Bool, milliseconds: Int32?) -> Readiness? {
        let bits = sy_wait(wakeDescriptor, forOutput ? 1 : 0, milliseconds ?? -1)
        return bits < 0 ? nil : Readiness(rawValue: bits)
    }

    static var isWritable: Bool { sy_is_writable() == 1 }

    static func makePipe() -> (readEnd: Int32, writeEnd: Int32)? {
        var ends: [Int32] = [-1, -1]
        return sy_pipe(&ends) == 1 ? (ends[0], ends[1]) : nil
    }
}
