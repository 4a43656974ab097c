/// What every role looks like, before it is fitted to a terminal (``Palette``).
package struct Theme: Hashable, Sendable {
    package struct Look: Hashable, Sendable {
        /// nil is the terminal's own.
        package var foreground: Color?
        package var background: Color?
        package var attributes: Attributes
        /// Instead of `attributes` where there is no colour.
        package var plainAttributes: Attributes
    }

    package let name: String
    private let looks: [Look]

    /// No colours at all: what is left when no theme can be read. Also the base of every theme, so that a role keeps its
    /// shape without colour.
    package static let plain = Theme(name: "plain", entries: [:])

    /// A role that `entries` does not name takes the entry of its name up to the last dot, and so on, then `text`.
    init(name: String, entries: [String: Look]) {
        self.name = name
        looks = Role.allCases.map { role in
            var key = Substring(role.name)
            while entries[String(key)] == nil, let dot = key.lastIndex(of: ".") { key = key[..<dot] }
            let found = entries[String(key)] ?? entries["text"]
            var look = found ?? Look(attributes: role.plainAttributes, plainAttributes: role.plainAttributes)
            // shapes without colour belong to the role, not to the entry it fell back to
            if entries[role.name] == nil { look.plainAttributes = role.plainAttributes }
            return look
        }
    }

    package subscript(role: Role) -> Look { looks[Int(role.rawValue)] }
}

extension Role {
    /// How the role differs from text on a terminal without colour. Alarm priorities differ from each other here too
    /// (their markers ▲ ◆ ▽ besides).
    var plainAttributes: Attributes {
        switch self {
        case .alarmHigh: [.bold, .reverse]
        case .alarmMedium: .bold
        case .alarmLow: .underline
        case .textStrong, .title, .headerStrong, .key, .stateBad, .stateActive, .barOver, .chartLimit, .buttonDanger,
            .chartCursor, .chartLoad, .diffAdded, .marked:
            .bold
        case .textDim, .border, .rule, .chartGrid, .chartBand, .chartAxis, .barTrack, .scrollbar, .stateStale,
            .keyLabel, .diffRemoved:
            .dim
        case .selection, .cursor, .tabSelected, .buttonSelected, .inputError, .hostile: .reverse
        case .banner: [.bold, .reverse]
        case .header, .input, .inputFocused, .link, .match: .underline
        case .text, .stateOK, .stateEstimated, .chartForecast, .chartBaseline, .chartWindow, .barFill, .sparkline, .tab,
            .button:
            []
        }
    }
}
