import EmbeddedStore
import Ports
import SwitchyardTesting
import Testing

@Suite("Contracts of the ports")
struct ContractTests {
    @Test("event log in memory", arguments: EventLogContract.cases)
    func memoryLog(rule: ContractCase<any EventLog>) async throws { try await rule.check(MemoryEventLog()) }

    @Test("event log in SQLite", arguments: EventLogContract.cases)
    func embeddedLog(rule: ContractCase<any EventLog>) async throws {
        let place = try StorePlace()
        try await rule.check(try await place.open().log)
    }

    @Test("series store in memory", arguments: SeriesStoreContract.cases)
    func memorySeries(rule: ContractCase<any SeriesStore>) async throws { try await rule.check(MemorySeriesStore()) }

    @Test("series store in SQLite, readings in slices", arguments: SeriesStoreContract.cases)
    func embeddedSeries(rule: ContractCase<any SeriesStore>) async throws {
        let place = try StorePlace()
        try await rule.check(try await place.open().series)
    }

    @Test("series store in SQLite, readings compacted after every other write", arguments: SeriesStoreContract.cases)
    func compactedSeries(rule: ContractCase<any SeriesStore>) async throws {
        let place = try StorePlace()
        try await rule.check(CompactingSeriesStore(store: try await place.open().series))
    }

    @Test("record store in memory", arguments: RecordStoreContract.cases)
    func memoryRecords(rule: ContractCase<any RecordStore>) async throws { try await rule.check(MemoryRecordStore()) }

    @Test("record store in SQLite", arguments: RecordStoreContract.cases)
    func embeddedRecords(rule: ContractCase<any RecordStore>) async throws {
        let place = try StorePlace()
        try await rule.check(try await place.open().records)
    }

    @Test("demand-response records in memory", arguments: ResponseRecordsContract.cases)
    func memoryResponses(rule: ContractCase<any ResponseRecords>) async throws {
        try await rule.check(MemoryResponseRecords())
    }

    @Test("demand-response records in SQLite", arguments: ResponseRecordsContract.cases)
    func embeddedResponses(rule: ContractCase<any ResponseRecords>) async throws {
        let place = try StorePlace()
        try await rule.check(try await place.open().records)
    }

    @Test("weather in memory", arguments: WeatherRecordsContract.cases)
    func memoryWeather(rule: ContractCase<any WeatherRecords>) async throws {
        try await rule.check(MemoryWeatherRecords())
    }

    @Test("weather in SQLite", arguments: WeatherRecordsContract.cases)
    func embeddedWeather(rule: ContractCase<any WeatherRecords>) async throws {
        let place = try StorePlace()
        try await rule.check(try await place.open().records)
    }

    @Test("sessions in memory", arguments: SessionRecordsContract.cases)
    func memorySessions(rule: ContractCase<any SessionRecords>) async throws {
        try await rule.check(MemorySessionRecords())
    }

    @Test("sessions in SQLite", arguments: SessionRecordsContract.cases)
    func embeddedSessions(rule: ContractCase<any SessionRecords>) async throws {
        let place = try StorePlace()
        try await rule.check(try await place.open().records)
    }

    @Test("spans in memory", arguments: SpanRecordsContract.cases)
    func memorySpans(rule: ContractCase<any SpanRecords>) async throws { try await rule.check(MemorySpanRecords()) }

    @Test("spans in SQLite", arguments: SpanRecordsContract.cases)
    func embeddedSpans(rule: ContractCase<any SpanRecords>) async throws {
        let place = try StorePlace()
        try await rule.check(try await EmbeddedSpanStore.open(directory: place.path))
    }

    @Test("forecasts in memory", arguments: ForecastRecordsContract.cases)
    func memoryForecasts(rule: ContractCase<any ForecastRecords>) async throws {
        try await rule.check(MemoryForecastRecords())
    }

    @Test("forecasts in SQLite", arguments: ForecastRecordsContract.cases)
    func embeddedForecasts(rule: ContractCase<any ForecastRecords>) async throws {
        let place = try StorePlace()
        try await rule.check(try await place.open().records)
    }
}
