import EnergyModel
import Gateway
import GatewayWire
import Ports
import SwitchyardTesting
import Testing

/// A gateway over a scripted engine, asked over real sockets by programs with keys of their own.
struct SurfaceHouse {
    static let keys: [String: String] = [
        "operator": "operator-key-0123456789abcdef", "viewer": "viewer-key-0123456789abcdef0",
        "meter": "meter-key-0123456789abcdef01", "one": "one-key-0123456789abcdef01234",
    ]

    let port: Int
    let link: SurfaceLink
    let intake: ScriptedIntake

    @discardableResult
    static func open<Result: Sendable>(
        _ link: SurfaceLink = SurfaceLink(), archive: GatewayArchive? = nil,
        _ body: (SurfaceHouse) async throws -> Result
    ) async throws -> Result {
        let all = FacilityScope.all
        let keys = [
            try ProgramKey(name: "operator", key: key("operator"), rights: .role(.operator), scope: all),
            try ProgramKey(name: "viewer", key: key("viewer"), rights: .role(.viewer), scope: all),
            try ProgramKey(name: "meter", key: key("meter"), rights: .meter, scope: all),
            try ProgramKey(name: "one", key: key("one"), rights: .role(.operator), scope: .only([Story.two])),
        ]
        let intake = ScriptedIntake()
        return try await withGateway(intake, keys: keys, archive: archive, link: link) { house in
            try await body(SurfaceHouse(port: house.port, link: link, intake: intake))
        }
    }

    private static func key(_ name: String) -> String { keys[name] ?? "" }

    func ask(
        _ method: String, _ path: String, as caller: String = "operator", key: String? = nil, type: String? = nil,
        headers: [String] = [], body: String? = nil
    ) async throws -> RawConnection.Answer {
        let all =
            headers + ["X-API-Key: \(Self.key(caller))"] + (key.map { ["Idempotency-Key: \($0)"] } ?? [])
        let type = type ?? (body == nil ? nil : "application/json")
        return try await GatewayTests.ask(port, request(method, path, type: type, headers: all, body: body))
    }
}

/// What exports read: two meters of F-1 with a reading every 15 s of the hour before `fixedNow`, and their rollups.
enum SurfaceArchive {
    static let start = fixedNow.floor(toMilliseconds: 3_600_000)

    static func sessions() -> any SessionRecords { MemorySessionRecords() }

    static func made(readings count: Int = 40, meters names: [String] = ["M-1", "-M"]) async throws -> GatewayArchive {
        let (records, series) = (MemoryRecordStore(), MemorySeriesStore())
        _ = try await records.importFacilities([
            FacilityDescription(
                id: Story.one, name: "One", kind: .office, region: "", timeZone: "UTC", contractDemand: nil,
                buildingEndpoint: nil, meters: names.map { .init(id: Story.meter($0)) })
        ])
        let facility = try #require(try await records.facilities().first)
        var write = SeriesWrite()
        for meter in try await records.meters() {
            write.readings += (0..<count).filter { $0 != 2 }.map { slot in
                Reading(
                    time: UTCInstant(milliseconds: start.milliseconds + Int64(slot) * 15_000), meter: meter.number,
                    facility: facility.number, kilowatts: 1.5, registerKilowattHours: 10)
            }
        }
        write.rollups = (0..<4).map { quarter in
            Rollup(
                series: .facility(facility.number), granularity: .quarterHour,
                start: UTCInstant(milliseconds: start.milliseconds + Int64(quarter) * 900_000), meanKilowatts: 3,
                minKilowatts: 1, maxKilowatts: 5, kilowattHours: 0.7504, count: 120, goodCount: 120)
        }
        try await series.write(write)
        return GatewayArchive(
            series: series, records: records,
            report: { form, records, _ in "\(form.rawValue) \(records.map(\.version))" },
            usage: { subject in
                GatewayArchive.Usage(head: "<\(subject.facility.id)>", tail: "</>") { rollups, number, residue in
                    residue += 1
                    return "[\(number) \(rollups.count) \(residue)]"
                }
            },
            gaps: { readings, range in
                GatewayArchive.Gaps(
                    range: range, expectedSlots: 40, presentSlots: readings.count,
                    gaps: [TimeRange(start: range.start, end: range.start.advanced(by: .seconds(30)))])
            })
    }
}
