import EnergyModel
import Ports
import Screen

/// One screen. A room knows its own part of the pane and nothing of the others; `update` and `view` find it by route, so
/// a new screen is a folder and one line in `ScreenKind.room`.
protocol Room {
    /// The pane came to this screen, or its subject, moment or filter changed: forget what no longer fits, ask for more.
    static func refresh(_ state: inout ConsoleState, pane: Int)
    /// Once a second and after each message: ask again for what is due. Must be cheap when nothing is.
    static func tick(_ state: inout ConsoleState, pane: Int)
    /// True when this answer was for this pane.
    static func receive(_ state: inout ConsoleState, pane: Int, id: EffectID, result: EffectResult) -> Bool
    /// Recomputes orders and windows when their inputs changed.
    static func settle(_ state: inout ConsoleState, pane: Int, area: Rect)
    /// An action on the focused pane; false when it means nothing here.
    static func perform(_ action: Action, _ state: inout ConsoleState, area: Rect) -> Bool
    static func click(at point: Point, _ state: inout ConsoleState, area: Rect)
    /// The fields `/` understands here; empty when there is nothing to filter.
    static var filterFields: [String] { get }
    static func filter(of pane: Pane) -> RowFilter
    static func setFilter(_ filter: RowFilter, _ state: inout ConsoleState)
    /// The view as a table, for `W` and `y`.
    static func table(_ state: ConsoleState, pane: Pane) -> ExportTable
    /// The selected row in words, for `y`; nil when nothing is selected.
    static func selection(_ state: ConsoleState, pane: Pane) -> String?
    static func draw(_ state: ConsoleState, pane: Pane, into grid: inout Grid, area: Rect)
}

extension Room {
    static func refresh(_ state: inout ConsoleState, pane: Int) {}
    static func tick(_ state: inout ConsoleState, pane: Int) {}
    static func receive(_ state: inout ConsoleState, pane: Int, id: EffectID, result: EffectResult) -> Bool { false }
    static func settle(_ state: inout ConsoleState, pane: Int, area: Rect) {}
    static func click(at point: Point, _ state: inout ConsoleState, area: Rect) {}
    static var filterFields: [String] { [] }
    static func filter(of pane: Pane) -> RowFilter { .everything }
    static func setFilter(_ filter: RowFilter, _ state: inout ConsoleState) {}
    static func selection(_ state: ConsoleState, pane: Pane) -> String? { nil }
}

extension ScreenKind {
    var room: any Room.Type {
        switch self {
        case .overview: OverviewRoom.self
        case .facility: FacilityRoom.self
        case .events: EventsRoom.self
        case .override: OverrideRoom.self
        case .deadLetters: DeadLettersRoom.self
        case .health: HealthRoom.self
        case .journal: JournalRoom.self
        }
    }
}
