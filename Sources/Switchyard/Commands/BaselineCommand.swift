import ArgumentParser
import DemandResponse
import EnergyModel
import Foundation
import Ports

struct BaselineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline", abstract: "Customer baselines: check worked examples, list the rules.",
        subcommands: [Check.self, Rules.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Work out every figure of a file of baseline vectors and set it beside the expected one.",
            discussion: """
                Exit code 0 when all agree within 0.0001, 1 when one differs or the file is wrong.

                Example: switchyard baseline check vectors.json --differing
                """)
        @Argument(help: "A JSON file of the form of cbl-vectors.json.") var file: String
        @Flag(help: "Print only the figures that differ.") var differing = false
        @OptionGroup var output: OutputOptions

        private struct Report: Encodable {
            var file: String
            var tolerance: Double
            var checked: Int
            var differing: Int
            var figures: [BaselineFigure]
        }

        func run() async throws {
            let figures = try checked()
            let wrong = figures.filter { !$0.agrees }
            let shown = differing ? wrong : figures
            if output.json {
                try Output.json(
                    Report(
                        file: file, tolerance: BaselineVectors.tolerance, checked: figures.count,
                        differing: wrong.count, figures: shown))
            } else {
                Output.table(
                    ["CASE", "RULE", "FIGURE", "EXPECTED", "COMPUTED", ""],
                    shown.map { [$0.scenario, $0.rule, $0.key, $0.expected, $0.computed, $0.agrees ? "" : "DIFFERS"] })
            }
            guard wrong.isEmpty else {
                let lines = wrong.prefix(5).map { "\($0.line)" } + (wrong.count > 5 ? ["..."] : [])
                throw CommandFailure(
                    .failed,
                    "\(wrong.count) of \(figures.count) figures differ; see line \(lines.joined(separator: ", ")) of \(file)"
                )
            }
            if !output.json { Output.line("\(figures.count) figures agree") }
        }

        private func checked() throws -> [BaselineFigure] {
            let bytes: Data
            do {
                bytes = try Data(contentsOf: URL(filePath: file))
            } catch {
                throw CommandFailure(.failed, "\(file) cannot be read: \(error.localizedDescription)")
            }
            do {
                return try BaselineVectors(json: Array(bytes)).check { name, date in
                    let noon = date.midnightUTC.advanced(by: .seconds(43_200))
                    let week = Duration.seconds(7 * 86_400)
                    let span = TimeRange(start: noon.advanced(by: .zero - week), end: noon.advanced(by: week))
                    return ZoneDatabase.offsets(of: name, within: span)
                }
            } catch {
                throw CommandFailure(.failed, "\(file): \(error)")
            }
        }
    }

    struct Rules: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the baseline rules by id.", discussion: "Example: switchyard baseline rules --json")
        @OptionGroup var output: OutputOptions

        func run() async throws {
            if output.json { return try Output.json(BaselineRule.presets) }
            Output.table(["RULE", "MEANING"], BaselineRule.presets.map { [$0.id, $0.summary] })
            Output.line(
                "also any high-X-of-Y, middle-X-of-Y, low-X-of-Y, mean-Y-of-Y, and firm-service-level with a level")
        }
    }
}
