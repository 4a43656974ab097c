import DemandResponse
import EnergyModel
import Metering
import Ports

/// The load a building would have without the event, until its settlement baseline is worked out: the mean of the last full
/// hour before the window, in whole quarter hours. It follows no weather and no occupancy, so it is `heuristic` wherever it
/// is shown; it errs where load rises or falls through the event.
struct SameDayBaseline: Sendable {
    let series: any SeriesStore
    let directory: FleetDirectory
    let settings: EngineSettings
    let time: Timekeeper

    /// As reports name it where they must make do with it, too.
    static let name = BaselineRule.hourBefore.id

    static func range(before window: TimeRange) -> TimeRange {
        let end = Granularity.quarterHour.windowStart(of: window.start)
        return TimeRange(start: end.advanced(by: .seconds(-3600)), end: end)
    }

    /// Nil with less than half an hour of load.
    func power(of facility: FacilityID, before window: TimeRange) async throws(PortError) -> Power? {
        let rollups = try await rollups(of: facility, in: SameDayBaseline.range(before: window))
            .filter { $0.meanKilowatts.isFinite }
        guard rollups.count >= 2 else { return nil }
        return Power(kilowatts: rollups.reduce(0) { $0 + $1.meanKilowatts } / Double(rollups.count))
    }

    /// Quarter hours of a facility, by time.
    func rollups(of facility: FacilityID, in range: TimeRange) async throws(PortError) -> [Rollup] {
        guard let number = directory.current.directory.number(of: facility) else { return [] }
        return try await bounded(by: settings.series.queryTimeout, "the series store", time: time) {
            [series] () throws(PortError) in
            try await series.rollups(of: .facility(number), .quarterHour, in: range, limit: 1_000)
        }
    }
}
