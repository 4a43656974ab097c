import Dispatch
import EnergyModel
import Foundation
import GRDB
import Ports

/// Spans in `traces.sqlite`: a file of its own, so that writing them never waits for, and is never waited for by, what is
/// acknowledged. It commits with `synchronous=NORMAL`: a power cut may cost the newest spans, which nobody was promised.
package final class EmbeddedSpanStore: SpanRecords, Sendable {
    private let file: StoreFile

    private init(file: StoreFile) { self.file = file }

    /// Opens or creates the file and migrates it.
    package static func open(
        directory: String, options: EmbeddedStoreOptions = EmbeddedStoreOptions(),
        onTimeout: @escaping StoreTimeout = { _, _ in }
    ) async throws(PortError) -> EmbeddedSpanStore {
        var options = options
        if options.synchronous == .full { options.synchronous = .normal }
        let answer = Answer<EmbeddedSpanStore>()
        DispatchQueue(label: "switchyard.store.open").async { [options] in
            do throws(PortError) {
                let file = try StoreFile(directory: directory, schema: .traces, options: options, onTimeout: onTimeout)
                answer.give(.success(EmbeddedSpanStore(file: file)))
            } catch {
                answer.give(.failure(error))
            }
        }
        return try await answer.value()
    }

    package func append(_ spans: [TraceSpan]) async throws(PortError) {
        guard !spans.isEmpty else { return }
        try await file.writer.write { database in
            let insert = try database.cachedStatement(sql: insertSQL)
            let merge = try database.cachedStatement(sql: mergeSQL)
            let encoder = JSONEncoder()
            for span in spans {
                let attributes = String(decoding: try encoder.encode(span.attributes), as: UTF8.self)
                var error: String?
                if case .error(let sentence) = span.status { error = sentence }
                try insert.execute(arguments: [
                    "\(span.trace)", "\(span.id)", span.parent.map { "\($0)" }, whole(span.name),
                    span.component.rawValue, span.kind.rawValue, span.start.milliseconds, span.microseconds,
                    whole(error), whole(attributes),
                ])
                try merge.execute(arguments: [
                    "\(span.trace)", whole(span.name), span.component.rawValue, span.start.milliseconds,
                    span.start.milliseconds * 1_000 + span.microseconds, error == nil ? 0 : 1,
                ])
            }
        }
    }

    package func spans(of trace: TraceID) async throws(PortError) -> [TraceSpan] {
        try await file.reader.read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM spans WHERE trace = ? ORDER BY start, number LIMIT ?",
                arguments: ["\(trace)", TraceSpan.shownLimit]
            ).map { try span($0, JSONDecoder()) }
        }
    }

    package func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary] {
        var conditions = ["start >= ?", "start < ?"]
        if query.errorsOnly { conditions.append("errors > 0") }
        let order = query.slowestFirst ? "end_microseconds - start * 1000 DESC, trace" : "start DESC, trace"
        let sql = """
            SELECT *, (SELECT count(*) FROM spans WHERE spans.trace = traces.trace) AS spans FROM traces
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order) LIMIT ?
            """
        let arguments: StatementArguments = [
            query.range?.start.milliseconds ?? .min, query.range?.end.milliseconds ?? .max,
            min(max(1, query.limit), 500),
        ]
        return try await file.reader.read { database in
            try Row.fetchAll(database, sql: sql, arguments: arguments).map(summary)
        }
    }

    package func enforceRetention(
        before: UTCInstant, keeping most: Int, batch: Int
    ) async throws(PortError) -> Int {
        try await file.writer.write { database in
            let dropped = try Row.fetchAll(
                database,
                sql: """
                    SELECT number, trace FROM (SELECT number, trace FROM spans WHERE start < ? ORDER BY start LIMIT ?)
                    UNION
                    SELECT number, trace FROM (SELECT number, trace FROM spans
                        WHERE number <= (SELECT max(number) FROM spans) - ? ORDER BY number LIMIT ?)
                    LIMIT ?
                    """, arguments: [before.milliseconds, batch, most, batch, batch])
            let drop = try database.cachedStatement(sql: "DELETE FROM spans WHERE number = ?")
            for row in dropped { try drop.execute(arguments: [row["number"] as Int64]) }
            let forget = try database.cachedStatement(
                sql: "DELETE FROM traces WHERE trace = ? AND NOT EXISTS (SELECT 1 FROM spans WHERE trace = ?)")
            for trace in Set(dropped.map { $0["trace"] as String }) { try forget.execute(arguments: [trace, trace]) }
            _ = try FreeSpace(database: database).release(atMost: FreeSpace.pagesInStep)
            return dropped.count
        }
    }
}

private let insertSQL = """
    INSERT OR REPLACE INTO spans (trace, id, parent, name, component, kind, start, microseconds, error, attributes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """

/// A trace is called by its earliest span, whichever comes first to be stored; of two that began together by the one that
/// ended later, which is the outer one.
private let mergeSQL = """
    INSERT INTO traces (trace, name, component, start, end_microseconds, errors) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (trace) DO UPDATE SET
        name = iif(excluded.start < start OR (excluded.start = start AND excluded.end_microseconds >= end_microseconds),
            excluded.name, name),
        component = iif(excluded.start < start
            OR (excluded.start = start AND excluded.end_microseconds >= end_microseconds),
            excluded.component, component),
        start = min(start, excluded.start), end_microseconds = max(end_microseconds, excluded.end_microseconds),
        errors = errors + excluded.errors
    """

private func span(_ row: Row, _ decoder: JSONDecoder) throws -> TraceSpan {
    let attributes: String = row["attributes"]
    let parent: String? = row["parent"]
    let error: String? = row["error"]
    guard let (trace, component) = identity(row), let id = SpanID(row["id"] as String),
        let kind = TraceSpan.Kind(rawValue: row["kind"])
    else { throw unreadable("spans") }
    return TraceSpan(
        trace: trace, id: id, parent: parent.flatMap { SpanID($0) }, name: row["name"], component: component,
        kind: kind, start: UTCInstant(milliseconds: row["start"]), microseconds: row["microseconds"],
        status: error.map { .error(sentence: $0) } ?? .ok,
        attributes: try decoder.decode([TraceSpan.Attribute].self, from: Data(attributes.utf8)))
}

private func summary(_ row: Row) throws -> TraceSummary {
    guard let (trace, component) = identity(row) else { throw unreadable("traces") }
    let (start, end): (Int64, Int64) = (row["start"], row["end_microseconds"])
    return TraceSummary(
        trace: trace, name: row["name"], component: component, start: UTCInstant(milliseconds: start),
        microseconds: max(0, end - start * 1_000), spans: row["spans"], errors: row["errors"])
}

private func identity(_ row: Row) -> (TraceID, TraceSpan.Component)? {
    guard let trace = TraceID(row["trace"] as String), let component = TraceSpan.Component(rawValue: row["component"])
    else { return nil }
    return (trace, component)
}
