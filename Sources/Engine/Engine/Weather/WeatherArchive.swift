import EnergyModel
import Logging
import Ports
import Synchronization

/// What is kept of the weather beyond this run: reads what earlier ones fetched, stores what is fetched, drops what is too
/// old. A store that is down holds up nobody: the newest answer of each cell waits for it.
final class WeatherArchive: Sendable {
    private struct State {
        var cells: Set<WeatherCell> = []
        /// Cells whose stored weather has not been read yet.
        var unread: Set<WeatherCell> = []
        /// At most one answer a cell.
        var unsaved: [WeatherCell: [WeatherObservation]] = [:]
        var tidiedAt: Duration?
    }

    private static let readsInTurn = 200
    private static let timeout = Duration.seconds(5)
    private static let tidyInterval = Duration.seconds(3600)
    private static let dropBatch = 5_000

    private let gate: WeatherGate
    private let desk: WeatherDesk
    private let records: any WeatherRecords
    private let settings: EngineSettings.Weather
    private let time: Timekeeper
    private let logger: Logger
    private let state = Mutex(State())

    init(
        gate: WeatherGate, desk: WeatherDesk, records: any WeatherRecords, settings: EngineSettings.Weather,
        time: Timekeeper, logger: Logger
    ) {
        self.gate = gate
        self.desk = desk
        self.records = records
        self.settings = settings
        self.time = time
        self.logger = logger
    }

    /// The cells that have a facility now.
    func meet(_ cells: Set<WeatherCell>) {
        state.withLock { state in
            guard state.cells != cells else { return }
            state.unread.formUnion(cells.subtracting(state.cells))
            state.unread.formIntersection(cells)
            state.unsaved = state.unsaved.filter { cells.contains($0.key) }
            state.cells = cells
        }
    }

    /// Stored by the next `save`; a newer answer of the cell takes the place of an older one.
    func keep(_ observations: [WeatherObservation], of cell: WeatherCell) {
        state.withLock { $0.unsaved[cell] = observations }
    }

    /// Fills the desk with what earlier runs fetched, some cells a turn.
    func readStored() async {
        let cells = state.withLock { $0.unread.sorted().prefix(WeatherArchive.readsInTurn) }
        let now = time.now()
        let range = TimeRange(
            start: now.advanced(by: .zero - settings.keep), end: now.advanced(by: CellWeather.furthestAhead))
        do throws(PortError) {
            for cell in cells {
                let stored = try await bounded(by: WeatherArchive.timeout, "reading stored weather", time: time) {
                    [records] () throws(PortError) in try await records.weather(in: cell, range)
                }
                desk.take(stored)
                state.withLock { _ = $0.unread.remove(cell) }
            }
        } catch {
            logger.warning("stored weather not read, trying again", metadata: ["error": "\(error)"])
        }
    }

    func readCounts() async {
        let now = time.now()
        let first = now.day.advanced(by: .seconds(-86_400 * (WeatherSource.keptDays - 1)))
        do throws(PortError) {
            let days = try await bounded(
                by: WeatherArchive.timeout, "reading counts of weather providers", time: time
            ) { [records] () throws(PortError) in
                try await records.providerDays(TimeRange(start: first, end: now.advanced(by: .milliseconds(1))))
            }
            for source in gate.sources { source.load(days) }
        } catch {
            logger.warning("counts of weather providers not read; they begin anew", metadata: ["error": "\(error)"])
        }
    }

    func save() async {
        await saveWeather()
        await saveCounts()
    }

    private func saveWeather() async {
        let unsaved = state.withLock { state in
            defer { state.unsaved = [:] }
            return state.unsaved
        }
        guard !unsaved.isEmpty else { return }
        do throws(PortError) {
            let observations = unsaved.values.flatMap { $0 }
            try await bounded(by: WeatherArchive.timeout, "storing weather", time: time) {
                [records] () throws(PortError) in try await records.put(observations)
            }
        } catch {
            state.withLock { state in state.unsaved.merge(unsaved) { newer, _ in newer } }
            logger.warning("weather not stored, trying again", metadata: ["error": "\(error)"])
        }
    }

    private func saveCounts() async {
        let counts = gate.sources.map { ($0, $0.takeUnsaved()) }
        let days = counts.flatMap(\.1)
        guard !days.isEmpty else { return }
        do throws(PortError) {
            try await bounded(by: WeatherArchive.timeout, "storing counts of weather providers", time: time) {
                [records] () throws(PortError) in try await records.add(days)
            }
        } catch {
            for (source, days) in counts { source.putBack(days) }
            logger.warning("counts of weather providers not stored, trying again", metadata: ["error": "\(error)"])
        }
    }

    /// Once an hour: what is older than 7 days leaves the memory (FC-05), what is older than a year's fit can use the store.
    func tidy(keeping cells: Set<WeatherCell>) async {
        let uptime = time.uptime()
        guard state.withLock({ $0.tidiedAt.map { uptime - $0 >= WeatherArchive.tidyInterval } ?? true }) else { return }
        let now = time.now()
        let (hours, days) = (now.advanced(by: .zero - settings.history), now.advanced(by: .zero - settings.keepCounts))
        desk.keep(only: cells, from: now.advanced(by: .zero - settings.keep))
        do throws(PortError) {
            while isRunning {
                let dropped = try await bounded(by: WeatherArchive.timeout, "dropping old weather", time: time) {
                    [records] () throws(PortError) in
                    try await records.dropWeather(before: hours, days: days, batch: WeatherArchive.dropBatch)
                }
                guard dropped == WeatherArchive.dropBatch else { break }
            }
            state.withLock { $0.tidiedAt = uptime }
        } catch {
            logger.warning("old weather not dropped, trying again", metadata: ["error": "\(error)"])
        }
    }
}
