import EnergyModel
import Foundation
import Ports

/// The directory that holds one engine's files. One engine at a time, held by a lock that dies with the process.
struct DataDirectory: Sendable {
    let url: URL

    init(settings: Settings) throws {
        let configured = settings.optionalText("data.directory").map { URL(filePath: $0, directoryHint: .isDirectory) }
        url = configured ?? Places(environment: ProcessInfo.processInfo.environment).stateDirectory
    }

    var path: String { url.path(percentEncoded: false) }
    var exists: Bool { FileManager.default.fileExists(atPath: path) }
    func file(_ name: String) -> URL { url.appending(path: name) }

    func create() throws {
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure(.failed, "\(path) cannot be made: \(error.localizedDescription)")
        }
    }

    /// Where the local queue lies.
    func spoolPath(_ settings: Settings) -> String {
        settings.optionalText("ingest.spool_directory") ?? file("spool").path(percentEncoded: false)
    }

    /// Takes the directory for this process. The lock ends with the returned value, or with the process however it ends.
    /// A command that only looks whether an engine runs holds the lock for a moment, so it is tried for a second.
    func lock() async throws -> DirectoryLock {
        for attempt in 0..<20 {
            if attempt > 0 { try await ContinuousClock().sleep(for: .milliseconds(50)) }
            if let lock = try DirectoryLock.taken(lockPath) { return lock }
        }
        let holder = (try heartbeat()).map { " (process \($0.process))" } ?? ""
        throw CommandFailure(
            .failed, "another engine\(holder) runs on \(path); stop it, or give this one its own with --data DIR")
    }

    private var lockPath: String { file("engine.lock").path(percentEncoded: false) }

    /// True while some process holds the lock. Throws when the lock file cannot be opened.
    func isEngineRunning() throws -> Bool { exists ? try DirectoryLock.taken(lockPath) == nil : false }

    /// What the engine said of itself last; nil when it never did.
    func heartbeat() throws -> Heartbeat? {
        let file = file(Heartbeat.fileName)
        guard FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else { return nil }
        do {
            return try JSONDecoder().decode(Heartbeat.self, from: Data(contentsOf: file))
        } catch let error as DecodingError {
            let cause = "\(error)".split(separator: "\n").first ?? ""
            throw CommandFailure(
                .failed,
                "\(file.path(percentEncoded: false)) is of another version; start that engine anew with this one (\(cause))"
            )
        }
    }
}

/// An exclusive `flock`. The descriptor is closed, and the lock gone, with the last reference.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Nil when another process holds it; throws when the file cannot be opened.
    static func taken(_ path: String) throws -> DirectoryLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.failed, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return DirectoryLock(descriptor: descriptor)
    }

    deinit { close(descriptor) }
}

/// A small file the running engine rewrites every two seconds, so that `switchyard status` in another process can tell how
/// it is without asking it.
struct Heartbeat: Codable, Sendable {
    static let fileName = "engine-status.json"

    var at: UTCInstant
    var process: Int32
    var version: String
    var startedAt: UTCInstant
    var http: String?
    var facilities: Int
    var meters: Int
    var freshMeters: Int
    var lag: Int64
    var pendingDeadLetters: Int
    var dependencies: [DependencyStatus]
    var breakers: [BreakerStatus]
    var queues: [QueueStatus]
    var feeds: [FeedStatus]
    var rates: [RateStatus]
    var counters: [CounterStatus]
    var residentBytes: Int64

    init(_ snapshot: OperatorSnapshot, http: String?) {
        at = snapshot.at
        process = ProcessInfo.processInfo.processIdentifier
        version = snapshot.health.version
        startedAt = snapshot.health.startedAt
        self.http = http
        facilities = snapshot.facilities.count
        meters = snapshot.facilities.reduce(0) { $0 + $1.meters }
        freshMeters = snapshot.facilities.reduce(0) { $0 + $1.freshMeters }
        lag = snapshot.health.lag
        pendingDeadLetters = snapshot.pendingDeadLetters
        dependencies = snapshot.health.dependencies
        breakers = snapshot.health.breakers
        queues = snapshot.health.queues
        feeds = snapshot.health.feeds
        rates = snapshot.health.rates.map { RateStatus(name: $0.name, perSecond: $0.perSecond, history: []) }
        counters = snapshot.health.counters
        residentBytes = snapshot.health.residentBytes
    }

    /// Replaces the file in one step, so that a reader never sees half of one.
    func write(to directory: DataDirectory) throws {
        try JSONEncoder().encode(self).write(to: directory.file(Heartbeat.fileName), options: .atomic)
    }
}
