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
                    INSERT INTO participation_reports
                        (event, facility, version, at, body, previous_hash, hash, signature)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event, facility, version) DO NOTHING
                    """,
                arguments: [
                    report.event.text, report.facility.text, report.version, report.at.milliseconds,
                    whole(report.body), whole(report.previousHash), whole(report.hash), whole(report.signature),
                ])
            guard database.changesCount > 0 else {
                throw PortError(
                    .invalid,
                    "report \(report.version) of \(report.event) and \(report.facility) is stored; make the next version"
                )
            }
            guard let delivery = report.delivery else { return }
            try database.execute(
                sql: "INSERT INTO report_deliveries (report, state, at, note) VALUES (?, ?, ?, ?)",
                arguments: [
                    database.lastInsertedRowID, delivery.state.rawValue, delivery.at.milliseconds, whole(delivery.note),
                ])
        }
    }

    package func owedReports(limit: Int) async throws(PortError) -> [ParticipationRecord] {
        try await file.reader.read { database in
            try Row.fetchAll(
                database, sql: "\(reportRows) WHERE d.state = 'owed' ORDER BY r.number LIMIT ?",
                arguments: [max(0, limit)]
            ).map(report)
        }
    }

    package func mark(_ delivery: ReportDelivery, ofReport number: Int64) async throws(PortError) {
        try await file.writer.write { database in
            try database.execute(
                sql: "UPDATE report_deliveries SET state = ?, at = ?, note = ? WHERE report = ? AND state = 'owed'",
                arguments: [delivery.state.rawValue, delivery.at.milliseconds, whole(delivery.note), number])
        }
    }

    package func newestReportHash() async throws(PortError) -> String? {
        try await file.reader.read(newestHash)
    }

    package func reports(
        of event: DREventID?, after number: Int64, limit: Int
    ) async throws(PortError) -> [ParticipationRecord] {
        let condition = event == nil ? "1" : "r.event = ?"
        var arguments: StatementArguments = event.map { [$0.text] } ?? []
        arguments += [number, max(0, limit)]
        let all = arguments
        return try await file.reader.read { database in
            try Row.fetchAll(
                database,
                sql: "\(reportRows) WHERE \(condition) AND r.number > ? ORDER BY r.number LIMIT ?", arguments: all
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

private let reportRows = """
    SELECT r.number, r.event, r.facility, r.version, r.at, r.body, r.previous_hash, r.hash, r.signature, d.state, d.at,
        d.note
    FROM participation_reports r LEFT JOIN report_deliveries d ON d.report = r.number
    """

private func newestHash(_ database: Database) throws -> String? {
    try Row.fetchOne(database, sql: "SELECT hash FROM participation_reports ORDER BY number DESC LIMIT 1")?[0]
}

private func report(_ row: Row) throws -> ParticipationRecord {
    guard let event = DREventID(row[1] as String), let facility = FacilityID(row[2] as String) else {
        throw unreadable("participation_reports")
    }
    var delivery: ReportDelivery?
    if let text = row[9] as String? {
        guard let state = ReportDelivery.State(rawValue: text) else { throw unreadable("report_deliveries") }
        delivery = ReportDelivery(state, at: UTCInstant(milliseconds: row[10]), note: row[11])
    }
    return ParticipationRecord(
        number: row[0], event: event, facility: facility, version: row[3], at: UTCInstant(milliseconds: row[4]),
        body: row[5], previousHash: row[6], hash: row[7], signature: row[8], delivery: delivery)
}
