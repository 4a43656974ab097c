import EnergyModel
import Foundation
import Logging
import Ports
import ServiceLifecycle

/// Brings buffered forecasts into the records once those take them again: in order, and twice the same is once.
final class ForecastBufferService: Service {
    static let group = "forecasts"
    private let records: any ForecastRecords
    private let log: any EventLog
    private let settings: EngineSettings
    private let time: Timekeeper
    private let health: HealthService
    private let logger: Logger

    init(records: any ForecastRecords, on ground: EngineGround) {
        self.records = records
        log = ground.log
        settings = ground.settings
        time = ground.time
        health = ground.health
        logger = ground.logger
    }

    func run() async throws {
        defer { health.rest("forecast-buffer") }
        await cancelWhenGracefulShutdown { [self] in
            while isRunning {
                health.beat("forecast-buffer")
                do throws(PortError) {
                    let consumer = try await log.consumer(of: .forecastBuffer, group: Self.group)
                    await consume(from: consumer)
                    await consumer.close()
                } catch {
                    logger.warning("buffered forecasts not read, trying again", metadata: ["error": "\(error)"])
                }
                _ = await time.pause(.seconds(5))
            }
        }
    }

    private func consume(from consumer: any LogConsumer) async {
        do throws(PortError) {
            while isRunning {
                health.beat("forecast-buffer")
                try await turn(consumer)
            }
        } catch {
            logger.warning("buffered forecasts not stored, trying again", metadata: ["error": "\(error)"])
        }
    }

    /// Stored first, acknowledged after.
    func turn(_ consumer: any LogConsumer, wait: Duration = .seconds(2)) async throws(PortError) {
        guard let batch = try await consumer.next(items: settings.forecast.batch, wait: wait) else { return }
        let forecasts = batch.records.compactMap { stored -> FacilityForecast? in
            do {
                return try JSONDecoder().decode(FacilityForecast.self, from: Data(stored.record.value))
            } catch {
                // We wrote it ourselves: of another release, or damaged. A forecast of the past is not worth a halt.
                logger.error(
                    "a buffered forecast cannot be read and is passed over",
                    metadata: ["offset": "\(stored.offset)", "error": "\(error)"])
                return nil
            }
        }
        try await bounded(by: settings.forecast.storeTimeout, "storing forecasts", time: time) {
            [records] () throws(PortError) in try await records.store(forecasts)
        }
        try await consumer.acknowledge(batch)
    }
}
