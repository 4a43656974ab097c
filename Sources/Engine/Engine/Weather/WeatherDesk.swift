import EnergyModel
import Ports
import Synchronization

/// The weather of all facilities in memory: filled by `WeatherService`, asked by whoever forecasts. Neighbours within a
/// tenth of a degree share one cell. Holds the last 7 days and what is foretold, some 250 hours a cell.
package final class WeatherDesk: Sendable {
    private let place: @Sendable (FacilityID) -> Place?
    private let settings: EngineSettings.Weather
    private let cells = Mutex<[WeatherCell: CellWeather]>([:])

    /// `place` answers from memory.
    package init(place: @escaping @Sendable (FacilityID) -> Place?, settings: EngineSettings.Weather) {
        self.place = place
        self.settings = settings
    }

    /// Of `hours` UTC hours from the one in which `from` lies. Always an answer; without place or provider its standing is
    /// `none` and every hour nil.
    package func outlook(
        for facility: FacilityID, from: UTCInstant, hours: Int, now: UTCInstant
    ) -> WeatherOutlook {
        guard let known = weather(of: facility) else { return .nothing(hours: hours) }
        return known.outlook(from: from, hours: hours, now: now, liveFor: settings.liveFor)
    }

    /// What was told of `hours` UTC hours from the one in which `from` lies, as far as the last 7 days hold it: °C, nil where
    /// nothing was. Nothing is filled in.
    package func past(for facility: FacilityID, from: UTCInstant, hours: Int) -> [Double?] {
        let first = CellWeather.number(of: from)
        let known = weather(of: facility)
        return (first..<first + Int64(max(0, hours))).map { known?.hours[$0]?.celsius }
    }

    private func weather(of facility: FacilityID) -> CellWeather? {
        guard let cell = place(facility)?.cell else { return nil }
        return cells.withLock { $0[cell] }
    }

    // MARK: - Filling

    func weather(in cell: WeatherCell) -> CellWeather? { cells.withLock { $0[cell] } }

    func take(_ observations: [WeatherObservation]) {
        cells.withLock { cells in
            for observation in observations { cells[observation.cell, default: CellWeather()].take(observation) }
        }
    }

    /// Forgets cells that nobody has a facility in, and hours that are too old.
    func keep(only wanted: Set<WeatherCell>, from moment: UTCInstant) {
        cells.withLock { cells in
            cells = cells.filter { wanted.contains($0.key) }
            for cell in cells.keys { cells[cell]?.drop(before: moment) }
        }
    }
}
