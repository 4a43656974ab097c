import EnergyModel
import Forecasting
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// Learns each facility's weights once a day, one facility after another, on a thread that gives way to everything else; then
/// puts the forecaster away, so that a start of the engine does not learn them again.
final class RefitService: Service {
    private static let look = Duration.seconds(10)
    private static let retry = Duration.seconds(900)
    private let crew: ForecastCrew
    private let records: any ForecastRecords
    private let settings: EngineSettings
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let logger: Logger
    /// Facilities whose last fit failed or had too little to learn from, and when they are tried again.
    private let later = Mutex<[FacilityID: UTCInstant]>([:])

    init(crew: ForecastCrew, records: any ForecastRecords, on ground: EngineGround) {
        self.crew = crew
        self.records = records
        settings = ground.settings
        time = ground.time
        measures = ground.measures
        logger = ground.logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while await time.pause(Self.look) {
                while isRunning, await turn() {}
            }
        }
    }

    /// Fits the facility that has waited longest; false when none is due.
    func turn() async -> Bool {
        let now = time.now()
        guard let due = due(at: now) else { return false }
        let began = time.uptime()
        do throws(PortError) {
            try await fit(due, at: now)
            measures.record(.fit, time.uptime() - began)
        } catch {
            later.withLock { $0[due.facility.id] = now.advanced(by: Self.retry) }
            logger.warning(
                "a forecaster was not fitted", metadata: ["facility": "\(due.facility.id)", "error": "\(error)"])
        }
        return true
    }

    private func due(at now: UTCInstant) -> FacilityForecaster? {
        let waiting = later.withLock { later in
            later = later.filter { $0.value > now }
            return later
        }
        let oldest = UTCInstant(milliseconds: .min)
        return crew.all.filter { member in
            member.main.version.learns && member.main.daysKnown >= member.main.constants.firstFitDays
                && waiting[member.facility.id] == nil
                && member.fittedAt.map { now.since($0) >= settings.forecast.refitEvery } ?? true
        }.min { ($0.fittedAt ?? oldest, $0.facility.id) < ($1.fittedAt ?? oldest, $1.facility.id) }
    }

    private func fit(_ member: FacilityForecaster, at now: UTCInstant) async throws(PortError) {
        let origin = Granularity.quarterHour.windowStart(of: now)
        let id = member.facility.id
        let history = try await crew.samples(of: member.facility, at: origin)
        let (prior, version) = (member.main.prior, member.main.version)
        let (constants, network) = (settings.forecast.constants, settings.forecast.network)
        if member.fittedAt == nil {
            // The first time it is replayed as if live, so that its band rests on errors that it really made.
            let replayed = await BackgroundThread.run("forecast-fit") {
                var forecaster = Forecaster.replayed(
                    history, prior: prior, version: version, constants: constants, network: network)
                forecaster.compact()
                return forecaster
            }
            guard let replayed else { throw PortError(.unavailable, "the engine is stopping") }
            _ = crew.with(id) { $0.adopt(replayed, until: origin, fittedAt: now) }
        } else {
            let fit = await BackgroundThread.run("forecast-fit") {
                Forecaster.fit(history, prior: prior, version: version, constants: constants)
            }
            guard let fit else { throw PortError(.unavailable, "the engine is stopping") }
            _ = crew.with(id) { $0.adopt(fit, fittedAt: now) }
        }
        try await putAway(id, at: now)
    }

    private func putAway(_ id: FacilityID, at now: UTCInstant) async throws(PortError) {
        guard let member = crew[id] else { return }
        let archive = ForecasterArchive(
            facility: id, model: member.main.version.rawValue, fittedAt: member.fittedAt, savedAt: now,
            bytes: member.main.archived())
        try await bounded(by: settings.forecast.storeTimeout, "the record store", time: time) {
            [records] () throws(PortError) in try await records.put(archive)
        }
    }
}

extension FacilityForecaster {
    mutating func adopt(_ replayed: Forecaster, until end: UTCInstant, fittedAt now: UTCInstant) {
        main = replayed
        next = end
        fittedAt = now
    }

    mutating func adopt(_ fit: Forecaster.Fit, fittedAt now: UTCInstant) {
        main.adopt(fit)
        main.compact()
        fittedAt = now
    }
}
