import EnergyModel
import Foundation
import Logging
import Synchronization

/// How log files are turned over and for how long they are kept.
struct LogKeeping: Sendable {
    var rotateBytes: UInt64
    var rotateAge: Duration
    var keepBytes: UInt64
    var debugAge: Duration
    var infoAge: Duration
    var errorAge: Duration

    init(_ settings: Settings) {
        rotateBytes = UInt64(settings.size("log.rotate_size"))
        rotateAge = settings.span("log.rotate_age")
        keepBytes = UInt64(settings.size("log.keep_bytes"))
        debugAge = settings.span("log.debug_age")
        infoAge = settings.span("log.info_age")
        errorAge = settings.span("log.error_age")
    }

    init(
        rotateBytes: UInt64, rotateAge: Duration, keepBytes: UInt64, debugAge: Duration, infoAge: Duration,
        errorAge: Duration
    ) {
        (self.rotateBytes, self.rotateAge, self.keepBytes) = (rotateBytes, rotateAge, keepBytes)
        (self.debugAge, self.infoAge, self.errorAge) = (debugAge, infoAge, errorAge)
    }
}

/// Where log lines go: `switchyard.log` with everything from info on, `switchyard-debug.log` with what is finer, and
/// `switchyard-error.log` with the errors once more, because each class is kept for a time of its own (ledger TRACE-10).
/// A line that cannot be written is told to standard error, never thrown into the caller.
final class LogFiles: Sendable {
    private struct State {
        var main: LogFile
        var debug: LogFile
        var errors: LogFile
        var lookedAt: UTCInstant
    }

    /// Holds nil where standard error takes every line.
    private let state: Mutex<State?>
    private let keeping: LogKeeping

    /// A nil path is standard error. Throws a sentence when the file cannot be opened.
    init(path: String?, keeping: LogKeeping, now: UTCInstant) throws {
        self.keeping = keeping
        guard let path else {
            state = Mutex(nil)
            return
        }
        let stem = path.hasSuffix(".log") ? String(path.dropLast(4)) : path
        let ages = (main: keeping.infoAge, debug: keeping.debugAge, errors: keeping.errorAge)
        var made = State(
            main: try LogFile(path: path, keeping: keeping, age: ages.main, now: now),
            debug: try LogFile(path: stem + "-debug.log", keeping: keeping, age: ages.debug, now: now),
            errors: try LogFile(path: stem + "-error.log", keeping: keeping, age: ages.errors, now: now), lookedAt: now)
        LogFiles.prune(&made, keeping, at: now)
        state = Mutex(made)
    }

    func append(_ line: String, _ level: Logger.Level, at now: UTCInstant) {
        let bytes = Data((line + "\n").utf8)
        state.withLock { held in
            guard var state = held else { return LogFiles.complain(bytes) }
            defer { held = state }
            do {
                if level < .info {
                    try state.debug.append(bytes, at: now)
                } else {
                    try state.main.append(bytes, at: now)
                    if level >= .error { try state.errors.append(bytes, at: now) }
                }
            } catch {
                LogFiles.complain(Data("switchyard: log line lost: \(error)\n".utf8))
            }
            guard now.since(state.lookedAt) >= .seconds(60) else { return }
            state.lookedAt = now
            LogFiles.prune(&state, keeping, at: now)
        }
    }

    /// First what is too old for its class, then the oldest of all classes until the rest fits.
    private static func prune(_ state: inout State, _ keeping: LogKeeping, at now: UTCInstant) {
        do {
            var kept: [LogFile.Turned] = []
            for file in [state.main, state.debug, state.errors] {
                for turned in try file.turned() {
                    if now.since(turned.at) > file.age { try turned.remove() } else { kept.append(turned) }
                }
            }
            var total = kept.reduce(0) { $0 + $1.size }
            for turned in kept.sorted(by: { $0.at < $1.at }) where total > keeping.keepBytes {
                try turned.remove()
                total -= turned.size
            }
        } catch {
            complain(Data("switchyard: old log files stay: \(error)\n".utf8))
        }
    }

    private static func complain(_ bytes: Data) {
        do {
            try FileHandle.standardError.write(contentsOf: bytes)
        } catch {
            // Nobody is left to tell.
            return
        }
    }
}

/// A file that lines are appended to. Turned over by size or age, it gets the moment as the end of its name.
struct LogFile {
    struct Turned {
        let url: URL
        let at: UTCInstant
        let size: UInt64
        func remove() throws { try FileManager.default.removeItem(at: url) }
    }

    let age: Duration
    private let path: String
    private let keeping: LogKeeping
    private var handle: FileHandle
    private var size: UInt64
    private var began: UTCInstant

    init(path: String, keeping: LogKeeping, age: Duration, now: UTCInstant) throws {
        (self.path, self.keeping, self.age) = (path, keeping, age)
        handle = try LogFile.opened(path)
        size = try handle.seekToEnd()
        began = now
    }

    mutating func append(_ bytes: Data, at now: UTCInstant) throws {
        if size > 0, size + UInt64(bytes.count) > keeping.rotateBytes || now.since(began) > keeping.rotateAge {
            try turnOver(at: now)
        }
        try handle.write(contentsOf: bytes)
        size += UInt64(bytes.count)
    }

    private mutating func turnOver(at now: UTCInstant) throws {
        let stamp = now.iso8601.filter { $0 != ":" && $0 != "-" }
        try handle.close()
        // Two in one millisecond: the second goes on in the same file.
        if !FileManager.default.fileExists(atPath: "\(path).\(stamp)") {
            _ = rename(path, "\(path).\(stamp)")
        }
        handle = try LogFile.opened(path)
        size = try handle.seekToEnd()
        began = now
    }

    /// Files turned over before, with when they were.
    func turned() throws -> [Turned] {
        let url = URL(filePath: path)
        let (folder, prefix) = (url.deletingLastPathComponent(), url.lastPathComponent + ".")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)).compactMap {
            name in
            guard name.hasPrefix(prefix), let at = LogFile.moment(name.dropFirst(prefix.count)) else { return nil }
            let file = folder.appending(path: name)
            let size = try FileManager.default.attributesOfItem(atPath: file.path(percentEncoded: false))[.size]
            return Turned(url: file, at: at, size: (size as? NSNumber)?.uint64Value ?? 0)
        }
    }

    /// `20261122T191500.123Z`.
    private static func moment(_ stamp: Substring) -> UTCInstant? {
        guard stamp.count >= 16 else { return nil }
        let text = Array(stamp)
        let date = "\(String(text[0..<4]))-\(String(text[4..<6]))-\(String(text[6..<8]))"
        let time = "\(String(text[9..<11])):\(String(text[11..<13])):\(String(text[13...]))"
        return UTCInstant(iso8601: "\(date)T\(time)")
    }

    private static func opened(_ path: String) throws -> FileHandle {
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.failed, "log file \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
