import Screen
import Synchronization

/// Where the console is drawn and heard. Conformers: the ncurses terminal, and `MemoryConsoleTerminal` for benches,
/// headless runs and tests.
package protocol ConsoleTerminal: Sendable {
    /// Takes the terminal until `stop()`, cancellation or its end. Events come in order, the size first; `onEvent` does
    /// not block.
    func run(_ onEvent: @escaping @Sendable (TerminalEvent) -> Void) async throws
    func stop()
    /// Draws the difference to what is shown, soon; a newer grid replaces one not yet drawn. Never waits.
    func show(_ grid: Grid)
    /// From now on these colours; everything is drawn again.
    func use(_ theme: Theme)
    /// Hands the text to the terminal's clipboard (OSC 52) and says what is known of it.
    func copy(_ text: String) -> CopyAnswer
}

/// What became of a copy, as a sentence. No terminal confirms one.
package enum CopyAnswer: Hashable, Sendable {
    case sent(sentence: String)
    case refused(sentence: String)
}

/// A terminal in memory: shows what a real one would, hears what it is told.
package final class MemoryConsoleTerminal: ConsoleTerminal {
    private struct State: Sendable {
        var screen: MemoryTerminal
        var frames = 0
        var clipboard: String?
        var themeName: String?
    }

    private let state: Mutex<State>
    private let stream: AsyncStream<TerminalEvent>
    private let input: AsyncStream<TerminalEvent>.Continuation
    private let shown: AsyncStream<[String]>.Continuation
    /// The rows after each frame, the newest 64: whoever waits for a screen needs no sleep.
    package let frames: AsyncStream<[String]>

    package init(size: Size) {
        state = Mutex(State(screen: MemoryTerminal(size: size)))
        (stream, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(4096))
        (frames, shown) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
        input.yield(.resized(size))
    }

    package func send(_ event: TerminalEvent) { input.yield(event) }

    package func type(_ keys: [KeyPress]) { for key in keys { send(.key(key)) } }

    package func run(_ onEvent: @escaping @Sendable (TerminalEvent) -> Void) async throws {
        for await event in stream { onEvent(event) }
        shown.finish()
    }

    package func stop() { input.finish() }

    package func show(_ grid: Grid) {
        let text = state.withLock { state in
            if state.screen.size != grid.size { state.screen = MemoryTerminal(size: grid.size) }
            state.screen.show(grid)
            state.frames += 1
            return state.screen.text
        }
        shown.yield(text)
    }

    package func use(_ theme: Theme) {
        state.withLock { state in
            state.themeName = theme.name
            state.screen = MemoryTerminal(size: state.screen.size)
        }
    }

    package func copy(_ text: String) -> CopyAnswer {
        state.withLock { $0.clipboard = text }
        return .sent(sentence: "Kept in memory.")
    }

    package var text: [String] { state.withLock { $0.screen.text } }
    package var golden: String { state.withLock { $0.screen.golden } }
    package var frameCount: Int { state.withLock { $0.frames } }
    package var clipboard: String? { state.withLock { $0.clipboard } }
    package var themeName: String? { state.withLock { $0.themeName } }
}
