import EnergyModel
import Engine
import Logging
import Ports

/// One JSON object a line: constant message, facts as metadata, the trace and span in whose course it was written
/// (TRACE-09). Outside text is escaped to printable ASCII, so that a log can be read on a terminal and no text makes a line
/// of its own (SEC-06, CWE-117).
struct JSONLogHandler: LogHandler {
    let label: String
    let files: LogFiles
    let levels: LogLevels
    var metadata = Logger.Metadata()
    /// Set by code for one logger; the components' levels otherwise.
    private var ownLevel: Logger.Level?

    init(label: String, files: LogFiles, levels: LogLevels) {
        self.label = label
        self.files = files
        self.levels = levels
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? levels.level(of: component) }
        set { ownLevel = newValue }
    }

    private var component: String {
        if case .string(let name)? = metadata[LogMark.component] { return name }
        return label
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let now = UTCInstant.wallClock
        files.append(line(event, at: now, in: TraceContext.current), event.level, at: now)
    }

    func line(_ event: LogEvent, at now: UTCInstant, in context: TraceContext?) -> String {
        var line = #"{"at":"\#(now.iso8601)","level":"\#(event.level.rawValue)","logger":"#
        line += quoted(component) + #","message":"# + quoted(event.message.description)
        var facts = metadata.merging(event.metadata ?? [:]) { $1 }
        facts[LogMark.component] = nil
        if let context {
            facts["span_id"] = facts["span_id"] ?? "\(context.span)"
            facts["trace_id"] = facts["trace_id"] ?? "\(context.trace)"
        }
        for (key, value) in facts.sorted(by: { $0.key < $1.key }) {
            line += "," + quoted(key) + ":" + quoted(value.description)
        }
        return line + "}"
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
