import ArgumentParser
import Forecasting
import Foundation

extension ForecastCommand {
    struct Train: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Train the model lstm on a folder of series, and score it beside the other models.",
            discussion: """
                DIR is a folder as `forecast score` reads it. Of every series only what lies before its first origin \
                teaches. The same folder and seed give the same file, byte for byte. Scoring all models takes longer than \
                the training; --no-score leaves it out.

                Example: switchyard forecast train dev --out lstm.weights
                """)
        @Argument(help: "Folder with manifest.json and the series.") var directory: String
        @Option(help: "File of weights to write.") var out: String
        @Option(help: "Model to train; only lstm has weights of its own.") var model = ModelVersion.lstm.rawValue
        @Option(help: "Seed of the first weights and of the order of lessons.") var seed: UInt64 = 1
        @Option(help: "Times every lesson is looked at.") var rounds: Int = NetworkTraining().rounds
        @Flag(inversion: .prefixedNo, help: "Score the models when done.") var score = true

        func validate() throws {
            guard (1...1000).contains(rounds) else { throw ValidationError("--rounds lies between 1 and 1000.") }
        }

        func run() async throws {
            guard try ForecastFolder.version(model) == .lstm else {
                throw CommandFailure(
                    .usage, "--model \(model) is fitted to each facility by itself; only lstm is trained")
            }
            let folder = try ForecastFolder(directory: directory)
            var training = NetworkTraining()
            training.seed = seed
            training.rounds = rounds
            let histories = try await folder.histories()
            let began = ContinuousClock.now
            let network = await training.network(from: histories) { progress in
                Output.line("round \(progress.round) of \(rounds), loss \(String(format: "%.4f", progress.loss))")
            }
            guard !Task.isCancelled else { throw CommandFailure(.failed, "interrupted; nothing was written") }
            try ForecastFolder.write(network.archived(), to: out)
            let seconds = Int((ContinuousClock.now - began).secondsAsDouble.rounded())
            Output.line("\(out): trained on \(histories.count) series in \(seconds) s, seed \(seed)")
            if score { try await compare(folder, network) }
        }

        /// All models on the same origins.
        private func compare(_ folder: ForecastFolder, _ network: LoadNetwork) async throws {
            var rows: [[String]] = []
            let plain = ModelVersion.allCases.map { ($0.rawValue, $0, $0 == .lstm ? network : nil) }
            for (name, version, network) in plain + [("recipe with lstm", .recipe, network)] {
                let scored = try await folder.forecasts(version, network)
                rows.append(ForecastReport.row(name, try ForecastReport(scored, version, seconds: 0).mean))
            }
            ForecastReport.table("MODEL", rows)
        }
    }
}
