import EnergyModel

/// One interval of a facility's load as it comes from rollups or a file.
package struct LoadSample: Hashable, Sendable {
    /// Whether the value says how the building behaves by itself.
    package enum Origin: Hashable, Sendable { case measured, imputed }

    /// Start of the interval.
    package var start: UTCInstant
    /// Mean power in kilowatts (or whatever unit the series has); nil when unknown.
    package var load: Double?
    /// Outdoor temperature in °C; nil when unknown.
    package var temperature: Double?
    /// `imputed` for the window of a demand-response event and the 2 h after: `load` is then the baseline, or nil. It serves
    /// lags and never trains.
    package var origin: Origin

    package init(start: UTCInstant, load: Double?, temperature: Double? = nil, origin: Origin = .measured) {
        self.start = start
        self.load = load
        self.temperature = temperature
        self.origin = origin
    }
}
