import ArgumentParser
import EnergyModel
import Ports
import RemoteOperator

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "How the engine on a data directory, or elsewhere, is; exit code 3 when none runs.",
        discussion: "Example: switchyard status --data ./data --json")
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try engine.settings()
        if let address = try EngineAddress(settings) { return try await remote(address, settings) }
        let directory = try DataDirectory(settings: settings)
        let beat = try directory.heartbeat()
        guard let beat, try directory.isEngineRunning() else {
            let last = beat.map { "; the last one was alive at \($0.at.iso8601)" } ?? ""
            throw CommandFailure(.unreachable, "no engine runs on \(directory.path)\(last); start `switchyard engine`")
        }
        if output.json { return try Output.json(beat) }
        let up = spanText(UTCInstant.wallClock.since(beat.startedAt))
        Output.line("engine \(beat.version), process \(beat.process), up \(up)")
        Output.line("http \(beat.http ?? "off"), data \(directory.path)")
        tell(beat)
    }

    /// The first snapshot that the engine tells, or why there is none.
    private func remote(_ address: EngineAddress, _ settings: Settings) async throws {
        let credential = try EngineCredential(settings, address)
        let link = try remoteLink(endpoint: address.endpoint, credential: credential.token, ca: address.authorityFile)
        let beat = try await withThrowingTaskGroup(of: Heartbeat?.self) { group in
            group.addTask {
                try await link.run()
                return nil
            }
            group.addTask {
                for await update in link.snapshots() {
                    switch update {
                    case .snapshot(let snapshot): return Heartbeat(snapshot, http: address.endpoint)
                    case .lost(let sentence): throw CommandFailure(.unreachable, sentence)
                    case .standing: continue
                    }
                }
                return nil
            }
            group.addTask {
                try await ContinuousClock().sleep(for: .seconds(10))
                throw CommandFailure(.unreachable, "\(address.endpoint) told nothing within 10 s; is it an engine?")
            }
            defer { group.cancelAll() }
            while let beat = try await group.next() {
                if let beat { return beat }
            }
            throw CommandFailure(.unreachable, "\(address.endpoint) told nothing")
        }
        if output.json { return try Output.json(beat) }
        Output.line("engine \(beat.version) at \(address.endpoint)")
        tell(beat)
    }

    private func tell(_ beat: Heartbeat) {
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
