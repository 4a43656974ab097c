import ArgumentParser
import EnergyModel
import Ports

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "What people did: who asked what, why, and what came of it. Newest first.",
        discussion: "Example: switchyard audit --from 8h --text F-007")
    @Option(help: "Only from this time on: RFC 3339, or a time ago such as 8h.") var from: String?
    @Option(help: "Only up to this time.") var to = "now"
    @Option(help: "Only what concerns this facility.") var facility: String?
    @Option(help: "Only lines with this text: an operator, an event, a point.") var text: String?
    @Option(help: "At most so many.") var limit = 100
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let building = try facility.map(facilityID)
        try await Desk.with(try engine.settings()) { desk in
            let range = try from.map { start in
                TimeRange(start: try moment(start, now: desk.now), end: try moment(to, now: desk.now))
            }
            let entries = try await desk.link.journal(
                JournalQuery(
                    kinds: [.audit], facility: building, text: text, range: range, limit: max(1, min(limit, 10_000))))
            if output.json { return try Output.json(entries) }
            Output.table(
                ["AT (UTC)", "WHO", "WHAT", "TEXT", "KEY"],
                entries.map { [$0.at.iso8601, $0.actor, $0.subject, $0.text, $0.commandKey ?? "--"] })
        }
    }
}
