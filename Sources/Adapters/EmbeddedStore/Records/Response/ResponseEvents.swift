import EnergyModel
import Foundation
import GRDB
import Ports

extension EmbeddedRecordStore: ResponseRecords {
    package func put(_ event: DemandResponseEvent, document: EventDocument?) async throws(PortError) -> Bool {
        try checkFinite(event)
        return try await share(bytes: 1024 + (document?.body.count ?? 0)) { database in
            let isKnown = try Bool.fetchOne(
                database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM dr_events WHERE id = ?)"),
                arguments: [event.id.text])
            try save(event, database)
            if let document {
                try database.execute(
                    sql: """
                        INSERT INTO dr_event_documents (event, received_at, body) VALUES (?, ?, ?)
                        ON CONFLICT (event) DO UPDATE SET received_at = excluded.received_at, body = excluded.body
                        """, arguments: [event.id.text, document.receivedAt.milliseconds, Data(document.body)])
            }
            return isKnown == false
        }
    }

    package func event(_ id: DREventID) async throws(PortError) -> DemandResponseEvent? {
        try await file.reader.read { database in
            try Row.fetchOne(
                database, sql: "SELECT \(eventColumns) FROM dr_events WHERE id = ?", arguments: [id.text]
            ).map(storedEvent)
        }
    }

    package func event(utilityRequest id: String) async throws(PortError) -> DemandResponseEvent? {
        try await file.reader.read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT \(eventColumns) FROM dr_events WHERE utility_request_id = ?
                    ORDER BY received_at DESC, id DESC LIMIT 1
                    """, arguments: [whole(id)]
            ).map(storedEvent)
        }
    }

    package func document(of id: DREventID) async throws(PortError) -> EventDocument? {
        try await file.reader.read { database in
            try Row.fetchOne(
                database, sql: "SELECT received_at, body FROM dr_event_documents WHERE event = ?",
                arguments: [id.text]
            ).map { row in
                let body: Data = row[1]
                return EventDocument(body: [UInt8](body), receivedAt: UTCInstant(milliseconds: row[0]))
            }
        }
    }

    package func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] {
        var conditions = ["1"]
        var values: [(any DatabaseValueConvertible)?] = []
        if query.scope == .open { conditions.append("is_settled = 0") }
        // Open events are few; by window all those of seven years would be looked through for them.
        let index = query.scope == .open ? "INDEXED BY dr_events_open" : ""
        if let kind = query.kind {
            conditions.append("kind = ?")
            values.append(kind.rawValue)
        }
        if let facility = query.facility {
            conditions.append("id IN (SELECT event FROM dr_event_facilities WHERE facility = ?)")
            values.append(facility.text)
        }
        if let among = query.among {
            conditions.append(
                "id IN (SELECT event FROM dr_event_facilities WHERE facility IN (SELECT value FROM json_each(?)))")
            values.append(jsonList(among))
        }
        if let moment = query.startsBefore {
            conditions.append("window_start < ?")
            values.append(moment.milliseconds)
        }
        values.append(max(0, query.limit))
        let sql = """
            SELECT \(eventColumns) FROM dr_events \(index) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY window_start DESC, id DESC LIMIT ?
            """
        let arguments = StatementArguments(values)
        return try await file.reader.read { database in
            try Row.fetchAll(database, sql: sql, arguments: arguments).map(storedEvent)
        }
    }
}

/// SQLite takes NaN for NULL: the figure would be gone without a word.
func checkFinite(_ event: DemandResponseEvent) throws(PortError) {
    guard [event.target, event.expected, event.achieved].allSatisfy({ $0?.kilowatts.isFinite ?? true }) else {
        throw PortError(.invalid, "event \(event.id) cannot be stored: make target, expected and achieved finite")
    }
}

private let eventColumns = """
    id, kind, utility_request_id, program, name, priority, source, window_start, window_end, status, ordinal, is_settled,
    awaits_approval, received_at, modified_at, target_kw, expected_kw, achieved_reduction_kw, forecast_quality, trace_id
    """

/// Adds the event or replaces its summary, but for the count of transitions, which is the store's own.
func save(_ event: DemandResponseEvent, _ database: Database) throws {
    let statement = try database.cachedStatement(
        sql: """
            INSERT INTO dr_events (\(eventColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, utility_request_id = excluded.utility_request_id,
                program = excluded.program, name = excluded.name, priority = excluded.priority,
                source = excluded.source, window_start = excluded.window_start, window_end = excluded.window_end,
                status = excluded.status, is_settled = excluded.is_settled,
                awaits_approval = excluded.awaits_approval, received_at = excluded.received_at,
                modified_at = excluded.modified_at, target_kw = excluded.target_kw,
                expected_kw = excluded.expected_kw, achieved_reduction_kw = excluded.achieved_reduction_kw,
                forecast_quality = excluded.forecast_quality, trace_id = excluded.trace_id
            """)
    try statement.execute(arguments: [
        event.id.text, event.kind.rawValue, whole(event.utilityRequestID), whole(event.program), whole(event.name),
        event.priority, whole(event.source), event.window.start.milliseconds, event.window.end.milliseconds,
        event.status.rawValue, event.isSettled, event.awaitsApproval, event.receivedAt.milliseconds,
        event.modifiedAt.milliseconds, event.target?.kilowatts, event.expected?.kilowatts,
        event.achieved?.kilowatts, event.forecastQuality?.rawValue, whole(event.traceID),
    ])
}

private func storedEvent(_ row: Row) throws -> DemandResponseEvent {
    let (id, kind, status): (String, String, String) = (row[0], row[1], row[9])
    let qualityText: String? = row[18]
    let quality = qualityText.flatMap(ForecastQuality.init)
    guard let id = DREventID(id), let kind = DemandResponseEvent.Kind(rawValue: kind),
        let status = DREventStatus(rawValue: status), (quality == nil) == (qualityText == nil)
    else { throw unreadable("dr_events") }
    let (target, expected, achieved): (Double?, Double?, Double?) = (row[15], row[16], row[17])
    return DemandResponseEvent(
        id: id, kind: kind, utilityRequestID: row[2], program: row[3], name: row[4], priority: row[5], source: row[6],
        window: TimeRange(start: UTCInstant(milliseconds: row[7]), end: UTCInstant(milliseconds: row[8])),
        status: status, ordinal: row[10], isSettled: row[11], awaitsApproval: row[12],
        receivedAt: UTCInstant(milliseconds: row[13]), modifiedAt: UTCInstant(milliseconds: row[14]),
        target: target.map(Power.init(kilowatts:)), expected: expected.map(Power.init(kilowatts:)),
        achieved: achieved.map(Power.init(kilowatts:)), forecastQuality: quality,
        traceID: row[19])
}
