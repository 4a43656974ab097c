/// What comes in from a terminal.
package enum TerminalEvent: Hashable, Sendable {
    case key(KeyPress)
    case mouse(MouseEvent)
    /// Pasted text, raw and as one event, so that a paste can never trigger keys. At most
    /// ``InputDecoder/longestPaste`` bytes; `isCut` says that there was more.
    case paste(String, isCut: Bool)
    /// The terminal's size now; sent once at the start and after each change.
    case resized(Size)
    /// Back from the shell (SIGTSTP, SIGCONT): the screen has been redrawn.
    case resumed
    /// The terminal is gone or the system asks us to end (SIGHUP, SIGTERM, SIGINT, end of input).
    case ended(EndReason)

    package enum EndReason: Hashable, Sendable { case hangUp, terminated, interrupted, inputClosed }
}

package struct MouseEvent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case pressed(Button), released(Button), dragged(Button), wheelUp, wheelDown
    }
    package enum Button: Hashable, Sendable { case left, middle, right }

    package let kind: Kind
    package let point: Point
    package let modifiers: Modifiers

    package init(_ kind: Kind, at point: Point, modifiers: Modifiers = []) {
        self.kind = kind
        self.point = point
        self.modifiers = modifiers
    }
}
