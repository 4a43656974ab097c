/// A theme fitted to a terminal: colour numbers instead of colours, mapped once.
package struct Palette: Sendable {
    package struct Look: Hashable, Sendable {
        /// The terminal's number for the colour; nil is its own default.
        package let foreground: Int?
        package let background: Int?
        package let attributes: Attributes
    }

    package let depth: ColorDepth
    private let looks: [Look]
    private static let priorities: Set<Role> = [.alarmHigh, .alarmMedium, .alarmLow]

    package init(_ theme: Theme, depth: ColorDepth) {
        self.depth = depth
        let screen = theme[.text].background
        looks = Role.allCases.map { role in
            let look = Self.fit(theme[role], depth: depth, screen: screen)
            guard Self.priorities.contains(role), depth == .eight || depth == .sixteen else { return look }
            // two priorities may fall on one colour: they keep their shape without colour too
            return Look(
                foreground: look.foreground, background: look.background,
                attributes: look.attributes.union(theme[role].plainAttributes))
        }
    }

    /// A character in `role` on the background of `ground`; plain text takes the ground's own text colour.
    package func look(of style: Style) -> Look {
        let role = looks[Int(style.role.rawValue)]
        let text = looks[Int(Role.text.rawValue)]
        guard style.ground != .text else {
            return Look(
                foreground: role.foreground ?? text.foreground, background: role.background ?? text.background,
                attributes: role.attributes.union(style.attributes))
        }
        let ground = looks[Int(style.ground.rawValue)]
        let foreground = style.role == .text ? ground.foreground ?? text.foreground : role.foreground ?? text.foreground
        return Look(
            foreground: foreground, background: ground.background ?? text.background,
            attributes: role.attributes.union(ground.attributes).union(style.attributes))
    }

    /// Where a background cannot be told from the screen's (few colours) the role takes its shape without colour instead:
    /// a selection is then reversed, and never invisible.
    private static func fit(_ look: Theme.Look, depth: ColorDepth, screen: Color?) -> Look {
        guard depth != .mono else { return Look(foreground: nil, background: nil, attributes: look.plainAttributes) }
        guard depth == .eight || depth == .sixteen else {
            return Look(
                foreground: look.foreground.flatMap(depth.code), background: look.background.flatMap(depth.code),
                attributes: look.attributes)
        }
        var attributes = look.attributes
        let screenCode = screen.flatMap(depth.code)
        var background = look.background.flatMap(depth.code)
        if let code = background, look.background != screen, code == screenCode ?? 0 {
            background = screenCode
            attributes.formUnion(look.plainAttributes)
        }
        let behind = background ?? screenCode
        var foreground = look.foreground.flatMap(depth.code)
        if let color = look.foreground, color.isGrey, behind == screenCode {
            // greys between black and white: the default colour, weaker or stronger
            if depth == .eight || foreground == screenCode ?? 0 { foreground = nil }
            if depth == .eight { attributes.formUnion(look.plainAttributes.intersection([.dim, .bold])) }
        }
        if foreground == behind { foreground = nil }
        // on a background of our own the terminal's text colour may be the same: take black or white
        if foreground == nil, let behind {
            foreground = ColorDepth.xterm(behind).luminance > 0.3 ? 0 : 7
        }
        return Look(foreground: foreground, background: background, attributes: attributes)
    }
}
