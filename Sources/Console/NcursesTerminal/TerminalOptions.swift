import Screen

/// How the terminal is to be used.
package struct TerminalOptions: Hashable, Sendable {
    /// At most so many colours; nil takes what the terminal's description offers.
    package var depth: ColorDepth?
    package var glyphs: Glyphs
    package var usesMouse: Bool
    /// SIGTERM and SIGINT end the terminal. False when someone else in the process listens to them.
    package var endsOnSignals: Bool

    package init(
        depth: ColorDepth? = nil, glyphs: Glyphs = .unicode, usesMouse: Bool = true, endsOnSignals: Bool = true
    ) {
        self.depth = depth
        self.glyphs = glyphs
        self.usesMouse = usesMouse
        self.endsOnSignals = endsOnSignals
    }

    /// What the environment asks for: `NO_COLOR` (any value but empty, no-color.org), and the Linux console's font, which
    /// has no braille. Flags of our own go over it.
    package init(environment: [String: String], ascii: Bool = false, noColor: Bool = false) {
        let isMono = noColor || environment["NO_COLOR"].map { !$0.isEmpty } == true
        let glyphs: Glyphs = ascii ? .ascii : environment["TERM"] == "linux" ? .blocks : .unicode
        self.init(depth: isMono ? .mono : nil, glyphs: glyphs)
    }
}

/// Why there can be no console here. Each sentence says what to do.
package enum TerminalError: Error, Hashable, Sendable, CustomStringConvertible {
    case notATerminal
    case noUTF8
    case unknownTerminal(String)
    /// `TERM=dumb`: every frame would be one endless line.
    case dumbTerminal
    case noThread(code: Int32)
    case alreadyRunning

    package var description: String {
        switch self {
        case .notATerminal:
            "Input or output is not a terminal. Run the console in one, or use the commands with --json in scripts."
        case .noUTF8: "The locale has no UTF-8. Set LC_ALL=C.UTF-8, or start with --ascii."
        case .unknownTerminal(let name):
            "No description of the terminal \(Sanitiser.escaped(name)) is installed. Set TERM=xterm-256color, or install ncurses-term."
        case .dumbTerminal:
            "TERM=dumb says that this terminal cannot move its cursor. Set TERM to what it is, e.g. xterm-256color, or use the commands with --json."
        case .noThread(let code):
            "The system refused a thread for the terminal (error \(code)). Free memory, try again."
        case .alreadyRunning: "The terminal is in use by this process already. Run one console at a time."
        }
    }
}

extension ColorDepth {
    private var order: Int {
        switch self {
        case .mono: 0
        case .eight: 1
        case .sixteen: 2
        case .palette256: 3
        case .trueColor: 4
        }
    }

    func isAtMost(_ other: ColorDepth) -> Bool { order <= other.order }
}
