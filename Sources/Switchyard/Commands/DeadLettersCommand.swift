import ArgumentParser
import EnergyModel
import Ports
import Screen

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq", abstract: "List, show, replay and discard dead letters.",
        subcommands: [List.self, Show.self, Replay.self, Discard.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Dead letters, newest first.",
            discussion: "Example: switchyard dlq list --reason malformed_json --state pending")
        @Option(help: "Only this topic.") var topic: String?
        @Option(help: "Only this reason, e.g. malformed_json.") var reason: String?
        @Option(help: "pending, replayed, discarded or quarantined.") var state: String?
        @Option(help: "Only those with this text in payload, message or headers.") var text: String?
        @Option(help: "At most so many.") var limit = 50
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            var query = DeadLetterQuery(topic: topic, reason: reason, text: text, limit: max(1, min(limit, 10_000)))
            if let state {
                guard let known = DeadLetter.State(rawValue: state) else {
                    throw CommandFailure(.usage, "--state is pending, replayed, discarded or quarantined")
                }
                query.state = known
            }
            try await Desk.with(try engine.settings()) { [query] desk in
                let page = try await desk.link.deadLetters(query)
                if output.json { return try Output.json(page) }
                Output.table(
                    ["NUMBER", "FIRST SEEN (UTC)", "STATE", "REASON", "MESSAGE"],
                    page.letters.map { letter in
                        [
                            letter.number.map(String.init) ?? "--", letter.firstSeen.iso8601, letter.state.rawValue,
                            letter.reason, letter.message,
                        ]
                    }, right: [0])
                Output.line("\(page.letters.count) of \(page.matching)")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One dead letter: headers and payload.",
            discussion: "Example: switchyard dlq show 17")
        @Argument(help: "Its number.") var number: Int64
        @Flag(help: "Write the payload's bytes as they are to standard output, nothing else.") var payload = false
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                guard let letter = try await desk.link.deadLetter(number) else {
                    throw CommandFailure(.failed, "there is no dead letter \(number)")
                }
                if payload { return try Output.write(letter.payload) }
                if output.json { return try Output.json(letter) }
                Output.table(
                    ["FIELD", "VALUE"],
                    [["reason", letter.reason], ["message", letter.message], ["state", letter.state.rawValue]]
                        + letter.headers.sorted { $0.key < $1.key }.map { [$0.key, $0.value] })
                Output.line(Sanitiser.escaped(bytes: letter.payload))
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send dead letters to processing again.",
            discussion: "Example: switchyard dlq replay 17 18 --because \"meter mended\"")
        @Argument(help: "Their numbers.") var numbers: [Int64]
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(.replayDeadLetters(numbers), reason: because, json: output.json)
            }
        }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take dead letters off the list; they are kept, marked discarded.",
            discussion: "Example: switchyard dlq discard 17 --because \"test message\"")
        @Argument(help: "Their numbers.") var numbers: [Int64]
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(.discardDeadLetters(.numbers(numbers)), reason: because, json: output.json)
            }
        }
    }
}

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
