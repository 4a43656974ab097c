import EnergyModel
import Foundation
import GRDB
import Ports

extension EmbeddedRecordStore: ForecastRecords {
    package func store(_ forecasts: [FacilityForecast]) async throws(PortError) {
        guard !forecasts.isEmpty else { return }
        try await file.writer.write { database in
            for forecast in forecasts { try insert(forecast, database) }
        }
    }

    package func newestForecasts(at moment: UTCInstant?) async throws(PortError) -> [FacilityForecast] {
        try await file.reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT f.* FROM (SELECT facility, max(origin) AS origin FROM load_forecasts WHERE origin <= ?
                        GROUP BY facility) AS newest JOIN load_forecasts AS f USING (facility, origin)
                    ORDER BY facility
                    """, arguments: [moment?.milliseconds ?? .max]
            ).compactMap { row in
                // One row that cannot be read hides no other facility's; the next run makes its forecast anew.
                do { return try storedForecast(row) } catch { return nil }
            }
        }
    }

    package func forecast(of facility: FacilityID, at moment: UTCInstant) async throws(PortError) -> FacilityForecast? {
        try await file.reader.read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT * FROM load_forecasts WHERE facility = ? AND origin <= ? ORDER BY origin DESC LIMIT 1",
                arguments: [facility.text, moment.milliseconds]
            ).map(storedForecast)
        }
    }

    package func dropForecasts(
        before: UTCInstant, thinBefore: UTCInstant, batch: Int
    ) async throws(PortError) -> Int {
        guard batch > 0 else { return 0 }
        return try await file.writer.write { database in
            try database.execute(
                sql: """
                    DELETE FROM load_forecasts WHERE rowid IN (SELECT rowid FROM load_forecasts AS old
                        WHERE (origin < ? OR (origin < ? AND origin % 3600000 <> 0))
                            AND origin < (SELECT max(origin) FROM load_forecasts WHERE facility = old.facility)
                        ORDER BY origin LIMIT ?)
                    """, arguments: [before.milliseconds, thinBefore.milliseconds, batch])
            return database.changesCount
        }
    }

    package func loadProfiles() async throws(PortError) -> [LoadProfile] {
        try await file.reader.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM load_profiles ORDER BY facility").map(storedProfile)
        }
    }

    package func put(_ profile: LoadProfile) async throws(PortError) {
        let kilowatts = try RecordJSON.text(profile.kilowatts, of: "the profile of \(profile.facility)")
        try await file.writer.write { database in
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO load_profiles
                        (facility, kilowatts, band_share, until, entered_at, author, reason) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    profile.facility.text, whole(kilowatts), profile.bandShare, profile.until.milliseconds,
                    profile.enteredAt.milliseconds, whole(profile.author), whole(profile.reason),
                ])
        }
    }

    package func removeLoadProfile(of facility: FacilityID) async throws(PortError) -> Bool {
        try await file.writer.write { database in
            try database.execute(sql: "DELETE FROM load_profiles WHERE facility = ?", arguments: [facility.text])
            return database.changesCount > 0
        }
    }

    package func put(_ archive: ForecasterArchive) async throws(PortError) {
        try await file.writer.write { database in
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO forecasters
                        (facility, forecast_model_version, fitted_at, saved_at, archive) VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    archive.facility.text, whole(archive.model), archive.fittedAt?.milliseconds,
                    archive.savedAt.milliseconds, Data(archive.bytes),
                ])
        }
    }

    package func forecasterArchive(of facility: FacilityID) async throws(PortError) -> ForecasterArchive? {
        try await file.reader.read { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM forecasters WHERE facility = ?", arguments: [facility.text]
            ).map { row in
                ForecasterArchive(
                    facility: facility, model: row["forecast_model_version"],
                    fittedAt: (row["fitted_at"] as Int64?).map { UTCInstant(milliseconds: $0) },
                    savedAt: UTCInstant(milliseconds: row["saved_at"]), bytes: Array(row["archive"] as Data))
            }
        }
    }
}

private func insert(_ forecast: FacilityForecast, _ database: Database) throws {
    let remarks = try RecordJSON.text(forecast.remarks, of: "the forecast of \(forecast.facility)")
    try database.execute(
        sql: """
            INSERT INTO load_forecasts (facility, origin, last_updated, forecast_model_version, mode,
                data_quality_score, weather_standing, weather_provider, weather_as_of, remarks, steps)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (facility, origin) DO UPDATE SET last_updated = excluded.last_updated,
                forecast_model_version = excluded.forecast_model_version, mode = excluded.mode,
                data_quality_score = excluded.data_quality_score, weather_standing = excluded.weather_standing,
                weather_provider = excluded.weather_provider, weather_as_of = excluded.weather_as_of,
                remarks = excluded.remarks, steps = excluded.steps
            WHERE excluded.last_updated >= load_forecasts.last_updated
            """,
        arguments: [
            forecast.facility.text, forecast.origin.milliseconds, forecast.issuedAt.milliseconds, whole(forecast.model),
            forecast.mode.rawValue, forecast.quality, forecast.weather.standing.rawValue,
            whole(forecast.weather.provider), forecast.weather.asOf?.milliseconds, whole(remarks),
            StepBytes.data(of: forecast.steps),
        ])
}

private func storedForecast(_ row: Row) throws -> FacilityForecast {
    guard let facility = FacilityID(row["facility"] as String), let mode = ForecastQuality(rawValue: row["mode"]),
        let standing = FacilityForecast.WeatherNote.Standing(rawValue: row["weather_standing"]),
        let steps = StepBytes.steps(in: row["steps"])
    else { throw unreadable("load_forecasts") }
    return FacilityForecast(
        facility: facility, origin: UTCInstant(milliseconds: row["origin"]),
        issuedAt: UTCInstant(milliseconds: row["last_updated"]), model: row["forecast_model_version"], mode: mode,
        quality: row["data_quality_score"],
        weather: FacilityForecast.WeatherNote(
            standing: standing, provider: row["weather_provider"],
            asOf: (row["weather_as_of"] as Int64?).map { UTCInstant(milliseconds: $0) }),
        remarks: try RecordJSON.value([String].self, from: row["remarks"], in: "load_forecasts"), steps: steps)
}

private func storedProfile(_ row: Row) throws -> LoadProfile {
    guard let facility = FacilityID(row["facility"] as String) else { throw unreadable("load_profiles") }
    return LoadProfile(
        facility: facility,
        kilowatts: try RecordJSON.value([Double].self, from: row["kilowatts"], in: "load_profiles"),
        bandShare: row["band_share"], until: UTCInstant(milliseconds: row["until"]),
        enteredAt: UTCInstant(milliseconds: row["entered_at"]), author: row["author"], reason: row["reason"])
}
