import EnergyModel
import Ports
import ServiceLifecycle

/// Every part of forecasting, wired.
struct ForecastingParts: Sendable {
    let board = ForecastBoard()
    let crew: ForecastCrew
    let service: ForecastService
    let refits: RefitService
    let buffer: ForecastBufferService
    let lookup: ForecastLookup
    private let desk: ForecastDesk

    init(
        _ records: any ForecastRecords, weather: WeatherDesk, weatherRecords: (any WeatherRecords)?,
        responses: (any ResponseRecords)?, on ground: EngineGround
    ) {
        let history = ForecastHistory(
            series: ground.series, directory: ground.directory, weather: weather,
            weatherRecords: weatherRecords, responses: responses, settings: ground.settings, time: ground.time)
        crew = ForecastCrew(records: records, history: history, settings: ground.settings, time: ground.time)
        let store = ForecastStore(
            records: records, log: ground.log, settings: ground.settings, time: ground.time,
            measures: ground.measures, logger: ground.logger)
        service = ForecastService(
            crew: crew, board: board, store: store, records: records, weather: weather, on: ground)
        refits = RefitService(crew: crew, records: records, on: ground)
        buffer = ForecastBufferService(records: records, on: ground)
        lookup = ForecastLookup(
            parts: .init(
                board: board, records: records, weather: weather, settings: ground.settings, time: ground.time))
        desk = ForecastDesk(records: records, board: board, crew: crew, settings: ground.settings, time: ground.time)
    }

    var services: [any Service] { [buffer, service, refits] }

    func desk(isLive: Bool) -> ForecastDesk {
        var desk = desk
        desk.service = isLive ? service : nil
        return desk
    }

    func registerChecks(with health: HealthService) {
        health.addCheck("forecasts", decidesReadiness: false) { [service] () throws(PortError) in
            try service.check()
        }
    }
}
