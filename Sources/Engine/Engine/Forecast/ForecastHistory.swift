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
    /// Weather of long ago; nil without providers.
    let weatherRecords: (any WeatherRecords)?
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
        try await fill(&context, of: facility, hours: hours)
        context.responses = try await windows(of: facility, in: range)
        return context
    }

    /// What the memory no longer holds comes from the store: of several sources the one fetched last.
    private func fill(
        _ context: inout HistoryContext, of facility: FacilityID, hours: Int
    ) async throws(PortError) {
        guard let weatherRecords, context.temperatures.first == .some(nil),
            let cell = directory.current.facilities.first(where: { $0.id == facility })?.location?.cell
        else { return }
        let (from, hour) = (context.weatherFrom, Int64(3_600_000))
        let range = TimeRange(start: from, end: from.advanced(by: .milliseconds(Int64(hours) * hour)))
        let stored = try await bounded(by: settings.forecast.readTimeout, "the record store", time: time) {
            () throws(PortError) in try await weatherRecords.weather(in: cell, range)
        }
        var newest: [Int: WeatherObservation] = [:]
        for observation in stored {
            let index = Int((observation.hour.milliseconds - from.milliseconds) / hour)
            if let known = newest[index], known.fetchedAt >= observation.fetchedAt { continue }
            newest[index] = observation
        }
        for (index, observation) in newest
        where context.temperatures.indices.contains(index) && context.temperatures[index] == nil {
            context.temperatures[index] = observation.celsius
        }
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
