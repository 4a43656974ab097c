import EnergyModel
import GRDB
import Ports

extension EmbeddedRecordStore {
    package func begin(_ redrive: Redrive) async throws(PortError) -> Redrive {
        let selection = try RecordJSON.text(redrive.selection, of: "the selection")
        let failures = try RecordJSON.text(redrive.failures, of: "the failures")
        return try await file.writer.write { database in
            try database.execute(
                sql: """
                    INSERT INTO redrives (id, selection, per_second, author, reason, begun_at, state, note, changed_at,
                        reached, total, replayed, failed, quarantined, passed_over, failures)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
                    """,
                arguments: [
                    whole(redrive.id), whole(selection), redrive.perSecond, whole(redrive.author),
                    whole(redrive.reason), redrive.begunAt.milliseconds, redrive.state.rawValue, whole(redrive.note),
                    redrive.changedAt.milliseconds, redrive.reached, redrive.total, redrive.replayed, redrive.failed,
                    redrive.quarantined, redrive.passedOver, whole(failures),
                ])
            return try find(redrive.id, database) ?? redrive
        }
    }

    package func redrive(_ id: String) async throws(PortError) -> Redrive? {
        try await file.reader.read { database in try find(id, database) }
    }

    package func redrives(in states: Set<Redrive.State>, limit: Int) async throws(PortError) -> [Redrive] {
        let names = states.map(\.rawValue).sorted()
        guard !names.isEmpty else { return [] }
        let sql = """
            SELECT * FROM redrives WHERE state IN (\(names.map { _ in "?" }.joined(separator: ", ")))
            ORDER BY number DESC LIMIT ?
            """
        var arguments = StatementArguments(names)
        arguments += [max(0, min(limit, Self.maximumRows))]
        return try await file.reader.read { [arguments] database in
            try Row.fetchAll(database, sql: sql, arguments: arguments).map(storedRedrive)
        }
    }

    package func settle(
        _ step: RedriveStep, of id: String, at now: UTCInstant
    ) async throws(PortError) -> Redrive? {
        try await file.writer.write { database in
            guard var redrive = try find(id, database) else { return nil }
            guard step.after == redrive.reached else { return redrive }
            let changed = Set(try settleLetters(step.results, database))
            guard redrive.take(step, changed: changed, at: now) else { return redrive }
            let failures = try RecordJSON.text(redrive.failures, of: "the failures")
            try database.execute(
                sql: """
                    UPDATE redrives SET changed_at = ?, reached = ?, total = ?, replayed = ?, failed = ?,
                        quarantined = ?, passed_over = ?, failures = ? WHERE id = ?
                    """,
                arguments: [
                    redrive.changedAt.milliseconds, redrive.reached, redrive.total, redrive.replayed, redrive.failed,
                    redrive.quarantined, redrive.passedOver, whole(failures), whole(id),
                ])
            return redrive
        }
    }

    package func change(
        redrive id: String, from old: Redrive.Standing, to new: Redrive.Standing, at now: UTCInstant
    ) async throws(PortError) -> Bool {
        try await file.writer.write { database in
            try database.execute(
                sql: """
                    UPDATE redrives SET state = ?, note = ?, changed_at = max(changed_at, ?)
                    WHERE id = ? AND state = ? AND note IS ?
                    """,
                arguments: [
                    new.state.rawValue, whole(new.note), now.milliseconds, whole(id), old.state.rawValue,
                    whole(old.note),
                ])
            return database.changesCount > 0
        }
    }
}

private func find(_ id: String, _ database: Database) throws -> Redrive? {
    try Row.fetchOne(database, sql: "SELECT * FROM redrives WHERE id = ?", arguments: [whole(id)]).map(storedRedrive)
}

private func storedRedrive(_ row: Row) throws -> Redrive {
    guard let state = Redrive.State(rawValue: row["state"]) else { throw unreadable("redrives") }
    var redrive = Redrive(
        id: row["id"],
        selection: try RecordJSON.value(LetterSelection.self, from: row["selection"], in: "redrives"),
        perSecond: row["per_second"], author: row["author"], reason: row["reason"],
        begunAt: UTCInstant(milliseconds: row["begun_at"]), total: row["total"])
    redrive.standing = Redrive.Standing(state, note: row["note"])
    redrive.changedAt = UTCInstant(milliseconds: row["changed_at"])
    redrive.reached = row["reached"]
    redrive.replayed = row["replayed"]
    redrive.failed = row["failed"]
    redrive.quarantined = row["quarantined"]
    redrive.passedOver = row["passed_over"]
    redrive.failures = try RecordJSON.value([String: Int].self, from: row["failures"], in: "redrives")
    return redrive
}
