import ArgumentParser
import EmbeddedStore
import EnergyModel
import Metering
import Ports

struct GapsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gaps", abstract: "Which 15-s slots of a range hold no reading, meter by meter.",
        discussion: "Example: switchyard gaps --from 6h --facility F-007")
    @OptionGroup var range: RangeOptions
    @Option(help: "Only this meter, with each of its gaps.") var meter: String?
    @Option(help: "Only meters of this facility.") var facility: String?
    @Flag(help: "Meters without a gap as well.") var all = false
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    private struct Line: Encodable {
        var meter: String
        var expected: Int
        var present: Int
        var missing: Int
        var gaps: [TimeRange]
    }

    func run() async throws {
        try await Desk.with(try engine.settings()) { desk in
            let range = try range.range(now: desk.now)
            guard range.duration <= .seconds(92 * 86_400) else {
                throw CommandFailure(.usage, "the range is longer than 92 days; give a shorter one")
            }
            var lines: [Line] = []
            for meter in try await meters(desk) {
                let report = try await report(meter.number, range, desk)
                guard all || report.missingSlots > 0 || self.meter != nil else { continue }
                lines.append(
                    Line(
                        meter: meter.id.text, expected: report.expectedSlots, present: report.presentSlots,
                        missing: report.missingSlots, gaps: report.gaps))
            }
            try show(lines)
        }
    }

    private func meters(_ desk: Desk) async throws -> [Meter] {
        let known = try await desk.store.records.meters()
        if let meter {
            guard let found = known.first(where: { $0.id.text == meter }) else {
                throw CommandFailure(
                    .failed, "there is no meter \(meter.debugDescription); see `switchyard readings export`")
            }
            return [found]
        }
        guard let facility else { return known.sorted { $0.id < $1.id } }
        guard let owner = try await desk.store.records.facilities().first(where: { $0.id.text == facility }) else {
            throw CommandFailure(
                .failed, "there is no facility \(facility.debugDescription); see `switchyard facilities`")
        }
        return known.filter { $0.facility == owner.number }.sorted { $0.id < $1.id }
    }

    private func report(_ meter: MeterNumber, _ range: TimeRange, _ desk: Desk) async throws -> GapReport {
        var readings: [Reading] = []
        var rest = range
        while !rest.isEmpty {
            let page = try await desk.store.series.readings(of: meter, in: rest, limit: 20_000)
            readings += page
            guard page.count == 20_000, let last = page.last else { break }
            rest.start = last.time.advanced(by: .milliseconds(1))
        }
        return GapReport(readings: readings, in: range)
    }

    private func show(_ lines: [Line]) throws {
        if output.json { return try Output.json(lines) }
        Output.table(
            ["METER", "EXPECTED", "PRESENT", "MISSING", "GAPS"],
            lines.map { [$0.meter, "\($0.expected)", "\($0.present)", "\($0.missing)", "\($0.gaps.count)"] },
            right: [1, 2, 3, 4])
        guard meter != nil, let gaps = lines.first?.gaps, !gaps.isEmpty else { return }
        Output.table(["FROM (UTC)", "TO"], gaps.map { [$0.start.iso8601, $0.end.iso8601] })
    }
}
