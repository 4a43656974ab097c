import ArgumentParser
import EmbeddedStore
import EnergyModel
import Engine
import Foundation
import Logging
import Ports

extension ReadingsCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import readings from a meter's log: NDJSON, or CSV as `readings export` writes it.",
            discussion: """
                Example: switchyard readings import meter.csv

                Goes through the same checks as a meter's own readings, beside a running engine or without one. A reading of
                a meter and time that is stored already is replaced, so a file may be imported twice.
                """)
        @Argument(help: "File, - for standard input.") var file: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        private static let linesInDelivery = 5_000

        func run() async throws {
            let settings = try engine.settings()
            let handle = try open()
            try await Desk.with(settings, create: true) { desk in
                let spool = try await EmbeddedStore.openLog(
                    directory: DataDirectory(settings: settings).spoolPath(settings),
                    options: EmbeddedStoreOptions(settings), now: { .wallClock })
                let intake = try await Engine.deskIntake(
                    settings: try EngineSettings(settings, mode: "import"), log: try desk.store.log, spool: spool,
                    series: try desk.store.series, records: try desk.store.records,
                    time: Timekeeper(clock: ContinuousClock(), now: { .wallClock }), random: randomWord,
                    logger: Logger(label: "import", factory: { _ in SwiftLogNoOpLogHandler() }))
                var reader = LineReader(handle: handle)
                var lines = MeterLogLines()
                var batch = ImportBatch()
                var tally = ImportTally()
                while let line = try reader.next() {
                    guard let json = try lines.json(line[...]) else { continue }
                    batch.add(json, line: reader.number)
                    guard batch.count == Self.linesInDelivery else { continue }
                    try await batch.send(to: intake, into: &tally)
                }
                try await batch.send(to: intake, into: &tally)
                try show(tally)
            }
        }

        private func open() throws -> FileHandle {
            if file == "-" { return .standardInput }
            do { return try FileHandle(forReadingFrom: URL(filePath: file)) } catch {
                throw CommandFailure(.failed, "\(file) cannot be read: \(error.localizedDescription)")
            }
        }

        private func show(_ tally: ImportTally) throws {
            if output.json {
                try Output.json(tally)
            } else {
                Output.line(
                    "\(tally.accepted) readings taken, \(tally.duplicates) of them known before, "
                        + "\(tally.rejected) refused")
                Output.table(
                    ["LINE", "REASON", "MESSAGE"], tally.examples.map { ["\($0.line)", $0.reason, $0.message] })
            }
            guard tally.rejected == 0 else {
                throw CommandFailure(
                    .failed, "\(tally.rejected) lines of \(file) were refused; mend them and import again")
            }
        }
    }
}

private struct ImportTally: Encodable {
    struct Refused: Encodable {
        var line: Int
        var reason: String
        var message: String
    }
    var accepted = 0
    var duplicates = 0
    var rejected = 0
    /// The first few.
    var examples: [Refused] = []
}

/// Lines on their way to the intake, with their numbers in the file.
private struct ImportBatch {
    private var payload: [UInt8] = []
    private var numbers: [Int] = []

    var count: Int { numbers.count }

    mutating func add(_ json: String, line: Int) {
        payload.append(contentsOf: json.utf8)
        payload.append(UInt8(ascii: "\n"))
        numbers.append(line)
    }

    /// Returns when the batch is durable. Waits up to a minute for an intake that takes nothing.
    mutating func send(to intake: any ReadingIntake, into tally: inout ImportTally) async throws {
        guard !numbers.isEmpty else { return }
        let delivery = IntakeDelivery(origin: .rest(client: "import"), format: .ndjson, payload: payload)
        var waited = Duration.zero
        while true {
            switch await intake.accept([delivery], arrivedAt: .wallClock) {
            case .settled(let results):
                for result in results { take(result, into: &tally) }
                payload.removeAll(keepingCapacity: true)
                numbers.removeAll(keepingCapacity: true)
                return
            case .refused(let refusal):
                guard waited < .seconds(60) else {
                    throw PortError(
                        .unavailable,
                        "nothing is taken after line \(numbers[0] - 1) (\(refusal.reason.rawValue)); import again later"
                    )
                }
                let pause = max(refusal.retryAfter, .milliseconds(100))
                try await ContinuousClock().sleep(for: pause)
                waited += pause
            }
        }
    }

    private func take(_ result: IntakeResult, into tally: inout ImportTally) {
        tally.accepted += result.accepted
        tally.duplicates += result.duplicates
        tally.rejected += result.rejected.count
        for item in result.rejected.prefix(20 - min(20, tally.examples.count)) {
            let line = numbers.indices.contains(item.index) ? numbers[item.index] : 0
            tally.examples.append(.init(line: line, reason: item.reason, message: item.message))
        }
    }
}

/// Lines of a file of any size, a mebibyte in memory at a time.
private struct LineReader {
    private static let longestLine = 1 << 20

    private let handle: FileHandle
    private var waiting: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    private(set) var number = 0

    init(handle: FileHandle) { self.handle = handle }

    /// Without its line end; nil at the end of the file.
    mutating func next() throws -> String? {
        var searched = start
        while true {
            if let end = waiting[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return line(waiting[start..<end])
            }
            guard !isAtEnd else {
                guard start < waiting.count else { return nil }
                defer { start = waiting.count }
                return line(waiting[start...])
            }
            guard waiting.count - start <= Self.longestLine else {
                throw CommandFailure(.failed, "line \(number + 1) is longer than 1 MiB; that is no meter log")
            }
            waiting.removeFirst(start)
            (start, searched) = (0, waiting.count)
            let more = try handle.read(upToCount: 1 << 20) ?? Data()
            if more.isEmpty { isAtEnd = true } else { waiting.append(contentsOf: more) }
        }
    }

    private mutating func line(_ bytes: ArraySlice<UInt8>) -> String {
        number += 1
        return String(decoding: bytes, as: UTF8.self)
    }
}
