import ArgumentParser
import EmbeddedStore
import EnergyModel
import Engine
import Foundation
import Ports

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look the machine and the data over; exit code 1 when something is wrong.",
        discussion: "Example: switchyard doctor --invariants --from 7d")
    @Flag(help: "Check the invariants: nothing lost, doubled or left out of a rollup. Reads all of the range.")
    var invariants = false
    @Flag(help: "Print what still works when something is down, and nothing else.")
    var degradation = false
    @Flag(help: "Print every outward call and what bounds it, and nothing else.")
    var timeouts = false
    @Option(help: "Start of what the invariants look at.") var from = "90d"
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    private struct Finding: Encodable {
        var check: String
        var isWell: Bool
        var detail: String
        var examples: [String] = []
    }

    func run() async throws {
        let settings = try engine.settings()
        if degradation { return try showDegradation() }
        if timeouts { return try showTimeouts(settings) }
        var findings = [Finding(check: "configuration", isWell: true, detail: "valid")]
        let directory = try DataDirectory(settings: settings)
        findings.append(machine(directory))
        try await Desk.with(settings) { desk in
            let faults = try await desk.store.integrityFaults()
            findings.append(
                Finding(check: "files", isWell: faults.isEmpty, detail: "log, series and records", examples: faults))
            guard invariants else { return }
            let audit = InvariantAudit(
                log: try desk.store.log, series: try desk.store.series, records: try desk.store.records,
                settings: try EngineSettings(settings, mode: "doctor"))
            let range = TimeRange(
                start: try moment(from, now: desk.now), end: desk.now.advanced(by: .seconds(2 * 3600)))
            let report = try await audit.run(in: range, isQuiet: try !directory.isEngineRunning())
            findings += report.lines.map {
                Finding(check: $0.invariant, isWell: $0.holds, detail: $0.sentence, examples: $0.examples)
            }
        }
        try show(findings)
        guard findings.allSatisfy(\.isWell) else {
            throw CommandFailure(.failed, "not everything is well; see the lines marked FAULT")
        }
    }

    private func showDegradation() throws {
        if output.json { return try Output.json(DegradationTable.rows) }
        for row in DegradationTable.rows {
            Output.line("\(row.dependency) down")
            Output.line("  stops       \(row.stops)")
            Output.line("  works       \(row.works)")
            Output.line("  afterwards  \(row.afterwards)")
        }
    }

    private func showTimeouts(_ settings: Settings) throws {
        let calls = OutwardCalls.calls.map { call in
            var call = call
            if let key = call.key { call.limit = settings.text(key) }
            return call
        }
        if output.json { return try Output.json(calls) }
        Output.table(
            ["SERVICE", "OPERATION", "LIMIT", "KEY"],
            calls.map { [$0.service, $0.operation, $0.limit, $0.key ?? "fixed"] })
    }

    private func show(_ findings: [Finding]) throws {
        if output.json { return try Output.json(findings) }
        let rows = findings.flatMap { finding in
            [[finding.isWell ? "ok" : "FAULT", finding.check, finding.detail]]
                + finding.examples.prefix(20).map { ["", "", $0] }
        }
        Output.table(["", "CHECK", "FOUND"], rows)
    }

    private func machine(_ directory: DataDirectory) -> Finding {
        let disk = HostProbe.system(directory: directory.path).disk()
        let free = disk.freeBytes / 1_000_000_000
        return Finding(
            check: "disk", isWell: disk.usedShare < 0.95, detail: "\(free) GB free where \(directory.path) lies")
    }
}
