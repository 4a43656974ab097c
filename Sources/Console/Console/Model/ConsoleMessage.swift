import Ports
import Screen

/// Everything that can happen to the console.
package enum ConsoleMessage: Sendable {
    /// Keys, mouse, paste, size and the terminal's end.
    case input(TerminalEvent)
    /// Once a second.
    case tick
    case link(LinkUpdate)
    case finished(EffectID, EffectResult)
    /// `keys.yaml` was read, at start or because it changed.
    case keysLoaded(KeyMap, problems: [String])
    /// The theme in use was read again because its file changed.
    case themeReloaded(errors: [String])
}
