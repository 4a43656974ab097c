import ArgumentParser
import EnergyModel
import Foundation
import Logging
import ServiceLifecycle
import Simulator
import UnixSignals

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Meters, buildings and weather that behave believably and misbehave on request.",
        subcommands: [Meters.self, FleetFile.self, Weather.self])

    struct FleetFile: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fleet", abstract: "Print the simulated fleet as a file for `switchyard facilities import`.",
            discussion: "Example: switchyard simulate fleet --facilities 8 --meters 64 > fleet.yaml")
        @Option(help: "Facilities.") var facilities = 128
        @Option(help: "Meters, shared out among them.") var meters = 2000
        @Option(help: "Seed; the same one gives the same fleet.") var seed: UInt64 = 1
        @Option(help: "http://HOST:PORT of `simulate meters --buildings`; without it no building can be commanded.")
        var buildings: String?

        func run() async throws {
            do {
                let fleet = try Fleet(facilities: facilities, meters: meters, seed: seed, from: .wallClock, replays: [])
                try Output.write(Array((buildings.map { fleet.withBuildings(at: $0) } ?? fleet).yaml.utf8))
            } catch let error as SimulationError {
                throw CommandFailure(.usage, error.description)
            }
        }
    }

    struct Meters: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send the readings of a simulated fleet to a broker or an engine until stopped.",
            discussion: "Example: switchyard simulate meters --to mqtt://127.0.0.1:1883 --late 0.01")
        @Option(help: "Facilities.") var facilities = 128
        @Option(help: "Meters, shared out among them.") var meters = 2000
        @Option(help: "mqtt://HOST:PORT, mqtts://… or http://HOST:PORT.") var to: String
        @Option(help: "Seed of everything random.") var seed: UInt64 = 1
        @Option(help: "Readings a second of all meters; else one a meter every 15 s.") var rate: Int?
        @Option(help: "Hours of past readings to send as well; live ones begin within seconds.") var history = 0.0
        @Option(help: "Only meters FIRST-LAST of the fleet send, counted from 1.") var onlyMeters: String?
        @Option(help: "Body of HTTP requests: ndjson or protobuf.") var format = "ndjson"
        @Option(help: "Append every acknowledged reading to this file, a JSON object a line.") var acknowledged: String?
        @Option(help: "CSV load file (utc,load,temp,holiday) that drives a facility: [FACILITY=]FILE.")
        var replay: [String] = []
        @Option(help: "How many times faster than it was recorded a replay runs.") var speed = 1.0
        @Option(help: "HOST:PORT of the buildings' management systems (SOAP); the meters feel what is commanded there.")
        var buildings: String?
        @Option(help: "HOST:PORT of the weather providers; they tell the weather that the meters feel.")
        var weather: String?
        @OptionGroup(title: "A utility that calls events") var utility: UtilityOptions
        @OptionGroup(title: "Mischief: a share from 0 to 1, or meter ids separated by commas") var mischief:
            MischiefOptions

        func run() async throws {
            do {
                let logger = Logger(label: "simulator", factory: { _ in SwiftLogNoOpLogHandler() })
                let configuration = try configuration()
                var services: [any Service] = []
                var houses: SimulatedBuildings?
                if let buildings {
                    guard let address = try ListenAddress.parse(buildings) else {
                        throw CommandFailure(.usage, "--buildings is HOST:PORT, not \(buildings.debugDescription)")
                    }
                    let fleet = try configuration.fleet(now: .wallClock)
                    let made = SimulatedBuildings(fleet: fleet, seed: seed, now: { .wallClock })
                    services.append(BuildingServer(made, host: address.host, port: address.port, logger: logger))
                    houses = made
                }
                let simulation = try MeterSimulation(configuration, buildings: houses, now: { .wallClock })
                services.append(simulation)
                if let weather {
                    services.append(try weatherServer(at: weather, option: "--weather", seed: seed, logger: logger))
                }
                if let calls = try utility.configuration() {
                    services.append(try SimulatedUtility(calls, logger: logger, now: { .wallClock }))
                }
                services.append(SimulationReport(simulation: simulation))
                try await ServiceGroup(
                    services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
                ).run()
            } catch let error as SimulationError {
                throw CommandFailure(.failed, error.description)
            }
        }

        private func configuration() throws -> MeterSimulationConfiguration {
            guard let format = SimulationTarget.Format(rawValue: format) else {
                throw CommandFailure(.usage, "--format is ndjson or protobuf, not \(format.debugDescription)")
            }
            var result = MeterSimulationConfiguration(
                target: try SimulationTarget(parsing: to, format: format), facilities: facilities, meters: meters,
                seed: seed,
                readingsPerSecond: rate, history: .milliseconds(Int64(history * 3_600_000)),
                mischief: try mischief.mischief(), replays: try replay.map(load), acknowledgedFile: acknowledged,
                clientID: "switchyard-simulator-\(ProcessInfo.processInfo.processIdentifier)")
            if let onlyMeters { try restrict(&result, to: onlyMeters) }
            return result
        }

        /// The other meters fall silent, and the rate is that of those which send.
        private func restrict(_ result: inout MeterSimulationConfiguration, to text: String) throws {
            let bounds = text.split(separator: "-").compactMap { Int($0) }
            guard bounds.count == 2, bounds[0] >= 1, bounds[0] <= bounds[1], bounds[1] <= meters else {
                throw CommandFailure(.usage, "--only-meters is FIRST-LAST between 1 and \(meters), e.g. 1-500")
            }
            let fleet = try Fleet(facilities: facilities, meters: meters, seed: seed, from: .wallClock, replays: [])
            let all = fleet.facilities.flatMap(\.meters).map(\.id).sorted()
            let sending = Set(all[(bounds[0] - 1)..<bounds[1]])
            result.mischief.silent = .meters(all.filter { !sending.contains($0) })
            if let rate { result.readingsPerSecond = rate * meters / sending.count }
        }

        private func load(_ text: String) throws -> LoadReplay {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let path = parts.count == 2 ? parts[1] : text
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandFailure(.failed, "\(path) cannot be read")
            }
            let file = try LoadFile(parsing: String(decoding: data, as: UTF8.self), name: path)
            return LoadReplay(facility: parts.count == 2 ? try facilityID(parts[0]) : nil, file: file, speed: speed)
        }
    }
}

