import EnergyModel
import Forecasting
import Ports

/// Reads what forecasts are made from: quarter hours, weather, and the windows of demand response.
struct ForecastHistory: Sendable {
    /// A building comes back to its usual course so long after an event.
    static let rebound = Duration.seconds(7200)

    let series: any SeriesStore
    let directory: FleetDirectory
    let weather: WeatherDesk
    /// Nil without demand response.
    let responses: (any ResponseRecords)?
    let settings: EngineSettings
    let time: Timekeeper

    /// A facility's quarter hours of a range, by time.
    func rollups(of facility: Facility, in range: TimeRange) async throws(PortError) -> [Rollup] {
        var rollups: [Rollup] = []
        var start = range.start
        let limit = settings.forecast.sliceRollups
        while start < range.end {
            let slice = TimeRange(
                start: start,
                end: min(range.end, start.advanced(by: .milliseconds(Int64(limit) * Granularity.quarterHour.rawValue))))
            rollups += try await bounded(by: settings.forecast.readTimeout, "the series store", time: time) {
                [series] () throws(PortError) in
                try await series.rollups(of: .facility(facility.number), .quarterHour, in: slice, limit: limit)
            }
            start = slice.end
        }
        return rollups
    }

    /// Every facility's quarter hours of a short range, by facility, each by time.
    func recent(in range: TimeRange) async throws(PortError) -> [FacilityNumber: [Rollup]] {
        var found: [FacilityNumber: [Rollup]] = [:]
        guard !range.isEmpty else { return found }
        var cursor: RollupCursor?
        let limit = settings.forecast.sliceRollups
        repeat {
            let after = cursor
            let slice = try await bounded(by: settings.forecast.readTimeout, "the series store", time: time) {
                [series] () throws(PortError) in
                try await series.rollups(.facilities, .quarterHour, in: range, after: after, limit: limit)
            }
            for rollup in slice.rollups {
                if case .facility(let number) = rollup.series { found[number, default: []].append(rollup) }
            }
            cursor = slice.next
        } while cursor != nil
        return found
    }

    /// The circumstances of a facility's past.
    func context(of facility: FacilityID, in range: TimeRange) async throws(PortError) -> HistoryContext {
        var context = HistoryContext()
        let hours = Int((range.duration.milliseconds + 3_599_999) / 3_600_000) + 2
        context.weatherFrom = Granularity.hour.windowStart(of: range.start)
        context.temperatures = weather.past(for: facility, from: context.weatherFrom, hours: hours)
        context.responses = try await windows(of: facility, in: range)
        return context
    }

    private func windows(of facility: FacilityID, in range: TimeRange) async throws(PortError) -> [TimeRange] {
        guard let responses else { return [] }
        let query = EventQuery(kind: .demandResponse, facility: facility, limit: 1_000)
        let events = try await bounded(by: settings.series.queryTimeout, "the record store", time: time) {
            () throws(PortError) in try await responses.events(query)
        }
        return events.map { TimeRange(start: $0.window.start, end: $0.window.end.advanced(by: Self.rebound)) }
            .filter { $0.start < range.end && $0.end > range.start }.sorted { $0.start < $1.start }
    }

    /// Which facilities an event moved lately, with the windows: one look for all of them.
    func responding(in range: TimeRange) async throws(PortError) -> [FacilityID: [TimeRange]] {
        guard let responses else { return [:] }
        let query = EventQuery(kind: .demandResponse, limit: 200)
        let events = try await bounded(by: settings.series.queryTimeout, "the record store", time: time) {
            () throws(PortError) in try await responses.events(query)
        }
        var found: [FacilityID: [TimeRange]] = [:]
        for event in events {
            let window = TimeRange(start: event.window.start, end: event.window.end.advanced(by: Self.rebound))
            guard window.start < range.end, window.end > range.start else { continue }
            let commands = try await bounded(by: settings.series.queryTimeout, "the record store", time: time) {
                () throws(PortError) in try await responses.commands(of: event.id)
            }
            for facility in Set(commands.map(\.facility)) { found[facility, default: []].append(window) }
        }
        return found
    }
}
