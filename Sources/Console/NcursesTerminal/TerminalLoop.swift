import Glibc
import Screen

/// What the terminal's thread does: wait, read, draw.
struct TerminalLoop: Sendable {
    let options: TerminalOptions
    let pipe: WakePipe
    let take: @Sendable () -> NcursesTerminal.Mailbox
    let onEvent: @Sendable (TerminalEvent) -> Void

    /// An ESC with nothing behind it for so long is the Esc key.
    private static let escapeMilliseconds: Int32 = 25

    private struct State {
        var curses: Curses
        var palette: Palette
        var decoder = InputDecoder()
        var size: Size
        /// The newest frame, kept for when the screen must be drawn again.
        var frame: Grid?
        /// The frame is not on the screen yet.
        var mustDraw = false
        var hasEnded = false
    }

    func run() throws(TerminalError) {
        let curses = try Curses(wakeDescriptor: pipe.writeEnd, options: options)
        var state = State(curses: curses, palette: Palette(.plain, depth: curses.depth), size: Curses.size)
        onEvent(.resized(state.size))
        while !state.hasEnded {
            empty(&state)
            if state.hasEnded { break }
            wait(&state)
        }
        state.curses.close(endsOnSignals: options.endsOnSignals)
    }

    /// Sleeps until there is something to do, for ever if need be.
    private func wait(_ state: inout State) {
        let ready = Curses.wait(
            wakeDescriptor: pipe.readEnd, forOutput: state.mustDraw,
            milliseconds: state.decoder.isWaiting ? Self.escapeMilliseconds : nil)
        guard let ready else { return }
        if ready.isEmpty { state.decoder.flush().forEach { handle($0, &state) } }
        if ready.contains(.wake) { hear(pipe.drain(), &state) }
        if ready.contains(.input), !state.hasEnded { read(&state) }
    }

    // MARK: - In

    private func read(_ state: inout State) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        guard count > 0 else { return end(.inputClosed, &state) }
        state.decoder.feed(bytes[..<count]).forEach { handle($0, &state) }
    }

    private func handle(_ event: TerminalEvent, _ state: inout State) {
        if event == .key(KeyPress("z", .control)) { return suspend(&state) }
        onEvent(event)
    }

    /// Wake-ups and signals; several resizes count once.
    private func hear(_ signals: [UInt8], _ state: inout State) {
        let signals = Set(signals.map(Int32.init))
        if signals.contains(SIGHUP) { return end(.hangUp, &state) }
        if signals.contains(SIGTERM) { return end(.terminated, &state) }
        if signals.contains(SIGINT) { return end(.interrupted, &state) }
        if signals.contains(SIGTSTP) { suspend(&state) }
        if signals.contains(SIGWINCH) { resize(&state) }
    }

    private func resize(_ state: inout State) {
        let size = Curses.size
        guard size != state.size else { return }
        state.size = size
        state.curses.resize(to: size)
        onEvent(.resized(size))
    }

    private func suspend(_ state: inout State) {
        state.curses.suspend(wakeDescriptor: pipe.readEnd)
        state.mustDraw = state.frame != nil
        resize(&state)
        onEvent(.resumed)
    }

    private func end(_ reason: TerminalEvent.EndReason, _ state: inout State) {
        state.hasEnded = true
        onEvent(.ended(reason))
    }

    // MARK: - Out

    private func empty(_ state: inout State) {
        let left = take()
        if let theme = left.theme {
            state.palette = Palette(theme, depth: state.curses.depth)
            state.curses.forget()
            state.mustDraw = state.frame != nil
        }
        if let frame = left.frame {
            state.frame = frame
            state.mustDraw = true
        }
        if let copy = left.copy { state.curses.write(copy) }
        if left.isStopping { state.hasEnded = true }
        guard state.mustDraw, let frame = state.frame, Curses.isWritable else { return }
        state.mustDraw = false
        state.curses.draw(frame, palette: state.palette)
    }
}
