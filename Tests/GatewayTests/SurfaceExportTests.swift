import EnergyModel
import Foundation
import GatewayWire
import Ports
import SwitchyardTesting
import Testing

@testable import Gateway

@Suite("Exports and backfill over HTTP", .timeLimit(.minutes(5)))
struct SurfaceExportTests {
    private let from = SurfaceArchive.start.iso8601
    private var range: String { "from=\(from)&to=\(SurfaceArchive.start.advanced(by: .seconds(3600)).iso8601)" }

    @Test("rollups and readings stream in each form, with a name for the file")
    func forms() async throws {
        try await SurfaceHouse.open(archive: try await SurfaceArchive.made()) { (house: SurfaceHouse) async throws in
            let path = "/api/facilities/F-1/export?\(range)"
            let csv = try await house.ask("GET", path)
            #expect(csv.status == 200 && csv.headers["content-type"] == "text/csv; charset=utf-8")
            #expect(csv.headers["content-disposition"] == "attachment; filename=\"F-1-15m.csv\"")
            let lines = csv.text.split(separator: "\n")
            #expect(lines.count == 5 && lines[0].hasPrefix("id,facility_id,meter_id,start,granularity,mean_kw"))
            #expect(lines[1].contains(",F-1,,\(from),15m,3.0,1.0,5.0,0.7504,120,120"))
            let ndjson = try await house.ask("GET", path + "&format=ndjson&granularity=raw&meter=M-1")
            #expect(ndjson.text.split(separator: "\n").count == 39)
            #expect(
                ndjson.text.hasPrefix(
                    #"{"meter_id":"M-1","facility_id":"F-1","ts":"\#(from)","kw":1.5,"kwh":10.0,"quality":"raw"}"#))
            let espi = try await house.ask("GET", path + "&format=espi")
            #expect(espi.headers["content-type"] == "application/atom+xml" && espi.text == "<F-1>[1 4 1.0]</>")
            #expect(try await house.ask("GET", path + "&format=espi&granularity=raw").status == 400)
            #expect(try await house.ask("GET", "/api/facilities/F-9/export?\(range)").status == 404)
            #expect(try await house.ask("GET", path + "&meter=M-77").status == 404)
            #expect(try await house.ask("GET", path, as: "one").status == 404)
        }
    }

    @Test("an id that a spreadsheet would take for a formula is made harmless")
    func formula() async throws {
        try await SurfaceHouse.open(archive: try await SurfaceArchive.made()) { (house: SurfaceHouse) async throws in
            let csv = try await house.ask("GET", "/api/facilities/F-1/export?\(range)&granularity=raw")
            #expect(csv.text.split(separator: "\n").count == 79)
            #expect(csv.text.contains("\n'-M,F-1,") && !csv.text.contains("\n-M"))
        }
    }

    @Test("an export of any length is told piece by piece, each row once and in order")
    func pieces() async throws {
        let count = 2 * ExportSource.rows + 7
        let archive = try await SurfaceArchive.made(readings: count)
        let names = try await FleetNames(records: archive.records)
        let meters = try #require(names.number(of: Story.one)).rawValue
        var source = ExportSource.readings(
            of: names.meters(of: FacilityNumber(rawValue: meters)).map(\.number),
            in: TimeRange(start: SurfaceArchive.start, end: SurfaceArchive.start.advanced(by: .seconds(86_400 * 3))),
            as: ReadingLines(names: names, format: .ndjson), from: archive.series)
        var pieces: [Int] = []
        var rows: [Substring] = []
        while let piece = try await source.next() {
            let lines = piece.split(separator: "\n")
            pieces.append(lines.count)
            rows += lines
        }
        #expect(rows.count == 2 * (count - 1) && Set(rows).count == rows.count)
        #expect(pieces.allSatisfy { $0 <= ExportSource.rows } && pieces.count == 6)
    }

    @Test("reports: the newest of each facility, or the version asked for")
    func reports() async throws {
        try await SurfaceHouse.open(archive: try await SurfaceArchive.made()) { (house: SurfaceHouse) async throws in
            let path = "/api/dr-events/evt-1/report"
            #expect(try await house.ask("GET", path).text == "json [2]")
            #expect(try await house.ask("GET", path + "?format=csv&version=1").text == "csv [1]")
            #expect(try await house.ask("GET", path + "?version=3").status == 404)
            #expect(try await house.ask("GET", "/api/dr-events/none/report").status == 404)
            for _ in 0..<20 { #expect(try await house.ask("GET", "/api/facilities/F-1/export").status == 200) }
        }
    }

    @Test("a meter that speaks HTTP asks what is missing and sends it, for itself alone")
    func backfill() async throws {
        try await SurfaceHouse.open(archive: try await SurfaceArchive.made()) { (house: SurfaceHouse) async throws in
            let meter = "/api/facilities/F-1/meters/M-1"
            let gaps = try await house.ask("GET", meter + "/gaps?\(range)", as: "meter")
            let told = try JSONValue(parsing: gaps.body)
            #expect(told["expected_slots"] == 40 && told["present_slots"] == 39 && told["has_more"] == false)
            guard case .array(let found) = told["gaps"] else { throw RawConnection.Closed() }
            #expect(found.first?["slots"] == 2)
            let line = "{\"ts\":\"\(from)\",\"kw\":1}"
            let sent = try await house.ask(
                "POST", meter + "/backfill", as: "meter", type: "application/x-ndjson", body: line)
            #expect(sent.status == 202)
            let delivery = try #require(house.intake.deliveries.first)
            #expect(delivery.of == MeterRegistration(meter: Story.meter("M-1"), facility: Story.one))
            #expect(delivery.format == .ndjson && delivery.payload == Array(line.utf8))
            for path in ["/api/facilities/F-1/meters/M-77", "/api/facilities/F-9/meters/M-1"] {
                #expect(try await house.ask("POST", path + "/backfill", as: "meter", body: "[]").status == 404)
                #expect(try await house.ask("GET", path + "/gaps", as: "meter").status == 404)
            }
            #expect(try await house.ask("POST", meter + "/backfill", as: "viewer", body: "[]").status == 403)
            #expect(try await house.ask("GET", meter + "/gaps?from=2026-01-01T00:00:00Z").status == 400)
            #expect(house.intake.deliveries.count == 1)
        }
    }
}
