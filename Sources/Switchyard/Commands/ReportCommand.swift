import ArgumentParser
import DemandResponse
import EmbeddedStore
import EnergyModel
import Engine
import Foundation
import Gateway
import Ports
import Screen

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Participation reports of settled events, their versions and their hash chain.",
        subcommands: [Show.self, Export.self, Recompute.self, Verify.self], defaultSubcommand: Show.self)

    /// Which reports of an event are meant.
    struct ReportOptions: ParsableArguments {
        @Argument(help: "The event's id.") var event: String
        @Option(help: "This version instead of the newest of each facility.") var version: Int?
        @Option(help: "Only this facility.") var facility: String?

        /// By facility; refuses to return nothing.
        func records(_ desk: Desk) async throws -> [ParticipationRecord] {
            let id = try eventID(event)
            let only = try facility.map(facilityID)
            let all = try await desk.link.reports(of: id).filter { only == nil || $0.facility == only }
            guard !all.isEmpty else {
                throw CommandFailure(.failed, "event \(id) has no report; the first comes as soon as it has settled")
            }
            let chosen: [ParticipationRecord]
            if let version {
                chosen = all.filter { $0.version == version }
            } else {
                let newest = Dictionary(
                    all.map { ($0.facility, $0) }, uniquingKeysWith: { $0.version > $1.version ? $0 : $1 })
                chosen = Array(newest.values)
            }
            guard !chosen.isEmpty else {
                let highest = all.map(\.version).max() ?? 0
                throw CommandFailure(
                    .failed, "event \(id) has no report version \(version ?? 0); the highest is \(highest)")
            }
            return chosen.sorted { $0.facility < $1.facility }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The newest reports of one event: figures, baseline with every day, who got them.",
            discussion: "Example: switchyard report show evt-2026-07-15-a --facility F-007")
        @OptionGroup var report: ReportOptions
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                let records = try await report.records(desk)
                if output.json {
                    for record in records { try Output.write(Array((try ReportText.sealed(record) + "\n").utf8)) }
                    return
                }
                for record in records { ReportPage(record, try ReportText.report(of: record)).print() }
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Write reports to a file: csv (RFC 4180), json (one object a line) or espi (Green Button, ESPI 4.0).",
            discussion: "Example: switchyard report export evt-2026-07-15-a --format csv --out report.csv")
        @OptionGroup var report: ReportOptions
        @Option(help: "csv, json or espi.") var format: GatewayArchive.ReportForm = .csv
        @Option(help: "The file; without, standard output.") var out: String?
        @OptionGroup var engine: EngineOptions

        func run() async throws {
            try await Desk.with(try engine.settings()) { desk in
                let records = try await report.records(desk)
                let bytes = Array(try GatewayArchive.text(of: records, as: format, desk.now).utf8)
                guard let out else { return try Output.write(bytes) }
                do {
                    try Data(bytes).write(to: URL(filePath: out), options: .atomic)
                } catch {
                    throw CommandFailure(.failed, "\(out) cannot be written: \(error.localizedDescription)")
                }
            }
        }
    }

    struct Recompute: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Work an event's reports out again; where figures differ, a new version replaces the newest one.",
            discussion: "Example: switchyard report recompute evt-2026-07-15-a --because \"meter data were repaired\"")
        @Argument(help: "The event's id.") var event: String
        @Option(help: "Only this facility.") var facility: String?
        @Option(help: "Why; it stands in the report and in the audit trail.") var because: String
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (id, only) = (try eventID(event), try facility.map(facilityID))
            try await Desk.with(try engine.settings()) { desk in
                try await desk.submit(.recomputeReports(id, only), reason: because, json: output.json)
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check hash chain, versions and signatures of all reports; exit code 1 when something is wrong.",
            discussion: "Example: switchyard report verify --signed")
        @Flag(help: "Every report must be signed, also those from before the first signed one.") var signed = false
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let settings = try engine.settings()
            let keys = try reportKeys(settings)
            try await Desk.with(settings) { desk in
                let seen = try await walk(desk, keys)
                if output.json {
                    try Output.json(
                        [
                            "reports": ["\(seen.reports)"], "signed": ["\(seen.signed)"], "keys": [keys.description],
                            "findings": seen.findings,
                        ])
                } else {
                    for finding in seen.findings { Output.line(Sanitiser.drawable(finding)) }
                    let checked = keys.isEmpty ? "not checked, no report.keys are configured" : "checked"
                    Output.line(
                        "\(seen.reports) reports, \(seen.count) findings; \(seen.signed) signed, signatures \(checked)")
                    // Kept elsewhere, this shows later that the newest ones were not taken out.
                    if let newest = seen.newest { Output.line("newest: report \(newest.number), \(newest.hash)") }
                }
                guard seen.count == 0 else { throw CommandFailure(.failed, "the chain of reports does not hold") }
            }
        }

        private struct Seen {
            var reports = 0
            var signed = 0
            var newest: (number: Int64, hash: String)?
            /// The first of `count`.
            var findings: [String] = []
            var count = 0
            static let most = 1_000
        }

        /// Page by page: the chain grows for years.
        private func walk(_ desk: Desk, _ keys: ReportKeys) async throws -> Seen {
            var verifier = ReportChain.Verifier(keys: keys, mustBeSigned: signed)
            var seen = Seen()
            while true {
                let page = try await desk.store.records.reports(of: nil, after: seen.newest?.number ?? 0, limit: 500)
                guard !page.isEmpty else { return seen }
                for report in page {
                    var findings = verifier.take(report)
                    // The whole chain is here: it begins with 1.
                    if seen.reports == 0, report.number != 1 { findings.insert(.missing(after: 0), at: 0) }
                    seen.reports += 1
                    if report.signature != nil { seen.signed += 1 }
                    seen.count += findings.count
                    seen.findings += findings.prefix(max(0, Seen.most - seen.findings.count)).map(\.description)
                    seen.newest = (report.number, report.hash)
                }
            }
        }
    }
}

extension GatewayArchive.ReportForm: ExpressibleByArgument {}
