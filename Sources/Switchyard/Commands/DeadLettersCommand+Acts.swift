import ArgumentParser
import EnergyModel
import Foundation
import Ports
import Screen

extension DeadLettersCommand {
    struct Edit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put an edited payload beside the one that came; a replay sends it instead.",
            discussion: "Example: switchyard dlq edit 17 --file mended.json --because \"brace was missing\"")
        @Argument(help: "The letter's number.") var number: Int64
        @Option(help: "File with the new payload.") var file: String?
        @Flag(help: "Read the new payload from standard input.") var payloadFromStdin = false
        @Option(
            help: "The edition you saw, 0 for none; a later one is not overwritten. Left out, the one there is now.")
        var edition: Int?
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (file != nil) != payloadFromStdin else {
                throw ValidationError("Give --file or --payload-from-stdin.")
            }
        }

        func run() async throws {
            let payload = try readPayload()
            try await Desk.with(try engine.settings()) { desk in
                let seen = try await desk.letter(number).edit?.edition ?? 0
                try await desk.submit(
                    .editDeadLetter(number, payload: payload, edition: edition ?? seen), reason: because,
                    json: output.json)
            }
        }

        private func readPayload() throws -> [UInt8] {
            do {
                let handle = try file.map { try FileHandle(forReadingFrom: URL(filePath: $0)) } ?? .standardInput
                var payload: [UInt8] = []
                while let part = try handle.read(upToCount: 65_536), !part.isEmpty {
                    payload += part
                    guard payload.count <= Edit.limit else {
                        throw CommandFailure(.usage, "the payload has more than \(Edit.limit) bytes")
                    }
                }
                return payload
            } catch let error as CommandFailure {
                throw error
            } catch {
                throw CommandFailure(
                    .usage, "\(file ?? "standard input") cannot be read: \(error.localizedDescription)")
            }
        }

        /// More than the engine takes; it says its own limit.
        private static let limit = 64 << 20
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "What processing would say to a letter now; nothing is stored or sent. Exit code 1 when it fails.",
            discussion: "Example: switchyard dlq check 17")
        @Argument(help: "The letter's number.") var number: Int64
        @Option(help: "File whose bytes to check in place of the letter's.") var file: String?
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let payload = try file.map { path in
                do {
                    return [UInt8](try Data(contentsOf: URL(filePath: path)))
                } catch {
                    throw CommandFailure(.usage, "\(path) cannot be read: \(error.localizedDescription)")
                }
            }
            try await Desk.with(try engine.settings()) { desk in
                let check = try await desk.link.check(deadLetter: number, payload: payload)
                output.json ? try Output.json(check) : print(check)
                if case .fails = check { throw ExitCode.failure }
            }
        }

        private func print(_ check: LetterCheck) {
            switch check {
            case .passes(let sentences): for sentence in sentences { Output.line(Sanitiser.drawable(sentence)) }
            case .fails(let faults):
                Output.table(
                    ["REASON", "BYTE", "FAULT"],
                    faults.map { [$0.reason, $0.offset.map(String.init) ?? "--", $0.sentence] }, right: [1])
            }
        }
    }

    struct DryRun: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a replay would bring now, by reason; nothing is stored or sent.",
            discussion: "Example: switchyard dlq dry-run --reason malformed_json")
        @OptionGroup var selection: SelectionOptions
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                let run = try await desk.link.dryRun(try await selection.selection(at: desk))
                if output.json { return try Output.json(run) }
                Output.table(
                    ["LETTERS", "REASON", "EXAMPLE", "SENTENCE"],
                    run.rows.map { ["\($0.count)", $0.reason ?? "(taken)", "\($0.example)", $0.sentence] },
                    right: [0, 2])
                Output.line("\(run.examined) examined of \(run.matching) that can be replayed")
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a handful of dead letters to processing again, at once.",
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
        @OptionGroup var selection: SelectionOptions
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(
                    .discardDeadLetters(try await selection.selection(at: desk)), reason: because, json: output.json)
            }
        }
    }
}
