import EnergyModel
import Foundation
import GRDB
import Ports

package struct BackupOutcome: Sendable, Hashable {
    package var files: [String]
    package var bytes: Int64
    package init(files: [String], bytes: Int64) {
        self.files = files
        self.bytes = bytes
    }
}

extension EmbeddedStore {
    /// Copies the three files into `directory`, online (ledger BAK-02): writes go on meanwhile. Each copy is checked before it
    /// takes its name, and an older copy of that name is replaced in one step.
    ///
    /// The order matters for a restore: the series before the log, so that the log goes on where the series ends; the records
    /// last, so that they know every meter number the log holds.
    package func backup(to directory: String, within limit: Duration = .seconds(600)) async throws(PortError)
        -> BackupOutcome
    {
        var outcome = BackupOutcome(files: [], bytes: 0)
        for file in [series.file, log.file, records.file] {
            let bytes = try await file.reader.perform(within: limit) { [name = file.name] source in
                try copy(source, name: name, to: directory)
            }
            outcome.files.append(file.name)
            outcome.bytes += bytes
        }
        return outcome
    }
}

/// Blocks; returns the copy's size.
private func copy(_ source: Database, name: String, to directory: String) throws -> Int64 {
    let files = FileManager.default
    try files.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let (partial, final) = ("\(directory)/\(name).partial", "\(directory)/\(name)")
    if files.fileExists(atPath: partial) { try files.removeItem(atPath: partial) }
    let target = try DatabaseQueue(path: partial)
    try target.inDatabase { target in
        try source.backup(to: target)
        let lines = try String.fetchAll(target, sql: "PRAGMA integrity_check(5)")
        guard lines == ["ok"] else {
            throw PortError(
                .corrupt, "the backup of \(name) is damaged (\(lines.joined(separator: "; "))): check the disk")
        }
    }
    try target.close()
    try synchronise(partial)
    guard rename(partial, final) == 0 else {
        throw PortError(.unavailable, "cannot name the backup \(final): check owner and mode of the directory")
    }
    try synchronise(directory)
    return try files.attributesOfItem(atPath: final)[.size] as? Int64 ?? 0
}

/// fsync of a file or directory by path.
private func synchronise(_ path: String) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw PortError(.unavailable, "cannot open \(path) to make it durable") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw PortError(.unavailable, "cannot make \(path) durable: check the disk") }
}
