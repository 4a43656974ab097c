import Screen
import Synchronization

/// The real terminal: keys in, changed cells out.
///
/// One thread owns ncurses and waits in `poll` for input, signals and frames; idle it costs nothing. Frames are handed
/// over newest-wins, so a slow terminal skips frames and never holds anybody up. The terminal is restored on every way
/// out: return, cancellation, signals, `exit`, and a crash.
package final class NcursesTerminal: Sendable {
    /// Left for the terminal thread; each newer value replaces the one that was not yet drawn.
    struct Mailbox {
        var frame: Grid?
        var theme: Theme?
        var copy: [UInt8]?
        var isStopping = false
        /// A wake-up is in the pipe and not yet read: a second would only fill it.
        var isWoken = false
        var isRunning = false
    }

    package let options: TerminalOptions
    private let mailbox: Mutex<Mailbox>
    private let pipe: WakePipe

    /// nil when the system has no more file descriptors.
    package init?(theme: Theme, options: TerminalOptions = TerminalOptions()) {
        guard let pipe = WakePipe() else { return nil }
        self.pipe = pipe
        self.options = options
        mailbox = Mutex(Mailbox(theme: theme))
    }

    /// Shows a frame soon, unless a newer one comes first. From any thread; never waits.
    package func show(_ frame: Grid) { leave { $0.frame = frame } }

    /// From any thread; the screen is redrawn.
    package func use(_ theme: Theme) { leave { $0.theme = theme } }

    /// Asks the terminal to take text into its clipboard.
    package func copy(_ text: String) -> CopyOutcome {
        let bytes = text.utf8.count
        guard bytes <= Clipboard.limit else { return .tooLong(bytes: bytes, limit: Clipboard.limit) }
        guard mailbox.withLock({ $0.isRunning }) else { return .noTerminal }
        leave { $0.copy = Clipboard.sequence(for: text) }
        return .sent(bytes: bytes)
    }

    /// Ends ``run(_:)`` after at most the frame being drawn.
    package func stop() { leave { $0.isStopping = true } }

    /// Takes the terminal until ``stop()``, cancellation, or the terminal's end (which is also the last event).
    ///
    /// `onEvent` is called on the terminal's thread, one event at a time and in order; it must not block: hand the event
    /// to a bounded queue. The first event is the size.
    package func run(_ onEvent: @escaping @Sendable (TerminalEvent) -> Void) async throws {
        guard mailbox.withLock({ start(&$0) }) else { throw TerminalError.alreadyRunning }
        defer { mailbox.withLock { $0.isRunning = false } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let loop = TerminalLoop(options: options, pipe: pipe, take: { self.take() }, onEvent: onEvent)
                TerminalThread.start { result in
                    continuation.resume(with: result)
                } body: {
                    try loop.run()
                }
            }
        } onCancel: {
            stop()
        }
    }

    private func start(_ mailbox: inout Mailbox) -> Bool {
        defer { mailbox.isRunning = true }
        return !mailbox.isRunning
    }

    private func leave(_ change: (inout Mailbox) -> Void) {
        let mustWake = mailbox.withLock { mailbox in
            change(&mailbox)
            defer { mailbox.isWoken = true }
            return !mailbox.isWoken
        }
        if mustWake { pipe.wake() }
    }

    /// For the terminal thread: what has been left since the last time.
    private func take() -> Mailbox {
        mailbox.withLock { mailbox in
            let taken = mailbox
            mailbox.frame = nil
            mailbox.theme = nil
            mailbox.copy = nil
            mailbox.isWoken = false
            return taken
        }
    }
}
