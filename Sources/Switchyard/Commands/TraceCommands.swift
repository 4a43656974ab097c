import ArgumentParser
import Console
import EnergyModel
import Ports

struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "One trace as a tree: what was done, for what, how long it took, what failed.",
        discussion: """
            Kept are all traces with an error, all of demand response and of operators' commands, and a tenth of the others. \
            Ids stand in the journal, in log lines and in answers of the gateway.

            Example: switchyard trace 0af7651916cd43dd8448eb211c80319c
            """)
    @Argument(help: "The trace's id, 32 hexadecimal digits.") var id: String
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard let trace = TraceID(id) else {
            throw CommandFailure(.usage, "\(id.debugDescription) is no trace id: it has 32 hexadecimal digits")
        }
        try await Desk.with(try engine.settings()) { desk in
            let spans = try await desk.link.trace(trace)
            guard !spans.isEmpty else {
                throw CommandFailure(
                    .failed, "nothing is kept of trace \(trace): it was not sampled, or is older than trace.retention")
            }
            if output.json { return try Output.json(spans) }
            let tree = TraceTree(spans)
            let width = 24
            Output.table(
                ["AFTER", "TOOK", "", "WHAT", "ABOUT"],
                tree.rows.map { row in
                    let bar = tree.bar(row, width: width)
                    let line = String(repeating: " ", count: bar.lowerBound) + String(repeating: "=", count: bar.count)
                    return [
                        TraceTree.text(microseconds: row.offset), TraceTree.text(microseconds: row.span.microseconds),
                        line.padding(to: width), String(repeating: "  ", count: row.depth) + row.span.name,
                        about(row.span),
                    ]
                }, right: [0, 1])
        }
    }

    private func about(_ span: TraceSpan) -> String {
        var words = span.attributes.map { "\($0.key)=\($0.value)" }
        if case .error(let sentence) = span.status { words.insert("FAILED: \(sentence)", at: 0) }
        return words.joined(separator: "  ")
    }
}

struct TracesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traces", abstract: "The newest traces that were kept, the slowest, or those that failed.",
        discussion: "Example: switchyard traces --slow --from 1h")
    @Flag(help: "The slowest first.") var slow = false
    @Flag(help: "Only those with an error.") var errors = false
    @Option(help: "Those that began since: RFC 3339 time, or a time ago such as 2h.") var from: String?
    @Option(help: "How many, 1 to 500.") var limit = 50
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Desk.with(try engine.settings()) { desk in
            let range = try from.map {
                TimeRange(start: try moment($0, now: desk.now), end: UTCInstant(milliseconds: .max))
            }
            let found = try await desk.link.traces(
                TraceQuery(errorsOnly: errors, slowestFirst: slow, range: range, limit: limit))
            if output.json { return try Output.json(found) }
            Output.table(
                ["BEGAN (UTC)", "TOOK", "SPANS", "ERRORS", "WHAT", "TRACE"],
                found.map {
                    [
                        $0.start.iso8601, TraceTree.text(microseconds: $0.microseconds), "\($0.spans)", "\($0.errors)",
                        $0.name, "\($0.trace)",
                    ]
                }, right: [1, 2, 3])
        }
    }
}

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "How much the running engine logs.", subcommands: [Level.self])

    struct Level: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set what a component logs until the engine ends: a level, or `configured`.",
            discussion: """
                Components: \(LogLevels.components.joined(separator: ", ")).

                Example: switchyard log level engine.response debug --because "building 7 opts out"
                """)
        @Argument(help: "The component; one above others, as engine, stands for them too.") var component: String
        @Argument(help: "trace, debug, info, notice, warning, error, or configured.") var level: String
        @Option(help: "Why, for the audit trail.") var because = "log level by hand"
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let severity = LogSeverity(rawValue: level)
            guard severity != nil || level == "configured" else {
                let names = LogSeverity.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure(.usage, "\(level.debugDescription) is no level: \(names) or configured")
            }
            guard LogLevels.components.contains(component) else {
                throw CommandFailure(
                    .usage,
                    "\(component.debugDescription) is no component: \(LogLevels.components.joined(separator: ", "))")
            }
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(
                    .setLogLevel(component: component, level: severity), reason: because, json: output.json)
            }
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
