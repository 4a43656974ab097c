import EnergyModel
import Forecasting
import Logging
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

/// An engine that forecasts over ports in memory under virtual time, turned by hand.
struct ForecastWorld {
    let time = VirtualTime()
    let log: MemoryEventLog
    let series = MemorySeriesStore()
    let records = MemoryRecordStore()
    let forecasts = MemoryForecastRecords()
    let responses = MemoryResponseRecords()
    var settings = EngineSettings()
    private(set) var engine: Engine

    var parts: EngineParts { engine.parts }
    var forecasting: ForecastingParts { parts.forecasts ?? { preconditionFailure("no forecasts") }() }
    var board: ForecastBoard { forecasting.board }

    static let place = Place(latitude: 52.5, longitude: 13.4)

    /// Offices `F-1` … in UTC with a contract of 500 kW.
    init(facilities count: Int = 1, _ change: (inout EngineSettings) -> Void = { _ in }) async throws {
        // A debug build takes half a minute for seven fits of the real size.
        settings.forecast.constants.rows = 1_500
        settings.forecast.constants.trees = 4
        settings.forecast.constants.treeSets = 1
        settings.forecast.constants.directTrees = 4
        settings.forecast.constants.poolDays = 14
        settings.forecast.constants.refitDays = 14
        change(&settings)
        let time = time
        log = MemoryEventLog(partitions: 4, now: { time.now })
        engine = ForecastWorld.compose(settings, log, series, records, forecasts, responses, time)
        _ = try await records.importFacilities(
            try (1...count).map { number in
                FacilityDescription(
                    id: try #require(FacilityID("F-\(number)")), name: "Office \(number)", kind: .office,
                    region: "west",
                    timeZone: "UTC", contractDemand: Power(kilowatts: 500), buildingEndpoint: nil,
                    location: Self.place, meters: [.init(id: try #require(MeterID("M-\(number)")))])
            })
        try await parts.directory.load()
    }

    private static func compose(
        _ settings: EngineSettings, _ log: MemoryEventLog, _ series: MemorySeriesStore, _ records: MemoryRecordStore,
        _ forecasts: MemoryForecastRecords, _ responses: MemoryResponseRecords, _ time: VirtualTime
    ) -> Engine {
        let buildings = ResponseBuildings(now: { time.now }, sleep: { _ in throw CancellationError() })
        return Engine(
            settings: settings, log: log, spool: MemoryEventLog(now: { time.now }), series: series,
            records: records, time: time.timekeeper, random: { 7 },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            response: ResponsePorts(records: responses, buildings: buildings), forecasts: forecasts)
    }

    /// Drops the engine with all it has in memory and composes another over the same ports.
    mutating func crash() async throws {
        engine = Self.compose(settings, log, series, records, forecasts, responses, time)
        try await parts.directory.load()
    }

    func id(_ number: Int = 1) throws -> FacilityID { try #require(FacilityID("F-\(number)")) }

    /// 100 kW at night, 300 kW from 8 to 18 on workdays; at weekends 120.
    static func course(_ moment: UTCInstant) -> Double {
        let hour = moment.milliseconds / 3_600_000 % 24
        let day = (moment.milliseconds / 86_400_000 + 3) % 7
        return day >= 5 ? 120 : (8..<18).contains(hour) ? 300 : 100
    }

    /// Quarter hours from `days` before now (or from `since`) up to now, `scale` times the course.
    func store(
        days: Int, of number: Int = 1, scale: Double = 1, since: UTCInstant? = nil, readings count: UInt32 = 60
    ) async throws {
        let facility = try #require(parts.directory.current.facilities.first { $0.id.text == "F-\(number)" })
        let end = Granularity.quarterHour.windowStart(of: time.now)
        var start = since ?? end.advanced(by: .seconds(-86_400 * days))
        var write = SeriesWrite()
        while start < end {
            let mean = Self.course(start) * scale
            write.rollups.append(
                Rollup(
                    series: .facility(facility.number), granularity: .quarterHour, start: start, meanKilowatts: mean,
                    minKilowatts: mean, maxKilowatts: mean, kilowattHours: mean / 4, count: count, goodCount: count))
            start = start.advanced(by: .seconds(900))
        }
        try await series.write(write)
    }

    /// Fills the desk with temperatures as if fetched at `fetched`.
    func tell(_ celsius: Double, from start: UTCInstant, hours: Int, fetched: UTCInstant) throws {
        let cell = try #require(Self.place?.cell)
        parts.weatherDesk.take(
            (0..<hours).map {
                WeatherObservation(
                    cell: cell, hour: Granularity.hour.windowStart(of: start).advanced(by: .seconds(3600 * $0)),
                    source: "weatherapi", celsius: celsius, fetchedAt: fetched)
            })
    }

    func turn() async { await forecasting.service.turn(isSpread: false) }

    /// A quarter hour passes, with its load, and the run that follows.
    func quarter(scale: Double = 1) async throws {
        let before = Granularity.quarterHour.windowStart(of: time.now)
        time.advance(by: .seconds(900))
        try await store(days: 0, scale: scale, since: before)
        await turn()
    }

    func forecast(_ number: Int = 1) throws -> FacilityForecast { try #require(board[try id(number)]) }

    func submit(_ key: String, _ action: OperatorCommand.Action) async -> CommandOutcome {
        await engine.link.submit(
            OperatorCommand(key: key, author: "operator:ana", reason: "meters are down", action: action))
    }
}
