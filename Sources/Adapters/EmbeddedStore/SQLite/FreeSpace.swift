import GRDB

/// Gives free pages back to the file system, inside a transaction: the file shrinks at the next checkpoint. Does nothing in
/// files made before `auto_vacuum` was set.
struct FreeSpace {
    /// Pages that one step releases: 4 MB, some 20 ms.
    static let pagesInStep = 1024
    /// Steps a caller takes at most with nothing else to do: 256 MB.
    static let stepsInCall = 64
    /// Pages left free, since the next writes take them: 1 MB.
    static let pagesKept = 256

    let database: Database

    /// Returns how many pages went.
    func release(atMost limit: Int) throws -> Int {
        guard try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") == 2 else { return 0 }
        let free = try freePages()
        let count = min(limit, free - Self.pagesKept)
        guard count > 0 else { return 0 }
        try database.execute(sql: "PRAGMA incremental_vacuum(\(count))")
        return free - (try freePages())
    }

    private func freePages() throws -> Int { try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0 }
}
