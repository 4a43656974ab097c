import ArgumentParser
import EnergyModel
import Foundation
import Ports
import Screen

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq", abstract: "Dead letters: list, show, edit, check, try, replay, discard, export.",
        subcommands: [
            List.self, Show.self, Edit.self, Check.self, DryRun.self, Replay.self, Begin.self, Redrives.self,
            Pause.self, Resume.self, Cancel.self, Discard.self, Export.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Dead letters, newest first.",
            discussion: "Example: switchyard dlq list --reason malformed_json --state pending")
        @OptionGroup var filter: LetterFilterOptions
        @Option(help: "At most so many.") var limit = 50
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let query = try filter.query(limit: max(1, min(limit, 10_000)))
            try await Desk.with(try engine.settings()) { desk in
                let page = try await desk.link.deadLetters(query)
                if output.json { return try Output.json(page) }
                Output.table(
                    ["NUMBER", "FIRST SEEN (UTC)", "STATE", "REPLAYS", "EDIT", "REASON", "MESSAGE"],
                    page.letters.map { letter in
                        [
                            letter.number.map(String.init) ?? "--", letter.firstSeen.iso8601, letter.state.rawValue,
                            "\(letter.attempts)", letter.edit.map { "\($0.edition)" } ?? "", letter.reason,
                            letter.message,
                        ]
                    }, right: [0, 3, 4])
                Output.line("\(page.letters.count) of \(page.matching)")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One dead letter: headers, the payload as it came, and the edit beside it.",
            discussion: "Example: switchyard dlq show 17")
        @Argument(help: "Its number.") var number: Int64
        @Flag(help: "Write the payload's bytes as they came to standard output, nothing else.") var payload = false
        @Flag(help: "Write the bytes that a replay would send to standard output, nothing else.") var current = false
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard !(payload && current) else { throw ValidationError("Give --payload or --current, not both.") }
        }

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                let letter = try await desk.letter(number)
                if payload { return try Output.write(letter.payload) }
                if current { return try Output.write(letter.currentPayload) }
                output.json ? try Output.json(letter) : print(letter)
            }
        }

        private func print(_ letter: DeadLetter) {
            Output.table(
                ["FIELD", "VALUE"],
                [
                    ["topic", letter.topic], ["reason", letter.reason], ["message", letter.message],
                    ["state", letter.state.rawValue], ["facility", letter.facility?.text ?? "--"],
                    ["first seen", letter.firstSeen.iso8601], ["note", letter.note ?? "--"],
                ] + letter.headers.sorted { $0.key < $1.key }.map { [$0.key, $0.value] })
            Output.line("ORIGINAL (\(letter.payload.count) bytes)")
            Output.line(Sanitiser.escaped(bytes: letter.payload))
            guard let edit = letter.edit else { return }
            let author = Sanitiser.drawable(edit.author)
            Output.line("EDIT \(edit.edition) by \(author) at \(edit.at.iso8601) (\(edit.payload.count) bytes)")
            Output.line(Sanitiser.escaped(bytes: edit.payload))
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write dead letters with headers, payload and edit, newest first.",
            discussion: """
                Example: switchyard dlq export --state quarantined --format csv > letters.csv

                A payload is text where it is printable UTF-8, else base64; a column says which. In CSV a cell that a \
                spreadsheet would take for a formula begins with an apostrophe.
                """)
        @OptionGroup var filter: LetterFilterOptions
        @Option(help: "json, ndjson or csv.") var format: LetterFormat = .ndjson
        @OptionGroup var engine: EngineOptions

        func run() async throws {
            let first = try filter.query(limit: 500)
            try await Desk.with(try engine.settings()) { desk in
                var query = first
                var writer = LetterLines(format: format)
                var page: DeadLetterPage
                repeat {
                    page = try await desk.link.deadLetters(query)
                    try writer.write(page.letters)
                    query.before = page.letters.last?.number
                } while !page.letters.isEmpty
                try writer.finish()
            }
        }
    }
}

extension Desk {
    func letter(_ number: Int64) async throws -> DeadLetter {
        guard let letter = try await link.deadLetter(number) else {
            throw CommandFailure(.failed, "there is no dead letter \(number)")
        }
        return letter
    }
}
