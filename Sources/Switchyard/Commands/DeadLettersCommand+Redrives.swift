import ArgumentParser
import EnergyModel
import Ports
import Screen

extension DeadLettersCommand {
    struct Begin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "redrive",
            abstract: "Begin to replay many dead letters in the background, at a steady rate.",
            discussion: """
                Example: switchyard dlq redrive --reason malformed_json --rate 20 --because "decoder mended"

                The running engine works it, or the next one that starts. Quarantined letters are replayed only with \
                --state quarantined, or by number.
                """)
        @OptionGroup var selection: SelectionOptions
        @Option(help: "Letters a second.") var rate = 50
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(
                    .redrive(try await selection.selection(at: desk), perSecond: rate), reason: because,
                    json: output.json)
            }
        }
    }

    struct Redrives: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Redrives, newest first: how far each got.", discussion: "Example: switchyard dlq redrives")
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                let redrives = try await desk.link.redrives()
                if output.json { return try Output.json(redrives) }
                Output.table(
                    [
                        "ID", "STATE", "BEGUN (UTC)", "BY", "RATE /s", "REPLAYED", "FAILED", "OTHERS", "OF", "NOTE",
                    ],
                    redrives.map { redrive in
                        [
                            redrive.id, redrive.state.rawValue, redrive.begunAt.iso8601, redrive.author,
                            "\(redrive.perSecond)", "\(redrive.replayed)", "\(redrive.failed)", "\(redrive.passedOver)",
                            "\(redrive.total)", note(redrive),
                        ]
                    }, right: [4, 5, 6, 7, 8])
            }
        }

        private func note(_ redrive: Redrive) -> String {
            let kinds = redrive.failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            return redrive.note ?? kinds.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a redrive stand still until somebody resumes it.",
            discussion: "Example: switchyard dlq pause 3f2a")
        @OptionGroup var redrive: RedriveOptions
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(
                    .pauseRedrive(try await redrive.id(at: desk)), reason: redrive.because, json: output.json)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a paused redrive go on where it stands.",
            discussion: "Example: switchyard dlq resume 3f2a")
        @OptionGroup var redrive: RedriveOptions
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(
                    .resumeRedrive(try await redrive.id(at: desk)), reason: redrive.because, json: output.json)
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a redrive; what it has replayed stays replayed.",
            discussion: "Example: switchyard dlq cancel 3f2a")
        @OptionGroup var redrive: RedriveOptions
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(
                    .cancelRedrive(try await redrive.id(at: desk)), reason: redrive.because, json: output.json)
            }
        }
    }
}

/// A redrive by the beginning of its id.
struct RedriveOptions: ParsableArguments {
    @Argument(help: "Its id, or as much of the beginning as no other of the newest fifty has.") var redrive: String
    @Option(help: "Why; it stands in the audit trail.") var because = "by hand"

    func id(at desk: Desk) async throws -> String {
        let ids = try await desk.link.redrives().map(\.id)
        if ids.contains(redrive) { return redrive }
        let found = ids.filter { $0.hasPrefix(redrive) }
        guard found.count < 2 else {
            throw CommandFailure(
                .usage, "\(found.count) redrives begin with \(redrive.debugDescription); give more of it")
        }
        return found.first ?? redrive
    }
}
