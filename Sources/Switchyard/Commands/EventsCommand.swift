import ArgumentParser
import EnergyModel
import Foundation
import Ports
import Screen

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Demand-response events: list, show, preview, create, approve, cancel, retry.",
        subcommands: [
            List.self, Show.self, Preview.self, Create.self, Approve.self, Cancel.self, OptOut.self, Retry.self,
            Settle.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Events, newest window first.", discussion: "Example: switchyard events list --open")
        @Flag(help: "Only those that are not settled.") var open = false
        @Option(help: "Only events that this facility takes part in.") var facility: String?
        @Option(help: "At most so many.") var limit = 50
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let query = EventQuery(
                scope: open ? .open : .all, facility: try facility.map(facilityID), limit: max(1, min(limit, 10_000)))
            try await Desk.with(try engine.settings()) { desk in
                let events = try await desk.link.events(query)
                if output.json { return try Output.json(events) }
                Output.table(
                    [
                        "EVENT", "KIND", "STATE", "START (UTC)", "END (UTC)", "TARGET kW", "EXPECTED kW", "ACHIEVED kW",
                        "SOURCE",
                    ],
                    events.map { event in
                        [
                            event.id.text, event.kind.rawValue,
                            event.status.rawValue + (event.awaitsApproval ? " (awaits approval)" : ""),
                            event.window.start.iso8601, event.window.end.iso8601, kilowatts(event.target),
                            kilowatts(event.expected), kilowatts(event.achieved), event.source,
                        ]
                    }, right: [5, 6, 7])
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One event: buildings, commands, time line, remarks.",
            discussion: "Example: switchyard events show evt-2026-07-15-a")
        @Argument(help: "Its id.") var event: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try eventID(event)
            try await Desk.with(try engine.settings()) { desk in
                guard let detail = try await desk.link.event(id) else {
                    throw CommandFailure(.failed, "there is no event \(id)")
                }
                output.json ? try Output.json(detail) : print(detail)
            }
        }

        private func print(_ detail: EventDetail) {
            let event = detail.event
            Output.line(
                Sanitiser.drawable(
                    "\(event.id)  \(event.status.rawValue)  \(event.window.start.iso8601) - \(event.window.end.iso8601)  "
                        + "target \(kilowatts(event.target)) kW, achieved \(kilowatts(event.achieved)) kW"))
            for remark in detail.remarks { Output.line("  " + Sanitiser.drawable(remark)) }
            Output.table(
                ["FACILITY", "STATE", "EXPECTED kW", "CONFIRMED kW", "ACHIEVED kW", "COMMANDS", "FAILED"],
                detail.legs.map { leg in
                    [
                        leg.facility.text, leg.progress.state.rawValue, kilowatts(leg.expected),
                        kilowatts(leg.confirmed), kilowatts(leg.achieved),
                        "\(leg.confirmedCommands) of \(leg.commands)", "\(leg.failedCommands)",
                    ]
                }, right: [2, 3, 4, 5, 6])
            Output.table(
                ["#", "FACILITY", "POINT", "VALUE", "SLOT", "STATE", "ATTEMPTS"],
                detail.commands.map { command in
                    [
                        "\(command.plan.sequence)", command.facility.text, command.plan.point.text,
                        "\(command.plan.value)", command.plan.slot.description, command.progress.state.rawValue,
                        "\(command.progress.attempts)",
                    ]
                }, right: [0, 3, 6])
            Output.table(
                ["AT (UTC)", "SUBJECT", "FROM", "TO", "ACTOR", "REASON"],
                detail.transitions.reversed().map {
                    [$0.at.iso8601, $0.subject, $0.from, $0.to, $0.actor, $0.reason]
                })
        }
    }

    /// What an event by hand is made of.
    struct RequestOptions: ParsableArguments {
        @Option(help: "Reduction in kW.") var kilowatts: Double
        @Option(help: "Start: RFC 3339 time or now.") var start = "now"
        @Option(name: .customLong("for"), help: "How long, e.g. 90m or 2h.") var length: String
        @Option(help: "A facility; may be given several times. Without, every building that can be commanded.")
        var facility: [String] = []
        @Option(help: "The program's id.") var program = "manual"
        @Option(help: "The event's id; one is made otherwise.") var id: String?

        func request(now: UTCInstant) throws -> EventRequest {
            guard kilowatts > 0, kilowatts.isFinite else { throw CommandFailure(.usage, "--kilowatts is more than 0") }
            guard let duration = parseDuration(length), duration > .zero else {
                throw CommandFailure(.usage, "--for is a length of time such as 90m or 2h")
            }
            let id = try eventID(id ?? "manual-\(UUID().uuidString.lowercased())")
            return EventRequest(
                id: id, program: program, start: try moment(start, now: now), duration: duration,
                target: Power(kilowatts: kilowatts), facilities: try facility.map(facilityID))
        }
    }

    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What the planner would do; nothing is stored or sent.",
            discussion: "Example: switchyard events preview --kilowatts 500 --for 1h")
        @OptionGroup var request: RequestOptions
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                let preview = try await desk.link.preview(try request.request(now: desk.now))
                if output.json { return try Output.json(preview) }
                Output.line(
                    "expected \(kilowatts(preview.expected)) kW (to \(kilowatts(preview.optimistic)) kW), "
                        + "missing \(kilowatts(preview.missing)) kW, \(preview.plan.legs.count) buildings, "
                        + "\(preview.plan.commandCount) commands")
                for remark in preview.remarks { Output.line("  " + Sanitiser.drawable(remark)) }
                Output.table(
                    ["FACILITY", "EXPECTED kW", "COMMANDS"],
                    preview.plan.legs.map { [$0.facility.text, kilowatts($0.expected), "\($0.commands.count)"] },
                    right: [1, 2])
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "An event by hand, when the utility's notification failed.",
            discussion:
                "Example: switchyard events create --kilowatts 500 --for 1h --because \"webhook down, called by phone\""
        )
        @OptionGroup var request: RequestOptions
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(
                    .createEvent(try request.request(now: desk.now)), reason: because, json: output.json)
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let an event that waits for a person go on.",
            discussion: "Example: switchyard events approve evt-1 --because \"plan checked\"")
        @Argument(help: "The event's id.") var event: String
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try eventID(event)
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(.approveEvent(id), reason: because, json: output.json)
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End an event now: what was not sent is dropped, what was is given back.",
            discussion: "Example: switchyard events cancel evt-1 --because \"utility called\"")
        @Argument(help: "The event's id.") var event: String
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try eventID(event)
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(.cancelEvent(id), reason: because, json: output.json)
            }
        }
    }
}
