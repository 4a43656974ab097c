import ArgumentParser
import EnergyModel
import Foundation

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine with the product's own code; `scripts/bench` adds the peers.",
        subcommands: [Ingest.self, Response.self, Console.self, Idle.self, Forecast.self])

    struct Ingest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decode and aggregate a file of readings, then take it through log, windows and series store.",
            discussion: "Example: switchyard bench ingest readings.ndjson --work /tmp/bench")
        @Argument(help: "NDJSON file of readings.") var file: String
        @Option(help: "Directory for the files of the run; it is emptied before and after.") var work: String

        func run() async throws {
            let payloads = try Payloads(file: file, linesEach: 1000)
            try Output.json(PureIngestBench(payloads: payloads).run())
            try Output.json(try await WholeIngestBench(payloads: payloads, directory: work).run())
        }
    }
}

/// A file of readings, cut into NDJSON payloads at line ends.
struct Payloads {
    let payloads: [[UInt8]]
    let readings: Int

    init(file: String, linesEach: Int) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandFailure(.failed, "\(file) cannot be read")
        }
        let bytes = [UInt8](data)
        var payloads: [[UInt8]] = []
        var (start, lines, total) = (0, 0, 0)
        for (index, byte) in bytes.enumerated() where byte == 10 {
            lines += 1
            total += 1
            guard lines == linesEach else { continue }
            payloads.append(Array(bytes[start...index]))
            (start, lines) = (index + 1, 0)
        }
        if start < bytes.count { payloads.append(Array(bytes[start...])) }
        self.payloads = payloads
        readings = total
    }
}

/// CPU seconds of this process, all threads.
func processSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

extension Duration {
    var secondsAsDouble: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
