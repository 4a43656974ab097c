import EnergyModel
import GRDB
import Ports

extension EmbeddedRecordStore: WeatherRecords {
    package func put(_ observations: [WeatherObservation]) async throws(PortError) {
        guard observations.allSatisfy(\.celsius.isFinite) else {
            throw PortError(.invalid, "a temperature is not finite; store none of this fetch")
        }
        guard !observations.isEmpty else { return }
        try await file.writer.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO weather_observations (latitude, longitude, hour, source, fetched_at, celsius)
                    VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (latitude, longitude, hour, source)
                    DO UPDATE SET fetched_at = excluded.fetched_at, celsius = excluded.celsius
                    WHERE excluded.fetched_at >= weather_observations.fetched_at
                    """)
            for observation in observations {
                try statement.execute(arguments: [
                    observation.cell.latitude, observation.cell.longitude, observation.hour.milliseconds,
                    whole(observation.source), observation.fetchedAt.milliseconds, observation.celsius,
                ])
            }
        }
    }

    package func weather(
        in cell: WeatherCell, _ range: TimeRange
    ) async throws(PortError) -> [WeatherObservation] {
        try await file.reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT hour, source, fetched_at, celsius FROM weather_observations
                    WHERE latitude = ? AND longitude = ? AND hour >= ? AND hour < ? ORDER BY hour, source LIMIT ?
                    """,
                arguments: [
                    cell.latitude, cell.longitude, range.start.milliseconds, range.end.milliseconds,
                    EmbeddedRecordStore.maximumRows,
                ]
            ).map { row in
                WeatherObservation(
                    cell: cell, hour: UTCInstant(milliseconds: row[0]), source: row[1], celsius: row[3],
                    fetchedAt: UTCInstant(milliseconds: row[2]))
            }
        }
    }

    package func add(_ counts: [ProviderDay]) async throws(PortError) {
        guard !counts.isEmpty else { return }
        try await file.writer.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO weather_provider_days (source, day, checks, failed_checks, calls, failed_calls)
                    VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (source, day) DO UPDATE SET checks = checks + excluded.checks,
                        failed_checks = failed_checks + excluded.failed_checks, calls = calls + excluded.calls,
                        failed_calls = failed_calls + excluded.failed_calls
                    """)
            for count in counts {
                try statement.execute(arguments: [
                    whole(count.source), count.day.milliseconds, count.checks, count.failedChecks, count.calls,
                    count.failedCalls,
                ])
            }
        }
    }

    package func providerDays(_ range: TimeRange) async throws(PortError) -> [ProviderDay] {
        try await file.reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT source, day, checks, failed_checks, calls, failed_calls FROM weather_provider_days
                    WHERE day > ? AND day < ? ORDER BY day, source LIMIT ?
                    """,
                arguments: [
                    range.start.milliseconds - 86_400_000, range.end.milliseconds, EmbeddedRecordStore.maximumRows,
                ]
            ).map { row in
                ProviderDay(
                    source: row[0], day: UTCInstant(milliseconds: row[1]), checks: row[2], failedChecks: row[3],
                    calls: row[4], failedCalls: row[5])
            }
        }
    }

    package func dropWeather(
        before hours: UTCInstant, days: UTCInstant, batch: Int
    ) async throws(PortError) -> Int {
        guard batch > 0 else { return 0 }
        return try await file.writer.write { database in
            try database.execute(
                sql: """
                    DELETE FROM weather_observations WHERE (latitude, longitude, hour, source) IN (
                        SELECT latitude, longitude, hour, source FROM weather_observations WHERE hour < ?
                        ORDER BY hour LIMIT ?)
                    """, arguments: [hours.milliseconds, batch])
            let dropped = database.changesCount
            guard dropped < batch else { return dropped }
            try database.execute(
                sql: """
                    DELETE FROM weather_provider_days WHERE (source, day) IN (
                        SELECT source, day FROM weather_provider_days WHERE day < ? ORDER BY day LIMIT ?)
                    """, arguments: [days.milliseconds, batch - dropped])
            return dropped + database.changesCount
        }
    }
}
