import ArgumentParser
import EnergyModel
import Ports

struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "The journal: audit, transitions, warnings, notes.",
        subcommands: [List.self, Note.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Entries, newest first.",
            discussion: "Example: switchyard journal list --kind audit --limit 20")
        @Option(help: "audit, transition, note or log; may be given several times.") var kind: [String] = []
        @Option(help: "Only entries with this text.") var text: String?
        @Option(help: "At most so many.") var limit = 50
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let kinds = try kind.map { name in
                guard let kind = JournalEntry.Kind(rawValue: name) else {
                    throw CommandFailure(
                        .usage, "--kind is audit, transition, note or log, not \(name.debugDescription)")
                }
                return kind
            }
            let query = JournalQuery(
                kinds: Set(kinds.isEmpty ? JournalEntry.Kind.allCases : kinds), text: text,
                limit: max(1, min(limit, 10_000)))
            try await Desk.with(try engine.settings()) { desk in
                let entries = try await desk.link.journal(query)
                if output.json { return try Output.json(entries) }
                Output.table(
                    ["AT (UTC)", "KIND", "ACTOR", "SUBJECT", "TEXT"],
                    entries.map { [$0.at.iso8601, $0.kind.rawValue, $0.actor, $0.subject, $0.text] })
            }
        }
    }

    struct Note: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leave a note for the next shift.",
            discussion: "Example: switchyard journal note \"watch F-007 tonight\" --facility F-007")
        @Argument(help: "The note.") var text: String
        @Option(help: "The facility it is about.") var facility: String?
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let about = try facility.map(facilityID)
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(.addNote(facility: about), reason: text, json: output.json)
            }
        }
    }
}
