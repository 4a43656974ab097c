import EnergyModel
import GRDB
import Ports

extension EmbeddedRecordStore {
    /// Never cut: who looks for what must be given back has to see all of it.
    package func commands(of id: DREventID?) async throws(PortError) -> [BuildingCommand] {
        try await file.reader.read { database in
            let rows =
                if let id {
                    try Row.fetchAll(
                        database,
                        sql: "SELECT \(commandColumns) FROM bms_commands WHERE event = ? ORDER BY event, sequence",
                        arguments: [id.text])
                } else {
                    try Row.fetchAll(database, sql: openCommandsSQL)
                }
            return try rows.map(command)
        }
    }

    package func sheds(since moment: UTCInstant) async throws(PortError) -> [FacilityID: Set<DREventID>] {
        try await file.reader.read { database in
            var sheds: [FacilityID: Set<DREventID>] = [:]
            let rows = try Row.fetchCursor(database, sql: shedsSQL, arguments: [moment.milliseconds, mostShedEvents])
            while let row = try rows.next() {
                guard let facility = FacilityID(row[0] as String), let event = DREventID(row[1] as String) else {
                    throw unreadable("bms_commands")
                }
                sheds[facility, default: []].insert(event)
            }
            return sheds
        }
    }
}

/// Walks the index of windows from the newest back, and the primary key of commands under each.
package let shedsSQL = """
    SELECT DISTINCT facility, recent.id FROM (
        SELECT id FROM dr_events INDEXED BY dr_events_by_window WHERE window_start >= ? AND kind = 'dr'
        ORDER BY window_start DESC, id DESC LIMIT ?
    ) AS recent CROSS JOIN bms_commands ON event = recent.id
    WHERE confirmed_at IS NOT NULL
    """

/// Walks the index of unsettled events in order, and the primary key under each: no row of a settled event is read and
/// nothing is sorted but within an event, however long the history is.
package let openCommandsSQL = """
    SELECT \(commandColumns) FROM dr_events INDEXED BY dr_events_open CROSS JOIN bms_commands ON event = id
    WHERE is_settled = 0 ORDER BY id, sequence
    """

private let commandColumns = """
    event, sequence, facility, step, point, bms_commands.kind, value, slot, starts_at, ends_at, expires_at, minimum_hold,
    bms_commands.expected_kw, replaces, phase, due, attempts, generation, first_sent_at, confirmed_at, execution_id,
    is_ambiguous, release_round, release_attempts
    """

/// Brings the outbox up to date as the saga does it: a command that has a newer plan keeps its progress, and one that has
/// not begun waits for the new plan's start.
func fold(_ transition: DRTransition, _ database: Database) throws {
    switch transition.change {
    case .event, .leg: break
    case .plan(let plan):
        for leg in plan.legs { try store(leg, of: transition.event, database) }
    case .command(let facility, let sequence, let progress):
        try store(progress, of: transition.event, facility, sequence, database)
    }
}

private func store(_ leg: LegPlan, of event: DREventID, _ database: Database) throws {
    try database.cachedStatement(
        sql: "INSERT INTO dr_event_facilities (facility, event) VALUES (?, ?) ON CONFLICT DO NOTHING"
    ).execute(arguments: [leg.facility.text, event.text])
    let statement = try database.cachedStatement(
        sql: """
            INSERT INTO bms_commands (event, sequence, facility, step, point, kind, value, slot, starts_at, ends_at,
                expires_at, minimum_hold, expected_kw, replaces, phase, due, attempts, generation, is_ambiguous,
                release_round, release_attempts)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'planned', ?, 0, 0, 0, 0, 0)
            ON CONFLICT (event, sequence) DO UPDATE SET facility = excluded.facility, step = excluded.step,
                point = excluded.point, kind = excluded.kind, value = excluded.value, slot = excluded.slot,
                starts_at = excluded.starts_at, ends_at = excluded.ends_at, expires_at = excluded.expires_at,
                minimum_hold = excluded.minimum_hold, expected_kw = excluded.expected_kw,
                replaces = excluded.replaces,
                due = CASE phase WHEN 'planned' THEN excluded.due ELSE due END
            """)
    for plan in leg.commands {
        try statement.execute(arguments: [
            event.text, plan.sequence, leg.facility.text, plan.step, plan.point.text, plan.kind.rawValue, plan.value,
            plan.slot.rawValue, plan.startsAt.milliseconds, plan.endsAt.milliseconds, plan.expiresAt.milliseconds,
            plan.minimumHold.milliseconds, plan.expected.kilowatts, plan.replaces, plan.startsAt.milliseconds,
        ])
    }
}

private func store(
    _ progress: CommandProgress, of event: DREventID, _ facility: FacilityID, _ sequence: Int, _ database: Database
) throws {
    try database.cachedStatement(
        sql: """
            UPDATE bms_commands SET phase = ?, due = ?, attempts = ?, generation = ?, first_sent_at = ?,
                confirmed_at = ?, execution_id = ?, is_ambiguous = ?, release_round = ?, release_attempts = ?
            WHERE event = ? AND sequence = ? AND facility = ?
            """
    ).execute(arguments: [
        progress.phase.rawValue, progress.due?.milliseconds, progress.attempts, progress.generation,
        progress.firstSentAt?.milliseconds, progress.confirmedAt?.milliseconds, whole(progress.executionID),
        progress.isAmbiguous, progress.releaseRound, progress.releaseAttempts, event.text, sequence, facility.text,
    ])
    guard database.changesCount > 0 else {
        throw PortError(.invalid, "\(event) has no command \(sequence) at \(facility): store its plan first")
    }
}

private func command(_ row: Row) throws -> BuildingCommand {
    let (event, facility, point): (String, String, String) = (row[0], row[2], row[4])
    let (kind, phase): (String, String) = (row[5], row[14])
    guard let event = DREventID(event), let facility = FacilityID(facility), let point = PointID(point),
        let kind = PointKind(rawValue: kind), let slot = PrioritySlot(rawValue: row[7]),
        let phase = CommandProgress.Phase(rawValue: phase)
    else { throw unreadable("bms_commands") }
    let plan = CommandPlan(
        sequence: row[1], step: row[3], point: point, kind: kind, value: row[6], slot: slot,
        startsAt: UTCInstant(milliseconds: row[8]), endsAt: UTCInstant(milliseconds: row[9]),
        expiresAt: UTCInstant(milliseconds: row[10]), minimumHold: .milliseconds(row[11] as Int64),
        expected: Power(kilowatts: row[12]), replaces: row[13])
    let progress = CommandProgress(
        phase: phase, due: instant(row[15]), attempts: row[16], generation: row[17], firstSentAt: instant(row[18]),
        confirmedAt: instant(row[19]), executionID: row[20], isAmbiguous: row[21], releaseRound: row[22],
        releaseAttempts: row[23])
    return BuildingCommand(event: event, facility: facility, plan: plan, progress: progress)
}

private func instant(_ milliseconds: Int64?) -> UTCInstant? { milliseconds.map(UTCInstant.init(milliseconds:)) }
