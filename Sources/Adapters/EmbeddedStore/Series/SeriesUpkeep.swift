import GRDB
import Ports

/// How the store's own upkeep goes: what was set aside as unreadable, and why the last compaction failed.
struct SeriesUpkeep {
    /// Rows of `damaged_blocks`.
    private var damaged = 0
    private(set) var failedCompactions = 0
    /// Nil once a compaction succeeded again.
    private var failure: String?

    static func load(_ database: Database) throws -> SeriesUpkeep {
        var upkeep = SeriesUpkeep()
        upkeep.damaged = try Int.fetchOne(database, sql: "SELECT count(*) FROM damaged_blocks") ?? 0
        return upkeep
    }

    mutating func add(setAside count: Int) { damaged += count }
    mutating func succeed() { failure = nil }

    mutating func fail(_ error: PortError) {
        failedCompactions += 1
        failure = error.sentence
    }

    func fault(of file: String) -> String? {
        if let failure { return "readings are stored but cannot be compacted: \(failure)" }
        guard damaged > 0 else { return nil }
        return "\(damaged) blocks of readings in \(file) cannot be read and were set aside in damaged_blocks: "
            + "check the disk and restore the newest backup"
    }
}
