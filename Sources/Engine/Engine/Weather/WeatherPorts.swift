import EnergyModel
import Ports

/// What the weather needs of the world besides the engine's own ports.
package struct WeatherPorts: Sendable {
    /// In the order in which they are asked (ledger FC-01); their names differ.
    package var providers: [any WeatherProvider]
    package var records: any WeatherRecords
    /// Where the canary asks for the weather (FC-11): a place that every provider serves.
    package var canary: Place
    /// Tells the person on call; nil: the journal alone does.
    package var escalate: EscalationHook?

    package init(
        providers: [any WeatherProvider], records: any WeatherRecords, canary: Place, escalate: EscalationHook? = nil
    ) {
        self.providers = providers
        self.records = records
        self.canary = canary
        self.escalate = escalate
    }
}
