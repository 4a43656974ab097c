import ArgumentParser
import EnergyModel
import Forecasting
import Foundation
import Ports

struct ForecastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast", abstract: "Load forecasts: score a model on a folder of series.",
        subcommands: [Score.self])

    struct Score: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forecast every origin of a folder's manifest, write the forecasts and print their score.",
            discussion: """
                DIR holds manifest.json and the CSV files it names (columns utc, load, temp, holiday). At each origin the \
                next 24 h are forecast from what lies before it; the temperature ahead is the one that came, as a perfect \
                weather forecast. Weights are learned anew once a week.

                Example: switchyard forecast score dev --out out.csv
                """)
        @Argument(help: "Folder with manifest.json and the series.") var directory: String
        @Option(help: "File to write: series,origin,timestamp,p05,p50,p95.") var out: String
        @Option(help: "Model: \(ModelVersion.allCases.map(\.rawValue).joined(separator: ", ")).")
        var model = ModelVersion.standard.rawValue
        @Flag(help: "Print the mean only, not every series.") var brief = false
        @OptionGroup var output: OutputOptions

        private struct Report: Encodable {
            var model: String
            var seconds: Double
            var mean: [String: Double]
            var series: [String: [String: Double]]
        }

        func run() async throws {
            guard let version = ModelVersion(rawValue: model) else {
                let known = ModelVersion.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure(.usage, "--model \(model): no such model; there are \(known)")
            }
            let entries = try manifest()
            let began = ContinuousClock.now
            let scored = try await Score.forecasts(entries, in: directory, version)
            let seconds = Double((ContinuousClock.now - began).milliseconds) / 1000
            var bytes = Array(ScoreRun.header.utf8)
            for series in scored { bytes += ScoreRun.csv(series) }
            do {
                try Data(bytes).write(to: URL(filePath: out), options: .atomic)
            } catch {
                throw CommandFailure(.failed, "\(out) cannot be written: \(error.localizedDescription)")
            }
            try report(scored, version, seconds)
        }

        private static func bytes(of name: String, in directory: String) throws -> [UInt8] {
            let file = URL(filePath: directory).appending(path: name)
            do {
                return Array(try Data(contentsOf: file))
            } catch {
                throw CommandFailure(.failed, "\(file.path) cannot be read: \(error.localizedDescription)")
            }
        }

        private func manifest() throws -> [ScoreEntry] {
            let bytes = try Score.bytes(of: "manifest.json", in: directory)
            do {
                return try ScoreEntry.manifest(json: bytes)
            } catch {
                throw CommandFailure(.failed, "\(directory)/manifest.json, \(error)")
            }
        }

        /// Series are independent: as many at once as there are cores.
        private static func forecasts(
            _ entries: [ScoreEntry], in directory: String, _ version: ModelVersion
        ) async throws -> [ScoredSeries] {
            try await withThrowingTaskGroup(of: (Int, ScoredSeries).self) { tasks in
                var finished = [ScoredSeries?](repeating: nil, count: entries.count)
                var waiting = entries.enumerated().makeIterator()
                for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) {
                    guard let (index, entry) = waiting.next() else { break }
                    tasks.addTask { (index, try forecast(entry, in: directory, version)) }
                }
                while let (index, series) = try await tasks.next() {
                    finished[index] = series
                    guard let (index, entry) = waiting.next() else { continue }
                    tasks.addTask { (index, try forecast(entry, in: directory, version)) }
                }
                return finished.compactMap { $0 }
            }
        }

        private static func forecast(
            _ entry: ScoreEntry, in directory: String, _ version: ModelVersion
        ) throws -> ScoredSeries {
            let rows: ScoreRows
            do {
                rows = try ScoreRows(csv: try bytes(of: entry.file, in: directory))
            } catch let error as ScoreInputError {
                throw CommandFailure(.failed, "\(directory)/\(entry.file), \(error)")
            }
            guard let zone = ZoneDatabase.offsets(of: entry.timeZone, within: entry.span(rows)) else {
                throw CommandFailure(.failed, "\(entry.series): \(entry.timeZone) is no time zone of this system")
            }
            return ScoreRun.forecasts(entry, rows, zone: zone, version: version)
        }

        private func report(_ scored: [ScoredSeries], _ version: ModelVersion, _ seconds: Double) throws {
            let figures = scored.compactMap { series in
                ScoreMetrics(series).map { (name: series.entry.series, metrics: $0) }
            }
            guard let mean = ScoreMetrics(meanOf: figures.map(\.metrics)) else {
                throw CommandFailure(.failed, "no point could be scored: the truth is missing at every origin")
            }
            if output.json {
                return try Output.json(
                    Report(
                        model: version.rawValue, seconds: seconds, mean: named(mean),
                        series: Dictionary(
                            figures.map { ($0.name, named($0.metrics)) }, uniquingKeysWith: { first, _ in first })))
            }
            let rows = (brief ? [] : figures.map { row($0.name, $0.metrics) }) + [row("mean", mean)]
            Output.table(
                ["SERIES"] + ScoreMetrics.names, rows, right: Set(1...ScoreMetrics.names.count))
            let tenths = Int((seconds * 10).rounded())
            Output.line(
                "\(figures.count) of \(scored.count) series scored, \(mean.count) points, model \(version.rawValue), "
                    + "\(tenths / 10).\(tenths % 10) s")
        }

        private func named(_ metrics: ScoreMetrics) -> [String: Double] {
            Dictionary(
                ScoreMetrics.names.map { ($0, metrics[$0]) }.filter { $0.1.isFinite },
                uniquingKeysWith: { first, _ in first })
        }

        private func row(_ name: String, _ metrics: ScoreMetrics) -> [String] {
            [name]
                + ScoreMetrics.names.map { column in
                    String(format: "%.3f", metrics[column])
                }
        }
    }
}
