import ArgumentParser
import EmbeddedStore
import EnergyModel
import Gateway
import Ports

struct ReadingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "readings", abstract: "Stored raw readings.", subcommands: [Export.self, Import.self])

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write stored readings, one a line, by quarter hour (UTC), then meter, then time.",
            discussion: "Example: switchyard readings export --from 2h --meter M-00001")
        @OptionGroup var range: RangeOptions
        @Option(help: "Only this meter.") var meter: String?
        @Option(help: "ndjson or csv.") var format: LineFormat = .ndjson
        @OptionGroup var engine: EngineOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                let names = try await FleetNames(records: desk.store.records)
                let only = try meter.map { try meterNumber($0, names) }
                let lines = ReadingLines(names: names, format: format)
                try put(lines.heading)
                let range = try range.range(now: desk.now)
                if let only { return try await oneMeter(only, range, desk, lines) }
                var cursor: ReadingCursor?
                repeat {
                    let slice = try await desk.store.series.readings(in: range, after: cursor, limit: 20_000)
                    try put(lines.text(of: slice.readings))
                    cursor = slice.next
                } while cursor != nil
            }
        }

        private func oneMeter(
            _ meter: MeterNumber, _ range: TimeRange, _ desk: Desk, _ lines: ReadingLines
        ) async throws {
            var rest = range
            while !rest.isEmpty {
                let readings = try await desk.store.series.readings(of: meter, in: rest, limit: 20_000)
                try put(lines.text(of: readings))
                guard readings.count == 20_000, let last = readings.last else { return }
                rest.start = last.time.advanced(by: .milliseconds(1))
            }
        }
    }
}

struct RollupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollups", abstract: "Stored rollups.", subcommands: [Export.self])

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write stored rollups, one a line, by time then series.",
            discussion: "Example: switchyard rollups export --from 2h --granularity 15m --format csv")
        @OptionGroup var range: RangeOptions
        @Option(help: "1m, 15m or 1h.") var granularity = "15m"
        @Option(help: "meters, facilities or both.") var scope: ExportScope = .both
        @Option(help: "Only this meter.") var meter: String?
        @Option(help: "ndjson or csv.") var format: LineFormat = .ndjson
        @OptionGroup var engine: EngineOptions

        func run() async throws {
            guard let step = Granularity(label: granularity) else {
                throw CommandFailure(.usage, "--granularity is 1m, 15m or 1h, not \(granularity.debugDescription)")
            }
            try await Desk.with(try engine.settings()) { desk in
                let names = try await FleetNames(records: desk.store.records)
                let only = try meter.map { SeriesKey.meter(try meterNumber($0, names)) }
                let lines = RollupLines(names: names, format: format)
                try put(lines.heading)
                let range = try range.range(now: desk.now)
                let scopes: [RollupScope] = only != nil ? [.meters] : scope.scopes
                for scope in scopes {
                    var cursor: RollupCursor?
                    repeat {
                        let slice = try await desk.store.series.rollups(
                            scope, step, in: range, after: cursor, limit: 20_000)
                        try put(
                            lines.text(of: only == nil ? slice.rollups : slice.rollups.filter { $0.series == only }))
                        cursor = slice.next
                    } while cursor != nil
                }
            }
        }
    }
}

extension LineFormat: ExpressibleByArgument {}

private func put(_ text: String) throws { try Output.write(Array(text.utf8)) }

private func meterNumber(_ text: String, _ names: FleetNames) throws -> MeterNumber {
    guard let number = MeterID(text).flatMap({ names.number(of: $0) }) else {
        throw CommandFailure(.failed, "there is no meter \(text.debugDescription)")
    }
    return number
}

enum ExportScope: String, ExpressibleByArgument, CaseIterable {
    case meters, facilities, both

    var scopes: [RollupScope] {
        switch self {
        case .meters: [.meters]
        case .facilities: [.facilities]
        case .both: [.facilities, .meters]
        }
    }
}
