import ArgumentParser
import EmbeddedStore
import Foundation

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the data, online: an engine may run on it meanwhile (BAK-02).",
        discussion: """
            Each copy is checked before it takes its name. To restore, stop the engine and start one on the copy with \
            --data; the local queue is not part of it.

            Example: switchyard backup /var/backups/switchyard
            """)
    @Argument(help: "Directory of the copy; made when it is missing. Files of an earlier copy there are replaced.")
    var directory: String
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    private struct Report: Encodable {
        var directory: String
        var files: [String]
        var bytes: Int64
    }

    func run() async throws {
        let settings = try engine.settings()
        let target = URL(filePath: directory, directoryHint: .isDirectory).standardizedFileURL
        let source = try DataDirectory(settings: settings)
        guard target.path != source.url.standardizedFileURL.path else {
            throw CommandFailure(.usage, "\(directory) is the data directory itself; name another one for the copy")
        }
        try await Desk.with(settings) { desk in
            let outcome = try await desk.store.backup(to: target.path)
            let report = Report(directory: target.path, files: outcome.files, bytes: outcome.bytes)
            if output.json { return try Output.json(report) }
            Output.line("copied \(report.files.joined(separator: ", ")) to \(report.directory), \(report.bytes) bytes")
        }
    }
}
