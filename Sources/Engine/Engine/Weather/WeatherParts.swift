import EnergyModel
import Ports
import ServiceLifecycle

/// Every part of the weather, wired.
struct WeatherParts: Sendable {
    let gate: WeatherGate
    let service: WeatherService
    let canary: WeatherCanaryService

    init(_ ports: WeatherPorts, on ground: EngineGround, facilities: FacilityIndex, desk: WeatherDesk) {
        let settings = ground.settings.weather
        gate = WeatherGate(
            providers: ports.providers, settings: settings, time: ground.time, journal: ground.journal)
        let escalator = Escalator(
            hook: ports.escalate, timeout: ground.settings.response.followUp.callbackTimeout, time: ground.time,
            journal: ground.journal, logger: ground.logger)
        let archive = WeatherArchive(
            gate: gate, desk: desk, records: ports.records, settings: settings, time: ground.time,
            logger: ground.logger)
        service = WeatherService(
            gate: gate, desk: desk, archive: archive, places: { facilities.all.compactMap(\.location) },
            settings: settings, time: ground.time, share: ground.share, escalator: escalator, journal: ground.journal,
            health: ground.health)
        canary = WeatherCanaryService(
            gate: gate, place: ports.canary, settings: settings, time: ground.time, escalator: escalator,
            journal: ground.journal)
    }

    var services: [any Service] { [service, canary] }
}