struct MischiefOptions: ParsableArguments {
    @Option(help: "Readings that come late.") var late: String?
    @Option(help: "Readings sent twice.") var duplicate: String?
    @Option(help: "Meters whose clock is wrong.") var skewed: String?
    @Option(help: "Readings followed by a malformed payload.") var malformed: String?
    @Option(help: "Meter-minutes kept and sent in one burst.") var burst: String?
    @Option(help: "Meters that send nothing.") var silent: String?

    func mischief() throws -> Mischief {
        Mischief(
            late: try choice(late), duplicate: try choice(duplicate), skewed: try choice(skewed),
            malformed: try choice(malformed), burst: try choice(burst), silent: try choice(silent))
    }

    private func choice(_ text: String?) throws -> Mischief.Choice {
        guard let text else { return .nobody }
        if let share = Double(text) { return .share(share) }
        return .meters(
            try text.split(separator: ",").map { part in
                guard let id = MeterID(String(part)) else {
                    throw CommandFailure(.usage, "\(part) is neither a share from 0 to 1 nor a meter id")
                }
                return id
            })
    }
}

/// One line a second on standard error while the simulation runs.
private struct SimulationReport: Service {
    let simulation: MeterSimulation

    func run() async throws {
        var last = SimulationCounters()
        for await _ in Ticks(every: .seconds(1)).cancelOnGracefulShutdown() {
            let counters = simulation.counters
            let line = "\(counters), \(counters.acknowledged - last.acknowledged) acknowledged/s\n"
            try FileHandle.standardError.write(contentsOf: Data(line.utf8))
            last = counters
        }
    }
}

/// A tick after each pause, until cancelled.
private struct Ticks: AsyncSequence, AsyncIteratorProtocol, Sendable {
    let every: Duration
    func makeAsyncIterator() -> Ticks { self }
    func next() async -> Void? {
        do {
            try await ContinuousClock().sleep(for: every)
            return ()
        } catch {
            return nil
        }
    }
}
