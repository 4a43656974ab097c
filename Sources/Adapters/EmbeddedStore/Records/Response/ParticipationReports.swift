import EnergyModel
import GRDB
import Ports

extension EmbeddedRecordStore {
    package func append(_ report: ParticipationRecord) async throws(PortError) {
        try await file.writer.write { database in
            guard try newestHash(database) == report.previousHash else {
                throw PortError(.superseded, "another report was stored since; read the newest hash and chain to it")
            }
            try database.execute(
                sql: """
                    INSERT INTO participation_reports (event, facility, version, at, body, previous_hash, hash)
                    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event, facility, version) DO NOTHING
                    """,
                arguments: [
                    report.event.text, report.facility.text, report.version, report.at.milliseconds,
                    whole(report.body), whole(report.previousHash), whole(report.hash),
                ])
            guard database.changesCount > 0 else {
                throw PortError(
                    .invalid,
                    "report \(report.version) of \(report.event) and \(report.facility) is stored; make the next version"
                )
            }
        }
    }

    package func newestReportHash() async throws(PortError) -> String? {
        try await file.reader.read(newestHash)
    }

    package func reports(
        of event: DREventID?, after number: Int64, limit: Int
    ) async throws(PortError) -> [ParticipationRecord] {
        let condition = event == nil ? "1" : "event = ?"
        var arguments: StatementArguments = event.map { [$0.text] } ?? []
        arguments += [number, max(0, limit)]
        let all = arguments
        return try await file.reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, event, facility, version, at, body, previous_hash, hash FROM participation_reports
                    WHERE \(condition) AND number > ? ORDER BY number LIMIT ?
                    """, arguments: all
            ).map(report)
        }
    }

    package func put(
        _ points: [BuildingPoint], of facility: FacilityID, readAt: UTCInstant
    ) async throws(PortError) {
        let text = try RecordJSON.text(points, of: "the points of \(facility)")
        try await file.writer.write { database in
            try database.execute(
                sql: """
                    INSERT INTO building_points (facility, read_at, points) VALUES (?, ?, ?)
                    ON CONFLICT (facility) DO UPDATE SET read_at = excluded.read_at, points = excluded.points
                    """, arguments: [facility.text, readAt.milliseconds, whole(text)])
        }
    }

    package func points(of facility: FacilityID) async throws(PortError) -> BuildingPoints? {
        try await file.reader.read { database in
            try Row.fetchOne(
                database, sql: "SELECT read_at, points FROM building_points WHERE facility = ?",
                arguments: [facility.text]
            ).map { row in
                BuildingPoints(
                    points: try RecordJSON.value([BuildingPoint].self, from: row[1], in: "building_points"),
                    readAt: UTCInstant(milliseconds: row[0]))
            }
        }
    }
}

private func newestHash(_ database: Database) throws -> String? {
    try Row.fetchOne(database, sql: "SELECT hash FROM participation_reports ORDER BY number DESC LIMIT 1")?[0]
}

private func report(_ row: Row) throws -> ParticipationRecord {
    guard let event = DREventID(row[1] as String), let facility = FacilityID(row[2] as String) else {
        throw unreadable("participation_reports")
    }
    return ParticipationRecord(
        number: row[0], event: event, facility: facility, version: row[3], at: UTCInstant(milliseconds: row[4]),
        body: row[5], previousHash: row[6], hash: row[7])
}
