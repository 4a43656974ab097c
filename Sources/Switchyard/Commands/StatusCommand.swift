import ArgumentParser
import EnergyModel
import Ports

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How the engine on a data directory is; exit code 3 when none runs.",
        discussion: "Example: switchyard status --data ./data --json")
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let directory = try DataDirectory(settings: try engine.settings())
        let beat = try directory.heartbeat()
        guard let beat, try directory.isEngineRunning() else {
            let last = beat.map { "; the last one was alive at \($0.at.iso8601)" } ?? ""
            throw CommandFailure(.unreachable, "no engine runs on \(directory.path)\(last); start `switchyard engine`")
        }
        if output.json { return try Output.json(beat) }
        let now = UTCInstant.wallClock
        Output.line("engine \(beat.version), process \(beat.process), up \(spanText(now.since(beat.startedAt)))")
        Output.line("http \(beat.http ?? "off"), data \(directory.path)")
        Output.line(
            "facilities \(beat.facilities), meters \(beat.meters) (\(beat.freshMeters) fresh), lag \(beat.lag) readings, "
                + "dead letters \(beat.pendingDeadLetters)")
        Output.table(
            ["DEPENDENCY", "STATE", "DETAIL"], beat.dependencies.map { [$0.name, $0.state.rawValue, $0.detail] })
        Output.table(
            ["RATE", "PER SECOND"], beat.rates.map { [$0.name, decimal($0.perSecond, 1)] }, right: [1])
    }
}

/// `3 d 4 h`, `4 h 2 min`, `2 min 5 s`, `5 s`.
func spanText(_ span: Duration) -> String {
    let seconds = max(0, span.milliseconds / 1000)
    switch seconds {
    case 86_400...: return "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
    case 3600...: return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    case 60...: return "\(seconds / 60) min \(seconds % 60) s"
    default: return "\(seconds) s"
    }
}

/// Fixed decimals with a dot, `--` for a number that is missing.
func decimal(_ value: Double?, _ places: Int) -> String {
    guard let value, value.isFinite, abs(value) < 1e15 else { return "--" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = Int64((abs(value) * scale).rounded())
    let whole = scaled / Int64(scale)
    let sign = value < 0 && scaled != 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(whole)" }
    let fraction = String(scaled % Int64(scale))
    return "\(sign)\(whole)." + String(repeating: "0", count: places - fraction.count) + fraction
}
