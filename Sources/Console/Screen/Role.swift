/// What a cell *means*. A theme decides how it looks; no screen ever names a colour.
///
/// The raw value is the index into a resolved theme and is never stored. `name` is the key used in theme files;
/// a role a theme does not mention falls back along its dots (`text.dim` → `text`), see ``Theme``.
package enum Role: UInt8, CaseIterable, Hashable, Sendable {
    case text, textDim, textStrong, title, border, header, headerStrong, banner, rule
    case selection, marked, match, cursor
    case alarmHigh, alarmMedium, alarmLow
    case stateOK, stateStale, stateBad, stateActive, stateEstimated
    case chartLoad, chartForecast, chartBand, chartLimit, chartBaseline, chartWindow, chartAxis, chartGrid, chartCursor
    case barFill, barOver, barTrack, sparkline
    case key, keyLabel, tab, tabSelected, link
    case input, inputFocused, inputError, button, buttonSelected, buttonDanger
    case diffAdded, diffRemoved, scrollbar, hostile

    package var name: String {
        switch self {
        case .text: "text"
        case .textDim: "text.dim"
        case .textStrong: "text.strong"
        case .title: "title"
        case .border: "border"
        case .header: "header"
        case .headerStrong: "header.strong"
        case .banner: "banner"
        case .rule: "border.rule"
        case .selection: "selection"
        case .marked: "selection.marked"
        case .match: "match"
        case .cursor: "selection.cursor"
        case .alarmHigh: "alarm.high"
        case .alarmMedium: "alarm.medium"
        case .alarmLow: "alarm.low"
        case .stateOK: "state.ok"
        case .stateStale: "state.stale"
        case .stateBad: "state.bad"
        case .stateActive: "state.active"
        case .stateEstimated: "state.estimated"
        case .chartLoad: "chart.load"
        case .chartForecast: "chart.forecast"
        case .chartBand: "chart.band"
        case .chartLimit: "chart.limit"
        case .chartBaseline: "chart.baseline"
        case .chartWindow: "chart.window"
        case .chartAxis: "chart.axis"
        case .chartGrid: "chart.grid"
        case .chartCursor: "chart.cursor"
        case .barFill: "bar.fill"
        case .barOver: "bar.over"
        case .barTrack: "bar.track"
        case .sparkline: "sparkline"
        case .key: "key"
        case .keyLabel: "key.label"
        case .tab: "tab"
        case .tabSelected: "tab.selected"
        case .link: "link"
        case .input: "input"
        case .inputFocused: "input.focused"
        case .inputError: "input.error"
        case .button: "button"
        case .buttonSelected: "button.selected"
        case .buttonDanger: "button.danger"
        case .diffAdded: "diff.added"
        case .diffRemoved: "diff.removed"
        case .scrollbar: "scrollbar"
        case .hostile: "hostile"
        }
    }
}

/// Weight and shape that every terminal can show, colour or not.
package struct Attributes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let bold = Attributes(rawValue: 1)
    package static let dim = Attributes(rawValue: 2)
    package static let underline = Attributes(rawValue: 4)
    package static let reverse = Attributes(rawValue: 8)

    /// In theme files and golden overlays.
    package var names: [String] {
        [(Attributes.bold, "bold"), (.dim, "dim"), (.underline, "underline"), (.reverse, "reverse")]
            .filter { contains($0.0) }.map(\.1)
    }
}
