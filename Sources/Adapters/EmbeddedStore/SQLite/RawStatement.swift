import GRDB
import GRDBSQLite

/// A cached prepared statement driven through SQLite's C API: about 0.1 µs a bound value, no `Row`, no existentials.
/// Belongs to the connection's thread. Values bound by pointer must stay alive until `run` or the last `step`.
struct RawStatement {
    /// Keeps the statement alive beside GRDB's cache.
    private let owner: Statement
    private let pointer: OpaquePointer
    private let database: Database

    init(_ database: Database, _ sql: String) throws {
        owner = try database.cachedStatement(sql: sql)
        pointer = owner.sqliteStatement
        self.database = database
        sqlite3_reset(pointer)
        sqlite3_clear_bindings(pointer)
    }

    func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(pointer, index, value) }
    /// NaN becomes NULL.
    func bind(_ index: Int32, _ value: Double) { sqlite3_bind_double(pointer, index, value) }
    func bindNull(_ index: Int32) { sqlite3_bind_null(pointer, index) }

    func bind(_ index: Int32, _ value: String) {
        var value = value
        value.withUTF8 { bytes in
            // An empty string may have no address, which SQLite would take for NULL.
            guard !bytes.isEmpty else { return _ = sqlite3_bind_text(pointer, index, "", 0, transient) }
            bytes.withMemoryRebound(to: CChar.self) { characters in
                _ = sqlite3_bind_text(pointer, index, characters.baseAddress, Int32(bytes.count), transient)
            }
        }
    }

    /// Copies nothing: `bytes` must live until the statement ran. An empty buffer is an empty blob.
    func bind(_ index: Int32, borrowing bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(pointer, index, 0)
        } else {
            sqlite3_bind_blob(pointer, index, bytes.baseAddress, Int32(bytes.count), nil)
        }
    }

    /// Runs to the end, throwing what SQLite says, and makes ready for new values.
    func run() throws {
        while try step() {}
    }

    /// True while there is a row; resets the statement at the end and on errors.
    func step() throws -> Bool {
        let code = sqlite3_step(pointer)
        if code == SQLITE_ROW { return true }
        let message = code == SQLITE_DONE ? nil : database.lastErrorMessage
        sqlite3_reset(pointer)
        if let message { throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: owner.sql) }
        return false
    }

    /// Ends a read before its last row.
    func reset() { sqlite3_reset(pointer) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }
    /// NULL is NaN.
    func double(_ column: Int32) -> Double { isNull(column) ? .nan : sqlite3_column_double(pointer, column) }

    func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(pointer, column) else { return "" }
        let count = Int(sqlite3_column_bytes(pointer, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// The column's bytes, valid until the next step.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        guard let start = sqlite3_column_blob(pointer, column) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column)))
    }
}

/// SQLite copies the text before the call returns.
private var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
