import ArgumentParser
import EnergyModel
import Ports

extension EventsCommand {
    struct OptOut: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "opt-out", abstract: "Take one building, or all, out of an event and give its points back.",
            discussion: "Example: switchyard events opt-out evt-1 --facility F-007 --because \"surgery ward\"")
        @Argument(help: "The event's id.") var event: String
        @Option(help: "The building; without it the whole event, and then --confirm.") var facility: String?
        @Option(help: "The event's id once more, to take all buildings out.") var confirm: String?
        @Option(help: "Why; it stands in the audit trail and in the report.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (id, building) = (try eventID(event), try facility.map(facilityID))
            guard building != nil || confirm == event else {
                throw CommandFailure(.usage, "name one --facility, or take all buildings out with --confirm \(id)")
            }
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(.optOut(id, building), reason: because, json: output.json)
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a failed command again, under its own key.",
            discussion: "Example: switchyard events retry evt-1 F-007 3 --because \"controller restarted\"")
        @Argument(help: "The event's id.") var event: String
        @Argument(help: "The building.") var facility: String
        @Argument(help: "The command's number in the event.") var number: Int
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (id, building) = (try eventID(event), try facilityID(facility))
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(
                    .retryCommand(id, building, sequence: number), reason: because, json: output.json)
            }
        }
    }

    struct Settle: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Somebody gave the building's points back at the building: send nothing more for them.",
            discussion: "Example: switchyard events settle evt-1 F-007 --because \"reset on site by ben\"")
        @Argument(help: "The event's id.") var event: String
        @Argument(help: "The building.") var facility: String
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (id, building) = (try eventID(event), try facilityID(facility))
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(.settleByHand(id, building), reason: because, json: output.json)
            }
        }
    }
}

func eventID(_ text: String) throws -> DREventID {
    guard let id = DREventID(text) else { throw CommandFailure(.usage, DREventIDError(text: text).description) }
    return id
}

/// Whole kilowatts for a table; `--` for what nobody knows.
func kilowatts(_ power: Power?) -> String {
    power.map { String((($0.kilowatts * 10).rounded() / 10)) } ?? "--"
}
