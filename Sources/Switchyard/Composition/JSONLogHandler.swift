import EnergyModel
import Foundation
import Logging
import Synchronization

/// A file that log lines are appended to, turned over at 64 MiB with one older file kept.
final class LogFile: Sendable {
    private struct Open {
        var handle: FileHandle
        var size: UInt64
    }
    private let path: String?
    private let open: Mutex<Open>
    private static let limit: UInt64 = 64 << 20

    /// A nil path is standard error.
    init(path: String?) throws {
        self.path = path
        open = Mutex(try Self.opened(path))
    }

    /// A line that cannot be written is told to standard error once the file is lost, never thrown into the caller.
    func append(_ line: String) {
        open.withLock { open in
            do {
                if open.size > Self.limit, let path {
                    try open.handle.close()
                    _ = rename(path, path + ".1")
                    open = try Self.opened(path)
                }
                let bytes = Data((line + "\n").utf8)
                try open.handle.write(contentsOf: bytes)
                open.size += UInt64(bytes.count)
            } catch {
                FileHandle.standardError.write(Data("switchyard: log line lost: \(error)\n".utf8))
            }
        }
    }

    private static func opened(_ path: String?) throws -> Open {
        guard let path else { return Open(handle: .standardError, size: 0) }
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.failed, "log file \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        return Open(handle: handle, size: try handle.seekToEnd())
    }
}

/// One JSON object a line: constant message, facts as metadata (TRACE-09). Outside text is escaped to printable ASCII, so a
/// log can be read on a terminal (SEC-06).
struct JSONLogHandler: LogHandler {
    let label: String
    let file: LogFile
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.info

    init(label: String, file: LogFile, level: Logger.Level) {
        self.label = label
        self.file = file
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = #"{"at":"\#(UTCInstant.wallClock.iso8601)","level":"\#(event.level.rawValue)","logger":"#
        line += quoted(label) + #","message":"# + quoted(event.message.description)
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in facts.sorted(by: { $0.key < $1.key }) {
            line += "," + quoted(key) + ":" + quoted(value.description)
        }
        file.append(line + "}")
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case " "..."~": result.unicodeScalars.append(scalar)
            default: for unit in String(scalar).utf16 { result += "\\u" + hexadecimal(unit) }
            }
        }
        return result + "\""
    }

    private func hexadecimal(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
