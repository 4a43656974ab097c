import ArgumentParser
import Forecasting
import Foundation

extension ForecastCommand {
    struct Score: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forecast every origin of a folder's manifest, write the forecasts and print their score.",
            discussion: """
                DIR holds manifest.json and the CSV files it names (columns utc, load, temp, holiday). At each origin the \
                next 24 h are forecast from what lies before it; the temperature ahead is the one that came, as a perfect \
                weather forecast. Weights are learned anew once a week; those of lstm come from --weights, and with them the \
                recipe mixes in what lstm says.

                Example: switchyard forecast score dev --out out.csv
                """)
        @Argument(help: "Folder with manifest.json and the series.") var directory: String
        @Option(help: "File to write: series,origin,timestamp,p05,p50,p95.") var out: String
        @Option(help: "Model: \(ForecastFolder.models).") var model = ModelVersion.standard.rawValue
        @Option(help: "File of weights for lstm and the recipe, written by `switchyard forecast train`.") var weights:
            String?
        @Flag(help: "Print the mean only, not every series.") var brief = false
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let version = try ForecastFolder.version(model)
            guard version != .lstm || weights != nil else {
                throw CommandFailure(
                    .usage, "--model lstm needs --weights FILE; `switchyard forecast train` writes such a file")
            }
            let network = try weights.map { try ForecastFolder.network($0) }
            let folder = try ForecastFolder(directory: directory)
            let began = ContinuousClock.now
            let scored = try await folder.forecasts(version, network)
            let seconds = (ContinuousClock.now - began).secondsAsDouble
            var bytes = Array(ScoreRun.header.utf8)
            for series in scored { bytes += ScoreRun.csv(series) }
            try ForecastFolder.write(bytes, to: out)
            let report = try ForecastReport(scored, version, seconds: seconds)
            if output.json { try Output.json(report.encodable) } else { report.show(everySeries: !brief) }
        }
    }
}

/// The figures of one model on a folder.
struct ForecastReport {
    struct Encoded: Encodable {
        var model: String
        var seconds: Double
        var mean: [String: Double]
        var series: [String: [String: Double]]
    }

    let version: ModelVersion
    let seconds: Double
    let mean: ScoreMetrics
    private let figures: [(name: String, metrics: ScoreMetrics)]
    private let asked: Int

    init(_ scored: [ScoredSeries], _ version: ModelVersion, seconds: Double) throws {
        self.version = version
        self.seconds = seconds
        asked = scored.count
        figures = scored.compactMap { series in ScoreMetrics(series).map { (series.entry.series, $0) } }
        guard let mean = ScoreMetrics(meanOf: figures.map(\.metrics)) else {
            throw CommandFailure(.failed, "no point could be scored: the truth is missing at every origin")
        }
        self.mean = mean
    }

    func show(everySeries: Bool) {
        let rows =
            (everySeries ? figures.map { ForecastReport.row($0.name, $0.metrics) } : [])
            + [ForecastReport.row("mean", mean)]
        ForecastReport.table("SERIES", rows)
        let tenths = Int((seconds * 10).rounded())
        Output.line(
            "\(figures.count) of \(asked) series scored, \(mean.count) points, model \(version.rawValue), "
                + "\(tenths / 10).\(tenths % 10) s")
    }

    static func table(_ first: String, _ rows: [[String]]) {
        Output.table([first] + ScoreMetrics.names, rows, right: Set(1...ScoreMetrics.names.count))
    }

    static func row(_ name: String, _ metrics: ScoreMetrics) -> [String] {
        [name] + ScoreMetrics.names.map { String(format: "%.3f", metrics[$0]) }
    }

    var encodable: Encoded {
        Encoded(
            model: version.rawValue, seconds: seconds, mean: ForecastReport.named(mean),
            series: Dictionary(
                figures.map { ($0.name, ForecastReport.named($0.metrics)) }, uniquingKeysWith: { first, _ in first }))
    }

    private static func named(_ metrics: ScoreMetrics) -> [String: Double] {
        Dictionary(
            ScoreMetrics.names.map { ($0, metrics[$0]) }.filter { $0.1.isFinite },
            uniquingKeysWith: { first, _ in first })
    }
}
