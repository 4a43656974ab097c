import EnergyModel
import Ports

/// One half of the screen, or all of it: where it is, and what each screen remembers while another is shown.
struct Pane: Sendable {
    var route: Route
    var overview = OverviewState()
    var facility = FacilityState()
    var events = EventsState()
    var override = OverrideState()
    var letters = DeadLettersState()
    var health = HealthState()
    var journal = JournalState()

    /// Set by `view` alone.
    var hasFocus = true

    init(route: Route) { self.route = route }

    var locator: Locator { Locator(route: route) }
}

/// The past that the screens show instead of now.
struct Past: Sendable {
    /// What is on the screen.
    var moment: UTCInstant
    var snapshot: OperatorSnapshot?
    /// What was asked for and has not come yet.
    var wanted: UTCInstant?
    var awaited: EffectID?
}
