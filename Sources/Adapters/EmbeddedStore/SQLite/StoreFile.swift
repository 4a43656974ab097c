import GRDB
import Ports

/// One SQLite file: a connection that writes and one that reads (ledger REL-04: two connections a file, opened once, kept
/// for the process's life; WAL lets the reader go on while the writer commits).
struct StoreFile: Sendable {
    let name: String
    let path: String
    let writer: StoreConnection
    let reader: StoreConnection

    /// Opens or creates the file, checks that it can be read, and migrates it. Blocks.
    init(
        directory: String, schema: Schema, options: EmbeddedStoreOptions,
        onTimeout: @escaping StoreTimeout = { _, _ in }
    ) throws(PortError) {
        name = schema.file
        path = directory + "/" + schema.file
        writer = try StoreConnection(
            path: path, name: schema.file, role: .writer, options: options, onTimeout: onTimeout)
        do {
            try writer.queue.writeWithoutTransaction { database in try schema.migrate(database) }
        } catch {
            throw storeError(error, file: schema.file)
        }
        reader = try StoreConnection(
            path: path, name: schema.file, role: .reader, options: options, onTimeout: onTimeout)
    }

    /// Pages in use, in bytes, the write-ahead log not counted.
    func usedBytes() async throws(PortError) -> Int64 {
        try await reader.read { database in
            let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
            return (pages - free) * size
        }
    }

    /// Reads the whole file and compares every index with its table; nil when all is well, else what is wrong.
    func integrityFault(within limit: Duration) async throws(PortError) -> String? {
        try await reader.perform(within: limit) { database in
            let lines = try String.fetchAll(database, sql: "PRAGMA integrity_check(5)")
            return lines == ["ok"] ? nil : lines.joined(separator: "; ")
        }
    }
}
