import GRDB
import GRDBSQLite
import Glibc
import Ports
import Synchronization

/// Told of each call that ran into its deadline: the file, and the limit (ledger RES-03).
package typealias StoreTimeout = @Sendable (_ file: String, _ limit: Duration) -> Void

/// One SQLite connection on a serial queue of its own, off the cooperative pool. Calls run one after another; each has a
/// deadline that also bounds the time in the queue, waiting for a lock another process holds, and long statements.
final class StoreConnection: Sendable {
    /// Calls that may wait; the next one is refused with `.unavailable`.
    static let maximumWaiting = 256

    let name: String
    let queue: DatabaseQueue
    let deadline: Duration
    private let watch: CallWatch
    private let waiting = Mutex(0)
    private let onTimeout: StoreTimeout

    /// Blocks; call it on a thread that may. `name` is the file's, for sentences.
    init(
        path: String, name: String, role: Role, options: EmbeddedStoreOptions,
        onTimeout: @escaping StoreTimeout = { _, _ in }
    ) throws(PortError) {
        let watch = CallWatch()
        self.watch = watch
        self.name = name
        deadline = options.deadline
        self.onTimeout = onTimeout
        do {
            queue = try DatabaseQueue(path: path, configuration: Self.configuration(role, watch, options))
        } catch {
            throw storeError(error, file: name)
        }
    }

    enum Role: String {
        case writer, reader
    }

    private static func configuration(
        _ role: Role, _ watch: CallWatch, _ options: EmbeddedStoreOptions
    ) -> Configuration {
        var configuration = Configuration()
        configuration.label = "switchyard.store.\(role)"
        configuration.readonly = role == .reader
        configuration.busyMode = .callback { tries in watch.mayWait(tries: tries) }
        configuration.prepareDatabase { database in
            if role == .writer {
                // Takes effect only while the file is empty: before WAL mode writes its first page.
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
                // Not GRDB's WAL mode: it sets synchronous to NORMAL, which loses commits in a power cut (T10).
                let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
                guard mode == "wal" else {
                    throw PortError(
                        .unavailable, "the file system under the data directory has no shared memory for WAL")
                }
                try database.execute(
                    sql: """
                        PRAGMA synchronous = \(options.synchronous.rawValue);
                        PRAGMA wal_autocheckpoint = 4000;
                        PRAGMA journal_size_limit = 67108864;
                        """)
            }
            try database.execute(sql: "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;")
            // The handler keeps an unretained pointer: `watch` lives as long as the configuration's busy callback.
            sqlite3_progress_handler(
                database.sqliteConnection, 20_000,
                { context in
                    guard let context else { return 0 }
                    return Unmanaged<CallWatch>.fromOpaque(context).takeUnretainedValue().isAbandoned ? 1 : 0
                }, Unmanaged.passUnretained(watch).toOpaque())
        }
        return configuration
    }

    /// Runs `body` on the connection. Not in a transaction. Errors come back as `PortError`s about this file.
    func perform<Value: Sendable>(
        within limit: Duration? = nil, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(PortError) -> Value {
        let answer = Answer<Value>()
        try enqueue { [name, watch] database in
            guard !answer.isGiven else { return }
            watch.follow { answer.isGiven }
            defer { watch.follow(nil) }
            do {
                answer.give(.success(try body(database)))
            } catch {
                answer.give(.failure(storeError(error, file: name)))
            }
        }
        Deadline.arm(answer, after: limit ?? deadline, with: .failure(timedOut(limit ?? deadline)))
        do throws(PortError) {
            return try await answer.value()
        } catch {
            if error.code == .timedOut { onTimeout(name, limit ?? deadline) }
            throw error
        }
    }

    /// Runs `body` in one read transaction: everything it reads is of one moment.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(PortError) -> Value {
        try await perform { database in try database.transaction("BEGIN DEFERRED") { try body(database) } }
    }

    /// Runs `body` in one write transaction; returns when it is committed.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(PortError) -> Value {
        try await perform { database in try database.transaction("BEGIN IMMEDIATE") { try body(database) } }
    }

    /// Puts work on the connection's queue without waiting for it. `follow` bounds its waits.
    func enqueue(_ work: @escaping @Sendable (Database) -> Void) throws(PortError) {
        let hasRoom = waiting.withLock { waiting in
            guard waiting < Self.maximumWaiting else { return false }
            waiting += 1
            return true
        }
        guard hasRoom else {
            throw PortError(.unavailable, "\(name) has \(Self.maximumWaiting) calls waiting; try again later")
        }
        // Holds the connection: it must not close while work waits for it.
        queue.asyncWriteWithoutTransaction { database in
            defer { self.waiting.withLock { $0 -= 1 } }
            work(database)
        }
    }

    func follow(_ isAbandoned: (@Sendable () -> Bool)?) { watch.follow(isAbandoned) }

    func timedOut(_ limit: Duration) -> PortError {
        PortError(
            .timedOut, "\(name) did not answer within \(limit); see whether another process holds it or the disk stalls"
        )
    }
}

/// Through cached statements: GRDB's own transactions compile their SQL anew each time, a tenth of a small one's cost.
extension Database {
    fileprivate func transaction<Value>(_ begin: String, _ body: () throws -> Value) throws -> Value {
        try self.begin(begin)
        do {
            let value = try body()
            try commitOpen()
            return value
        } catch {
            try rollbackOpen()
            throw error
        }
    }

    /// `BEGIN IMMEDIATE` takes the write lock at once.
    func begin(_ sql: String) throws { try RawStatement(self, sql).run() }

    func commitOpen() throws { try RawStatement(self, "COMMIT").run() }

    /// Some errors have ended the transaction already.
    func rollbackOpen() throws {
        if isInsideTransaction { try RawStatement(self, "ROLLBACK").run() }
    }
}

/// What the running call's handlers ask: may it go on?
final class CallWatch: Sendable {
    private let current = Mutex<(@Sendable () -> Bool)?>(nil)

    func follow(_ isAbandoned: (@Sendable () -> Bool)?) { current.withLock { $0 = isAbandoned } }

    var isAbandoned: Bool { current.withLock { $0 }?() ?? false }

    /// Called by SQLite, on the connection's thread, while another connection holds the lock it needs. Without a call to
    /// follow (opening, checkpoints) it gives up after about 5 s.
    func mayWait(tries: Int) -> Bool {
        guard let isAbandoned = current.withLock({ $0 }) else {
            usleep(2_000)
            return tries < 2_500
        }
        if isAbandoned() { return false }
        usleep(tries < 10 ? 500 : 5_000)
        return true
    }
}
