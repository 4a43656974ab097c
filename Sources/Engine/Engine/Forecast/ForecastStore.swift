import EnergyModel
import Foundation
import Logging
import Ports

/// Keeps what was issued: in the records, or in the log's `forecast-buffer` while those cannot take it (ledger FC-14).
struct ForecastStore: Sendable {
    let records: any ForecastRecords
    let log: any EventLog
    let settings: EngineSettings
    let time: Timekeeper
    let measures: EngineMeasures
    let logger: Logger

    func keep(_ forecasts: [FacilityForecast]) async {
        guard !forecasts.isEmpty else { return }
        do throws(PortError) {
            try await bounded(by: settings.forecast.storeTimeout, "storing forecasts", time: time) {
                [records] () throws(PortError) in try await records.store(forecasts)
            }
        } catch {
            logger.warning("forecasts not stored, buffered in the log", metadata: ["error": "\(error)"])
            await buffer(forecasts)
        }
    }

    private func buffer(_ forecasts: [FacilityForecast]) async {
        do {
            let records = try forecasts.map { forecast in
                LogRecord(
                    key: forecast.facility.text, value: Array(try JSONEncoder().encode(forecast)),
                    time: forecast.issuedAt)
            }
            try await bounded(by: settings.ingest.appendTimeout, "the event log", time: time) {
                [log] () throws(PortError) in try await log.append(records, to: .forecastBuffer)
            }
            measures.count(.forecastsBuffered, forecasts.count)
        } catch {
            // They stand in memory and the next run makes newer ones; what is lost is their history.
            measures.count(.forecastsLost, forecasts.count)
            logger.error("forecasts neither stored nor buffered", metadata: ["error": "\(error)"])
        }
    }

    /// Drops what is old, in small transactions.
    func drop(at now: UTCInstant) async {
        let before = now.advanced(by: .zero - settings.forecast.keep)
        let thin = now.advanced(by: .zero - settings.forecast.keepEvery)
        do throws(PortError) {
            for _ in 0..<20 {
                let dropped = try await bounded(by: settings.forecast.storeTimeout, "the record store", time: time) {
                    [records] () throws(PortError) in
                    try await records.dropForecasts(before: before, thinBefore: thin, batch: 1_000)
                }
                guard dropped > 0, isRunning else { return }
            }
        } catch {
            logger.warning("old forecasts not dropped, with the next run", metadata: ["error": "\(error)"])
        }
    }
}
