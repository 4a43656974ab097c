import Dispatch
import EnergyModel
import Foundation
import GRDB
import Ports

/// How the embedded store behaves. The defaults are the ledger's.
package struct EmbeddedStoreOptions: Sendable {
    /// `full`: a commit is on the disk before it is acknowledged. The others exist for the power-cut self-test, which must
    /// find losses with them.
    package enum Synchronous: String, Sendable { case full = "FULL", normal = "NORMAL", off = "OFF" }

    /// Partitions of topics created from now on; existing topics keep theirs (ledger LOG-03).
    package var partitions = 30
    /// Every call ends within this, with `.timedOut` if need be.
    package var deadline: Duration = .seconds(5)
    /// How often an idle consumer looks for records another process appended.
    package var pollInterval: Duration = .milliseconds(250)
    package var synchronous = Synchronous.full
    package init() {}
}

/// The three files of one machine's data directory: `log.sqlite`, `series.sqlite`, `records.sqlite`.
///
/// All three commit with `synchronous=FULL`. The series could do with NORMAL, since it can be rebuilt from the log, but then
/// its newest commits might vanish in a power cut after the log's offsets moved past them; with FULL "store first,
/// acknowledge after" holds through power cuts by itself. It costs one fsync a write, and one write holds thousands of
/// readings.
package struct EmbeddedStore: Sendable {
    package let log: EmbeddedEventLog
    package let series: EmbeddedSeriesStore
    package let records: EmbeddedRecordStore
    let files: [StoreFile]

    /// Opens or creates the files, checks and migrates them. Throws `.corrupt` for a damaged file, `.invalid` for one of a
    /// newer build. `now` is the wall clock, for the moment a record was appended.
    package static func open(
        directory: String, options: EmbeddedStoreOptions = EmbeddedStoreOptions(),
        now: @escaping @Sendable () -> UTCInstant, onTimeout: @escaping StoreTimeout = { _, _ in }
    ) async throws(PortError) -> EmbeddedStore {
        let answer = Answer<EmbeddedStore>()
        DispatchQueue(label: "switchyard.store.open").async {
            do throws(PortError) {
                answer.give(
                    .success(try EmbeddedStore(directory: directory, options: options, now: now, onTimeout: onTimeout)))
            } catch {
                answer.give(.failure(error))
            }
        }
        return try await answer.value()
    }

    private init(
        directory: String, options: EmbeddedStoreOptions, now: @escaping @Sendable () -> UTCInstant,
        onTimeout: @escaping StoreTimeout
    ) throws(PortError) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw PortError(.unavailable, "cannot create \(directory): check the path and its owner", cause: error)
        }
        let log = try StoreFile(directory: directory, schema: .log, options: options, onTimeout: onTimeout)
        let series = try StoreFile(directory: directory, schema: .series, options: options, onTimeout: onTimeout)
        let records = try StoreFile(directory: directory, schema: .records, options: options, onTimeout: onTimeout)
        self.log = EmbeddedEventLog(file: log, options: options, now: now)
        self.series = try EmbeddedSeriesStore(file: series)
        self.records = EmbeddedRecordStore(file: records)
        files = [log, series, records]
    }

    /// Full integrity check of all three files: reads everything, takes minutes on a large store. What was set aside as
    /// unreadable before is told as well. Empty when all is well.
    package func integrityFaults(within limit: Duration = .seconds(600)) async throws(PortError) -> [String] {
        var faults: [String] = []
        for file in files {
            if let fault = try await file.integrityFault(within: limit) { faults.append("\(file.name): \(fault)") }
        }
        if let fault = series.maintenanceFault { faults.append(fault) }
        return faults
    }

    /// Caps a file's size in pages (of 4096 bytes), so that a test or an operator can see what a full disk does.
    package func limitPages(of name: String, to pages: Int) async throws(PortError) {
        for file in files where file.name == name {
            try await file.writer.perform { database in
                _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages)")
            }
        }
    }
}
