import EnergyModel
import Ports

/// What every store of weather does. Each case wants an empty one.
package enum WeatherRecordsContract {
    package static let cases: [ContractCase<any WeatherRecords>] = [
        ContractCase("an hour has one row a source, the newest fetch") { try await replaces($0) },
        ContractCase("weather is found by cell and range, in order") { try await finds($0) },
        ContractCase("a fetch with a temperature that is no number is refused whole") { try await refuses($0) },
        ContractCase("counts of a provider's day add up") { try await counts($0) },
        ContractCase("retention drops hours and days beyond their age, a batch at a time") { try await retires($0) },
    ]

    private static let midnight = UTCInstant(seconds: 1_790_035_200)
    private static let berlin = WeatherCell(latitude: 525, longitude: 134)
    private static let sydney = WeatherCell(latitude: -339, longitude: 1512)

    private static func hour(_ number: Int) -> UTCInstant { midnight.advanced(by: .seconds(3600 * number)) }

    private static func told(
        _ number: Int, _ celsius: Double, by source: String = "weatherapi", at fetched: Int = 0,
        in cell: WeatherCell = berlin
    ) -> WeatherObservation {
        WeatherObservation(
            cell: cell, hour: hour(number), source: source, celsius: celsius,
            fetchedAt: hour(0).advanced(by: .seconds(fetched)))
    }

    private static let all = TimeRange(start: .distantPast, end: UTCInstant(seconds: 4_000_000_000))

    private static func replaces(_ records: any WeatherRecords) async throws {
        try await records.put([told(1, 10), told(2, 11), told(1, 12, by: "noaa")])
        try await records.put([told(1, 10.5, at: 900)])
        try await records.put([told(1, 99, at: 300), told(2, -0.25, at: 300)])
        let found = try await records.weather(in: berlin, all)
        try requireEqual(
            found, [told(1, 12, by: "noaa"), told(1, 10.5, at: 900), told(2, -0.25, at: 300)],
            "the newest fetch of each source, earlier ones without effect")
        try requireEqual(found.map(\.isForecast), [true, true, true], "told before the hour began")
    }

    private static func finds(_ records: any WeatherRecords) async throws {
        try await records.put([told(3, 3), told(1, 1), told(2, 2), told(2, 20, in: sydney)])
        try await records.put([])
        let range = TimeRange(start: hour(1), end: hour(3))
        try requireEqual(
            try await records.weather(in: berlin, range), [told(1, 1), told(2, 2)], "half-open, ascending")
        try requireEqual(try await records.weather(in: sydney, all), [told(2, 20, in: sydney)], "of that cell alone")
        let west = WeatherCell(latitude: 525, longitude: -134)
        try requireEqual(try await records.weather(in: west, all), [], "of a cell without weather")
    }

    private static func refuses(_ records: any WeatherRecords) async throws {
        try await requireInvalid { try await records.put([told(1, 1), told(2, .nan)]) }
        try await requireInvalid { try await records.put([told(1, .infinity)]) }
        try requireEqual(try await records.weather(in: berlin, all), [], "stored of refused fetches")
    }

    private static func requireInvalid(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let error as PortError where error.code == .invalid { return }
        throw ContractViolation(description: "`.invalid` expected")
    }

    private static func counts(_ records: any WeatherRecords) async throws {
        let (monday, tuesday) = (hour(0), hour(24))
        try await records.add([
            ProviderDay(source: "noaa", day: monday, checks: 2, failedChecks: 1, calls: 5, failedCalls: 2),
            ProviderDay(source: "noaa", day: tuesday, calls: 1),
        ])
        try await records.add([
            ProviderDay(source: "noaa", day: monday, checks: 1, calls: 1),
            ProviderDay(source: "a'; --", day: monday, checks: 1, failedChecks: 1),
        ])
        let sum = ProviderDay(source: "noaa", day: monday, checks: 3, failedChecks: 1, calls: 6, failedCalls: 2)
        let odd = ProviderDay(source: "a'; --", day: monday, checks: 1, failedChecks: 1)
        let later = ProviderDay(source: "noaa", day: tuesday, calls: 1)
        try requireEqual(try await records.providerDays(all), [odd, sum, later], "all days")
        let noon = TimeRange(start: hour(12), end: hour(24))
        try requireEqual(try await records.providerDays(noon), [odd, sum], "days that lie in the range in part")
    }

    private static func retires(_ records: any WeatherRecords) async throws {
        try await records.put((0..<5).map { told($0, 1) })
        try await records.add([ProviderDay(source: "noaa", day: hour(0), calls: 1)])
        let first = try await records.dropWeather(before: hour(3), days: hour(0), batch: 2)
        let second = try await records.dropWeather(before: hour(3), days: hour(0), batch: 2)
        let third = try await records.dropWeather(before: hour(3), days: hour(0), batch: 2)
        try requireEqual([first, second, third], [2, 1, 0], "dropped")
        try requireEqual(try await records.weather(in: berlin, all).map(\.hour), [hour(3), hour(4)], "left")
        try requireEqual(try await records.providerDays(all).count, 1, "days left")
        try requireEqual(try await records.dropWeather(before: hour(3), days: hour(24), batch: 2), 1, "days dropped")
    }
}
