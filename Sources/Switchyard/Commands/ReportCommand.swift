import ArgumentParser
import EmbeddedStore
import EnergyModel
import Engine
import Ports
import Screen

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Participation reports of settled events, and their hash chain.",
        subcommands: [Show.self, Verify.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The reports of one event as they were hashed, one JSON object a line.",
            discussion: "Example: switchyard report show evt-2026-07-15-a > reports.ndjson")
        @Argument(help: "The event's id.") var event: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try eventID(event)
            try await Desk.with(try engine.settings()) { desk in
                let reports = try await desk.link.reports(of: id)
                guard !reports.isEmpty else {
                    throw CommandFailure(.failed, "event \(id) has no report; one is made when it is settled")
                }
                if output.json { return try Output.json(reports) }
                for report in reports { try Output.write(Array((report.body + "\n").utf8)) }
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the hash chain over all reports; exit code 1 when one was changed, removed or put in.",
            discussion: "Example: switchyard report verify --data ./data")
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                var reports: [ParticipationRecord] = []
                while true {
                    let page = try await desk.store.records.reports(
                        of: nil, after: reports.last?.number ?? 0, limit: 1_000)
                    guard !page.isEmpty else { break }
                    reports += page
                }
                var findings = ReportChain.verify(reports)
                // The whole chain is here: it begins with 1.
                if let first = reports.first, first.number != 1 { findings.insert(.missing(after: 0), at: 0) }
                if output.json {
                    try Output.json(["reports": ["\(reports.count)"], "findings": findings.map(\.description)])
                } else {
                    for finding in findings { Output.line(finding.description) }
                    Output.line("\(reports.count) reports, \(findings.count) findings")
                    // Kept elsewhere, this shows later that the newest ones were not taken out.
                    if let last = reports.last { Output.line("newest: report \(last.number), \(last.hash)") }
                }
                guard findings.isEmpty else { throw CommandFailure(.failed, "the chain of reports does not hold") }
            }
        }
    }
}
