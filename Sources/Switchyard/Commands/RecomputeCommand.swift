import ArgumentParser
import EnergyModel
import Ports

struct RecomputeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recompute", abstract: "Work the rollups of a time range anew from stored raw readings (AGG-10).",
        discussion: "Example: switchyard recompute --from 6h --to 5h --because \"meter clock mended\"")
    @OptionGroup var range: RangeOptions
    @Option(help: "Why; it stands in the audit trail.") var because: String
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Desk.with(try engine.settings()) { desk in
            try await desk.submit(.recompute(try range.range(now: desk.now)), reason: because, json: output.json)
        }
    }
}
