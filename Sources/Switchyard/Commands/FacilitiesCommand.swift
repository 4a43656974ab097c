import ArgumentParser
import EnergyModel
import Foundation
import Ports

struct FacilitiesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "facilities", abstract: "List facilities, or import them from a file.",
        subcommands: [List.self, Import.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every facility with its newest load and its age.",
            discussion: "Example: switchyard facilities list --json")
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                let snapshot = try await desk.link.snapshot(at: desk.now)
                if output.json { return try Output.json(snapshot.facilities) }
                Output.table(
                    ["FACILITY", "NAME", "KIND", "LOAD kW", "CONTRACT kW", "METERS", "FRESH", "AGE"],
                    snapshot.facilities.map { facility in
                        let age = facility.newest.map { spanText(snapshot.at.since($0)) } ?? "--"
                        return [
                            facility.id.text, facility.name, facility.kind.rawValue,
                            decimal(facility.load?.kilowatts, 1), decimal(facility.contractDemand?.kilowatts, 0),
                            "\(facility.meters)", "\(facility.freshMeters)", age,
                        ]
                    }, right: [3, 4, 5, 6, 7])
            }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add or update facilities and meters from a YAML file.",
            discussion: """
                Example: switchyard facilities import fleet.yaml, with in it

                facilities:
                  - id: F-007
                    name: Harbor Hospital
                    kind: hospital          # office hospital factory data-centre school store other
                    region: north
                    time_zone: Europe/Berlin
                    contract_demand_kw: 2000
                    bms_endpoint: https://bms.example/soap
                    latitude: 53.55         # degrees, north and east positive: its weather feeds the forecast
                    longitude: 9.99
                    meters:
                      - id: M-00042
                        register_limit_kwh: 999999
                """)
        @Argument(help: "YAML file, - for standard input.")
        var file: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let text: String
            do {
                text =
                    file == "-"
                    ? String(decoding: try FileHandle.standardInput.readToEnd() ?? Data(), as: UTF8.self)
                    : try String(contentsOf: URL(filePath: file), encoding: .utf8)
            } catch {
                throw CommandFailure(.failed, "\(file) cannot be read: \(error.localizedDescription)")
            }
            let descriptions = try FacilityFile.parse(text, path: file)
            try await Desk.with(try engine.settings(), create: true) { desk in
                try await desk.submit(.importFacilities(descriptions), reason: "import of \(file)", json: output.json)
            }
        }
    }
}

struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "The load of a facility or a meter over time.",
        discussion: "Example: switchyard load F-007 --from 24h --step 15m")
    @Argument(help: "Facility id, or meter id with --meter.")
    var id: String
    @Flag(name: .long, help: "The id names a meter.")
    var meter = false
    @Option(name: .long, help: "raw, 1m, 15m or 1h.")
    var step = "1m"
    @Option(name: .long, help: "Start: RFC 3339 time, or a time ago such as 2h.")
    var from = "1h"
    @Option(name: .long, help: "End (exclusive).")
    var to = "now"
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let subject = try self.subject()
        let resolution = try self.resolution()
        try await Desk.with(try engine.settings()) { desk in
            let range = TimeRange(start: try moment(from, now: desk.now), end: try moment(to, now: desk.now))
            let answer = try await desk.link.series(
                SeriesRequest(subject: subject, resolution: resolution, range: range))
            if output.json { return try Output.json(answer) }
            Output.table(
                ["START (UTC)", "MEAN kW", "LOW kW", "HIGH kW", "kWh", "GOOD %"],
                answer.points.map { point in
                    [
                        point.start.iso8601, decimal(point.mean, 2), decimal(point.low, 2), decimal(point.high, 2),
                        decimal(point.kilowattHours, 3), decimal(point.qualityShare * 100, 0),
                    ]
                }, right: [1, 2, 3, 4, 5])
        }
    }

    private func subject() throws -> SeriesRequest.Subject {
        guard meter else { return .facility(try facilityID(id)) }
        guard let meter = MeterID(id) else {
            throw CommandFailure(.usage, String(describing: IdentifierError(text: id)))
        }
        return .meter(meter)
    }

    private func resolution() throws -> SeriesRequest.Resolution {
        if step == "raw" { return .raw }
        guard let granularity = Granularity(label: step) else {
            throw CommandFailure(.usage, "--step is raw, 1m, 15m or 1h, not \(step.debugDescription)")
        }
        return .rollup(granularity)
    }
}
