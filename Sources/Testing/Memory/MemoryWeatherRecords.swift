import EnergyModel
import Ports
import Synchronization

/// Weather in memory: the same contract as the durable records.
package final class MemoryWeatherRecords: WeatherRecords, Sendable {
    private struct Hour: Hashable {
        var cell: WeatherCell
        var hour: UTCInstant
        var source: String
    }

    private struct Day: Hashable {
        var source: String
        var day: UTCInstant
    }

    private struct State {
        var hours: [Hour: WeatherObservation] = [:]
        var days: [Day: ProviderDay] = [:]
    }

    private let state = Mutex(State())
    package let faults: PortFaults

    package init(clock: any Clock<Duration> = ContinuousClock()) { faults = PortFaults(clock: clock) }

    package func put(_ observations: [WeatherObservation]) async throws(PortError) {
        try await faults.pass(storing: true)
        guard observations.allSatisfy(\.celsius.isFinite) else {
            throw PortError(.invalid, "a temperature is not finite; store none of this fetch")
        }
        state.withLock { state in
            for observation in observations {
                let key = Hour(cell: observation.cell, hour: observation.hour, source: observation.source)
                if let stored = state.hours[key], stored.fetchedAt > observation.fetchedAt { continue }
                state.hours[key] = observation
            }
        }
    }

    package func weather(
        in cell: WeatherCell, _ range: TimeRange
    ) async throws(PortError) -> [WeatherObservation] {
        try await faults.pass()
        return state.withLock { state in
            state.hours.values.filter { $0.cell == cell && range.contains($0.hour) }
                .sorted { ($0.hour, $0.source) < ($1.hour, $1.source) }
        }
    }

    package func add(_ counts: [ProviderDay]) async throws(PortError) {
        try await faults.pass(storing: true)
        state.withLock { state in
            for count in counts {
                let key = Day(source: count.source, day: count.day)
                var sum = state.days[key] ?? ProviderDay(source: count.source, day: count.day)
                sum.checks += count.checks
                sum.failedChecks += count.failedChecks
                sum.calls += count.calls
                sum.failedCalls += count.failedCalls
                state.days[key] = sum
            }
        }
    }

    package func providerDays(_ range: TimeRange) async throws(PortError) -> [ProviderDay] {
        try await faults.pass()
        let first = range.start.advanced(by: .seconds(-86_400))
        return state.withLock { state in
            state.days.values.filter { $0.day > first && $0.day < range.end }
                .sorted { ($0.day, $0.source) < ($1.day, $1.source) }
        }
    }

    package func dropWeather(
        before hours: UTCInstant, days: UTCInstant, batch: Int
    ) async throws(PortError) -> Int {
        try await faults.pass(storing: true)
        return state.withLock { state in
            let old = state.hours.keys.filter { $0.hour < hours }.sorted { $0.hour < $1.hour }.prefix(max(0, batch))
            for key in old { state.hours[key] = nil }
            let oldDays = state.days.keys.filter { $0.day < days }.prefix(max(0, batch - old.count))
            for key in oldDays { state.days[key] = nil }
            return old.count + oldDays.count
        }
    }
}
