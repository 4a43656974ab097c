import DemandResponse
import EnergyModel
import Foundation
import Testing

@Suite("Reports in other people's forms") struct ReportExportTests {
    private func report(_ change: (inout Participation) -> Void = { _ in }) throws -> ParticipationReport {
        var participation = Participation(request: tenWeekdays())
        change(&participation)
        let chain = SettlementStateMachine()
        return try #require(
            chain.figuresArrived(
                try participation.figures(), isSettleTimeOver: false, at: utcMoment("2026-08-20T16:05:00Z"),
                by: "engine"))
    }

    @Test("CSV has a header with units, a line an interval, CRLF, and both times")
    func table() throws {
        let lines = ReportTable.text(of: [try report()]).components(separatedBy: "\r\n")
        #expect(lines.count == 10 && lines.last == "")
        #expect(lines[0] == ReportTable.columns.joined(separator: ","))
        #expect(
            lines[1]
                == "evt-1,F-1,1,provisional,2026-08-20T14:00:00Z,2026-08-20T14:00:00+00:00,15,900,15.000,25.000,10.000,OK,"
                + "caiso-10-in-10,settlement")
    }

    @Test(
        "text that a spreadsheet would run is made harmless, and quoted as RFC 4180 says",
        arguments: [
            ("plain", "plain"), ("=cmd()", "'=cmd()"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"),
            ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("a\r\nb", "\"a\r\nb\""), ("=a,b", "\"'=a,b\""), ("", ""),
            ("\r\n=1", "\"'\r\n=1\""),
        ])
    func cells(text: String, cell: String) { #expect(ReportTable.cell(text) == cell) }

    @Test("a zone that changes its clocks by one rule is told by it, any other in UTC")
    func daylight() throws {
        let local = GreenButton.feed(
            of: [
                try report {
                    $0.zoneName = "x"; $0.request.zone = losAngeles
                }
            ], at: utcMoment("2026-08-20T16:05:00Z")
        ) {
            _, _ in losAngeles
        }
        #expect(local.contains("<dstEndRule>B40E2000</dstEndRule><dstOffset>3600</dstOffset>"))
        #expect(local.contains("<dstStartRule>360E2000</dstStartRule><tzOffset>-28800</tzOffset>"))
        let lordHowe = ZoneOffsets(
            name: "Australia/Lord_Howe", offset: 39_600_000,
            changes: [.init(start: utcMoment("2026-04-04T15:00:00Z"), milliseconds: 37_800_000)])
        for zone in [nil, lordHowe] {
            let feed = GreenButton.feed(of: [try report()], at: utcMoment("2026-08-20T16:05:00Z")) { _, _ in zone }
            #expect(feed.contains("<tzOffset>0</tzOffset>") && feed.contains("(times in UTC: UTC has no yearly rule)"))
        }
        let fixed = GreenButton.feed(of: [try report()], at: utcMoment("2026-08-20T16:05:00Z")) { _, _ in .utc }
        #expect(fixed.contains("<dstEndRule>FFFFFFFF</dstEndRule>") && !fixed.contains("times in UTC"))
    }

    @Test("Green Button data holds whole watt-hours, nothing for what is missing, and the same ids each time")
    func greenButton() throws {
        let made = try report {
            $0.request = tenWeekdays { $0.set(utcSpan("2026-08-20T15:00:00Z", "2026-08-20T15:30:00Z"), nil) }
        }
        let feed = GreenButton.feed(of: [made], at: utcMoment("2026-08-20T16:05:00Z")) { _, _ in .utc }
        #expect(feed.components(separatedBy: "<IntervalReading>").count == 7)
        #expect(
            feed.contains(
                "<timePeriod><duration>900</duration><start>1787234400</start></timePeriod><value>15000</value>"))
        #expect(feed.components(separatedBy: "<entry>").count == 6)
        #expect(feed == GreenButton.feed(of: [made], at: utcMoment("2026-08-20T16:05:00Z")) { _, _ in .utc })
        let ids = feed.components(separatedBy: "<id>").dropFirst().map { $0.prefix(45) }
        #expect(Set(ids).count == 6 && ids.allSatisfy { $0.hasPrefix("urn:uuid:") && $0.dropFirst(23).first == "8" })
    }

    private static let checker = ["/usr/bin/xmllint", "/bin/xmllint"].first {
        FileManager.default.fileExists(atPath: $0)
    }
    /// `shared/data/espi.xsd` beside the checkout, or further up.
    private static var schemaPath: String? {
        var folder = URL(filePath: #filePath)
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let path = folder.appending(path: "shared/data/espi.xsd").path
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        return nil
    }

    @Test(
        "every ESPI element obeys the schema of ESPI 4.0",
        .enabled(if: checker != nil && schemaPath != nil, "needs xmllint (libxml2-utils) and ../shared/data/espi.xsd"))
    func schemaHolds() throws {
        let report = GreenButton.feed(of: [try report()], at: utcMoment("2026-08-20T16:05:00Z")) { _, _ in losAngeles }
        try check(report, parts: 5)
        for zone in [losAngeles, nil] {
            try check(Self.usageText(zone: zone, [0.7504, -0.25, .nan, 1.5]).text, parts: 6)
        }
    }

    private static func usageText(
        zone: ZoneOffsets?, _ kilowattHours: [Double]
    ) throws -> (text: String, residue: Double) {
        let start = utcMoment("2026-08-20T14:00:00Z")
        let facility = try #require(FacilityID("F-1"))
        let usage = GreenButtonUsage(
            facility: facility, meter: MeterID("M-1"), granularity: .quarterHour,
            range: TimeRange(start: start, end: start.advanced(by: .seconds(7_200))), zoneName: "America/Los_Angeles",
            zone: { _, _ in zone }, expectedPerSlot: 1, at: utcMoment("2026-08-20T16:05:00Z"))
        var (text, residue) = (usage.head, 0.0)
        for number in 1...2 {
            let rollups = kilowattHours.enumerated().map { index, energy in
                Rollup(
                    series: .meter(MeterNumber(rawValue: 1)), granularity: .quarterHour,
                    start: start.advanced(by: .seconds(900 * (4 * (number - 1) + index))), meanKilowatts: 1,
                    minKilowatts: 1, maxKilowatts: 1, kilowattHours: energy, count: 60,
                    goodCount: index == 0 ? 60 : 30)
            }
            text += usage.block(rollups, number: number, residue: &residue)
        }
        return (text + usage.tail, residue)
    }

    @Test("usage of a series: whole watt-hours whose sum stays exact over blocks, nothing for what is missing")
    func usage() throws {
        let (text, residue) = try Self.usageText(zone: losAngeles, [0.0004, 0.0004, .nan, 0.0004])
        let values = text.components(separatedBy: "<value>").dropFirst().compactMap {
            $0.components(separatedBy: "<").first.flatMap { Int($0) }
        }
        #expect(values.count == 6 && values.reduce(0, +) == 2 && abs(residue - 0.4) < 1e-9)
        #expect(text.components(separatedBy: "<quality>14</quality>").count == 3)
        #expect(text.contains("<flowDirection>4</flowDirection>") && text.contains("<tzOffset>-28800</tzOffset>"))
        #expect(text.contains("<title>M-1 of F-1</title>") && text.hasSuffix("</feed>\n"))
        let ids = Set(text.components(separatedBy: "<id>").dropFirst().map { $0.prefix(45) })
        #expect(ids.count == 7)
        let utc = try Self.usageText(zone: nil, [1]).text
        #expect(utc.contains("times in UTC") && utc.contains("<tzOffset>0</tzOffset>"))
    }

    private func check(_ feed: String, parts: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "espi-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { do { try FileManager.default.removeItem(at: folder) } catch { Issue.record(error) } }
        var files: [String] = []
        for (index, part) in feed.components(separatedBy: "<content>").dropFirst().enumerated() {
            let content = try #require(part.components(separatedBy: "</content>").first)
            let file = folder.appending(path: "\(index).xml")
            try Data(content.utf8).write(to: file)
            files.append(file.path)
        }
        #expect(files.count == parts)
        let feedFile = folder.appending(path: "feed.xml")
        try Data(feed.utf8).write(to: feedFile)
        #expect(try run(["--noout", feedFile.path]) == 0, "the feed is well-formed")
        #expect(try run(["--noout", "--schema", try #require(Self.schemaPath)] + files) == 0)
    }

    private func run(_ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.checker))
        process.arguments = arguments
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test("OpenADR gets energy, power, baseline, quality and state, under the event's interval ids")
    func openADR() throws {
        let report = try report {
            $0.request = tenWeekdays { $0.set(utcSpan("2026-08-20T15:00:00Z", "2026-08-20T15:15:00Z"), nil) }
        }
        let slots = [("14", 3), ("15", 7)].map { hour, id in
            EventSchedule.Slot(
                interval: id,
                range: TimeRange(
                    start: utcMoment("2026-08-20T\(hour):00:00Z"),
                    end: utcMoment("2026-08-20T\(hour):00:00Z").advanced(by: .seconds(3_600))), signal: .level(1))
        }
        let all = OpenADRReport(report, clientName: "ven", asked: ["OPERATING_STATE"], slots: slots, isOld: false)
        #expect(all.payloadDescriptors.map(\.payloadType) == ["USAGE", "DEMAND", "BASELINE"])
        #expect(all.programID == nil && all.reportName == "participation F-1 v1 provisional")
        let intervals = try #require(all.resources.first?.intervals)
        #expect(intervals.map(\.id) == [3, 3, 3, 3, 7, 7, 7, 7])
        #expect(
            intervals[0].payloads == [
                .init(type: "USAGE", values: [.number(15)]), .init(type: "DEMAND", values: [.number(60)]),
                .init(type: "BASELINE", values: [.number(100)]), .init(type: "DATA_QUALITY", values: [.text("OK")]),
                .init(type: "OPERATING_STATE", values: [.text("RUNNING_CURTAILED")]),
            ])
        #expect(intervals[0].intervalPeriod == .init(start: "2026-08-20T14:00:00Z", duration: "PT900S"))
        #expect(intervals[4].payloads.map(\.type) == ["BASELINE", "DATA_QUALITY", "OPERATING_STATE"])
        #expect(intervals[4].payloads[1].values == [.text("MISSING")])
        let some = OpenADRReport(report, clientName: "ven", asked: ["BASELINE", "USAGE"], slots: [], isOld: true)
        #expect(some.payloadDescriptors.map(\.payloadType) == ["USAGE", "BASELINE"] && some.programID == "cbp")
        #expect(some.resources.first?.intervals.first?.id == 0)
    }
}
