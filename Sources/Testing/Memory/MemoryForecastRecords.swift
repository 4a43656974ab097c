import EnergyModel
import Ports
import Synchronization

/// Forecasts, profiles and forecasters in memory: the same contract as the durable ones.
package final class MemoryForecastRecords: ForecastRecords, Sendable {
    private struct State {
        var forecasts: [FacilityID: [UTCInstant: FacilityForecast]] = [:]
        var profiles: [FacilityID: LoadProfile] = [:]
        var archives: [FacilityID: ForecasterArchive] = [:]
    }

    private let state = Mutex(State())
    package let faults: PortFaults

    package init(clock: any Clock<Duration> = ContinuousClock()) { faults = PortFaults(clock: clock) }

    package func store(_ forecasts: [FacilityForecast]) async throws(PortError) {
        try await faults.pass(storing: true)
        state.withLock { state in
            for forecast in forecasts {
                let known = state.forecasts[forecast.facility]?[forecast.origin]
                guard known.map({ $0.issuedAt <= forecast.issuedAt }) ?? true else { continue }
                state.forecasts[forecast.facility, default: [:]][forecast.origin] = forecast
            }
        }
    }

    package func newestForecasts(at moment: UTCInstant?) async throws(PortError) -> [FacilityForecast] {
        try await faults.pass()
        return state.withLock { state in
            state.forecasts.values
                .compactMap { $0.values.filter { $0.origin <= moment ?? $0.origin }.max { $0.origin < $1.origin } }
                .sorted { $0.facility < $1.facility }
        }
    }

    package func forecast(of facility: FacilityID, at moment: UTCInstant) async throws(PortError) -> FacilityForecast? {
        try await faults.pass()
        return state.withLock { state in
            state.forecasts[facility]?.values.filter { $0.origin <= moment }.max { $0.origin < $1.origin }
        }
    }

    package func dropForecasts(
        before: UTCInstant, thinBefore: UTCInstant, batch: Int
    ) async throws(PortError) -> Int {
        try await faults.pass(storing: true)
        return state.withLock { state in
            var old: [(FacilityID, UTCInstant)] = []
            for (facility, forecasts) in state.forecasts {
                let newest = forecasts.keys.max()
                for origin in forecasts.keys where origin != newest {
                    let isWholeHour = origin.milliseconds % 3_600_000 == 0
                    if origin < before || (origin < thinBefore && !isWholeHour) { old.append((facility, origin)) }
                }
            }
            let dropped = old.sorted { $0.1 < $1.1 }.prefix(max(0, batch))
            for (facility, origin) in dropped { state.forecasts[facility]?[origin] = nil }
            return dropped.count
        }
    }

    package func loadProfiles() async throws(PortError) -> [LoadProfile] {
        try await faults.pass()
        return state.withLock { $0.profiles.values.sorted { $0.facility < $1.facility } }
    }

    package func put(_ profile: LoadProfile) async throws(PortError) {
        try await faults.pass(storing: true)
        state.withLock { $0.profiles[profile.facility] = profile }
    }

    package func removeLoadProfile(of facility: FacilityID) async throws(PortError) -> Bool {
        try await faults.pass(storing: true)
        return state.withLock { $0.profiles.removeValue(forKey: facility) != nil }
    }

    package func put(_ archive: ForecasterArchive) async throws(PortError) {
        try await faults.pass(storing: true)
        state.withLock { $0.archives[archive.facility] = archive }
    }

    package func forecasterArchive(of facility: FacilityID) async throws(PortError) -> ForecasterArchive? {
        try await faults.pass()
        return state.withLock { $0.archives[facility] }
    }
}
