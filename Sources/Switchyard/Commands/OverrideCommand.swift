import ArgumentParser
import EnergyModel
import Ports

struct OverrideCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "override", abstract: "A building's points by hand, at the operator's slot 8.",
        subcommands: [Show.self, Set.self, Extend.self, Release.self, ReleaseAll.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Points of a building: value, who holds which slot, until when.",
            discussion: "Example: switchyard override show F-007")
        @Argument(help: "The building.") var facility: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try facilityID(facility)
            try await Desk.with(try engine.settings()) { desk in
                let view = try await desk.link.building(id)
                if output.json { return try Output.json(view) }
                if let failure = view.failure { Output.complain(failure) }
                Output.table(
                    ["POINT", "ZONE", "KIND", "NORMAL", "VALUE", "SLOTS", "OURS"],
                    view.points.map { point in
                        [
                            point.point.id.text, point.point.zone, point.point.kind.rawValue, "\(point.point.normal)",
                            point.reading.map { "\($0.value)" } ?? "--",
                            point.reading.map(slots) ?? "--",
                            point.holders.map { "\($0.slot) \($0.author) until \($0.until.iso8601)" }
                                .joined(separator: ", "),
                        ]
                    }, right: [3, 4])
            }
        }

        private func slots(_ reading: PointReading) -> String {
            reading.slots.sorted { $0.key < $1.key }.map { "@\($0.key) \($0.value)" }.joined(separator: " ")
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a value that stands above demand response until it ends.",
            discussion:
                "Example: switchyard override set F-007 01/AHU-1/CLG_SP 23.5 --for 2h --because \"comfort complaint\"")
        @Argument(help: "The building.") var facility: String
        @Argument(help: "The point, as `override show` names it.") var point: String
        @Argument(help: "The value in the point's unit.") var value: Double
        @Option(name: .customLong("for"), help: "How long, e.g. 90m or 2h.") var length: String
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard let id = PointID(point) else {
                throw CommandFailure(.usage, "a point's name is 1-128 printable ASCII characters")
            }
            guard value.isFinite else { throw CommandFailure(.usage, "the value is no number") }
            guard let duration = parseDuration(length), duration > .zero else {
                throw CommandFailure(.usage, "--for is a length of time such as 90m or 2h")
            }
            let building = try facilityID(facility)
            try await Desk.with(try engine.settings()) { desk in
                let request = OverrideRequest(
                    facility: building, point: id, value: value, until: desk.now.advanced(by: duration))
                try await desk.submit(.overridePoint(request), reason: because, json: output.json)
            }
        }
    }

    struct Extend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep an override longer.",
            discussion: "Example: switchyard override extend ovr-1 --for 1h --because \"still too warm\"")
        @Argument(help: "The override's id (`events list`).") var override: String
        @Option(name: .customLong("for"), help: "How long from now, e.g. 90m or 2h.") var length: String
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard let duration = parseDuration(length), duration > .zero else {
                throw CommandFailure(.usage, "--for is a length of time such as 90m or 2h")
            }
            let id = try eventID(override)
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(
                    .extendOverride(id, until: desk.now.advanced(by: duration)), reason: because, json: output.json)
            }
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an overridden point back: NULL at slot 8, read back.",
            discussion: "Example: switchyard override release ovr-1 --because \"ward is empty\"")
        @Argument(help: "The override's id (`events list`).") var override: String
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try eventID(override)
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(.releaseOverride(id), reason: because, json: output.json)
            }
        }
    }

    struct ReleaseAll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "release-all", abstract: "NULL at our slots on every point of a building.",
            discussion: "Example: switchyard override release-all F-007 --confirm F-007 --because \"fire drill\"")
        @Argument(help: "The building.") var facility: String
        @Option(help: "The building's id once more.") var confirm: String
        @Option(help: "Why; it stands in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try facilityID(facility)
            guard confirm == facility else { throw CommandFailure(.usage, "--confirm must repeat \(id)") }
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(.releaseBuilding(id), reason: because, json: output.json)
            }
        }
    }
}
