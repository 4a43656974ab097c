import EnergyModel
import Forecasting
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// Forecasts every facility with each quarter hour (ledger BASE-08): takes in what came, issues the next 24 hours, keeps them.
final class ForecastService: Service {
    private struct Watch {
        var degraded = 0
        var peaks: Set<FacilityID> = []
        var holdsLease = true
    }

    static let lease = "forecasts"
    /// How long a run reads histories before it goes on to forecast.
    private static let readingTime = Duration.seconds(60)
    /// Members whose gap is read by themselves in one run.
    private static let gapsInRun = 50
    /// A day from any quarter hour touches so many UTC hours.
    private static let hoursAhead = 25
    private let crew: ForecastCrew
    private let board: ForecastBoard
    private let store: ForecastStore
    private let records: any ForecastRecords
    private let leases: any RecordStore
    private let weather: WeatherDesk
    private let owner: String
    private let settings: EngineSettings
    private let time: Timekeeper
    private let health: HealthService
    private let measures: EngineMeasures
    private let journal: Journal
    private let logger: Logger
    private let watch = Mutex(Watch())

    init(
        crew: ForecastCrew, board: ForecastBoard, store: ForecastStore, records: any ForecastRecords,
        weather: WeatherDesk, on ground: EngineGround
    ) {
        self.crew = crew
        self.board = board
        self.store = store
        self.records = records
        self.weather = weather
        leases = ground.records
        // An engine that starts again under the same name takes its own lease up at once.
        owner = ground.settings.response.owner
        settings = ground.settings
        time = ground.time
        health = ground.health
        measures = ground.measures
        journal = ground.journal
        logger = ground.logger
    }

    func run() async throws {
        defer { health.rest("forecasts") }
        await cancelWhenGracefulShutdown { [self] in
            // A store that is away must not keep new forecasts from being made (FC-14).
            for _ in 0..<15 where isRunning {
                health.beat("forecasts")
                if await recall() { break }
                _ = await time.pause(.seconds(2))
            }
            while isRunning, crew.history.directory.current.version == 0 { _ = await time.pause(.milliseconds(500)) }
            var isFirst = true
            while isRunning {
                await turn(isSpread: !isFirst)
                isFirst = false
                await wait()
            }
        }
    }

    /// Until the next quarter hour is closed; in the first half hour a minute while some facility has hardly any load, as after
    /// a first import whose past comes in just now.
    private func wait() async {
        let quarter = Granularity.quarterHour.rawValue
        let now = time.now()
        let due = Granularity.quarterHour.windowStart(of: now.advanced(by: .zero - settings.forecast.settle))
            .advanced(by: .milliseconds(quarter)).advanced(by: settings.forecast.settle)
        let isYoung = time.uptime() < .seconds(1800) && crew.all.contains { $0.main.daysKnown < 1 }
        // Who waits for another's lease looks every minute.
        let isNear = isYoung || !watch.withLock(\.holdsLease)
        let until = isNear ? min(due, now.advanced(by: .seconds(60))) : due
        while isRunning, time.now() < until {
            health.beat("forecasts")
            // In short steps: the wall clock may be set.
            guard await time.pause(min(.seconds(10), until.since(time.now()))) else { return }
        }
    }

    /// What was forecast and entered before the start; false while the store does not answer.
    func recall() async -> Bool {
        let now = time.now()
        do throws(PortError) {
            let (forecasts, profiles) = try await bounded(
                by: settings.forecast.readTimeout, "the record store", time: time
            ) { [records] () throws(PortError) in
                (try await records.newestForecasts(at: now), try await records.loadProfiles())
            }
            board.take(forecasts, isRecalled: true)
            board.take(profiles)
            return true
        } catch {
            logger.warning("forecasts not read, trying again", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// One run over the fleet; `isSpread` takes its time over it.
    func turn(isSpread: Bool) async {
        guard await holdsLease() else {
            // Another engine makes them; here they are read, and nothing is learned or put away.
            watch.withLock { $0.holdsLease = false }
            crew.keep([])
            _ = await recall()
            return
        }
        watch.withLock { $0.holdsLease = true }
        let began = time.uptime()
        let now = time.now()
        let origin = Granularity.quarterHour.windowStart(of: now)
        let facilities = fleet()
        crew.keep(facilities)
        await bringIn(facilities, at: origin)
        await takeIn(at: origin)
        review(at: now)
        let chunks = facilities.chunks(of: max(1, settings.forecast.batch))
        for (index, chunk) in chunks.enumerated() {
            health.beat("forecasts")
            await issue(Array(chunk), origin: origin)
            if isSpread, index + 1 < chunks.count {
                guard await time.pause(settings.forecast.stagger / chunks.count) else { return }
            }
        }
        measures.record(.forecast, time.uptime() - began)
        tellPeaks(facilities)
        tellDegraded()
        await store.drop(at: now)
    }

    /// Throws when forecasts are late (FC-12).
    func check() throws(PortError) {
        let limit = settings.forecast.lagAlert
        guard time.uptime() > limit else { return }
        let now = time.now()
        let facilities = fleet()
        let late = facilities.filter { facility in board[facility.id].map { now.since($0.issuedAt) > limit } ?? true }
        guard let first = late.first else { return }
        throw PortError(
            .timedOut,
            "\(late.count) of \(facilities.count) facilities have no forecast of the last "
                + "\(limit.milliseconds / 60_000) min, \(first.id) among them: plans fall back on their newest loads; look "
                + "at the stores and the log")
    }

    // MARK: - Steps of a run

    private func holdsLease() async -> Bool {
        do throws(PortError) {
            let now = time.now()
            return try await bounded(by: settings.series.queryTimeout, "the record store", time: time) {
                [leases, owner] () throws(PortError) in
                try await leases.claim(lease: Self.lease, owner: owner, now: now, duration: .seconds(1200))
            }
        } catch {
            // Forecasts must go on while the store is away (FC-14); two that both run write the same rows.
            logger.warning("the forecast lease is not held", metadata: ["error": "\(error)"])
            return true
        }
    }

    /// In an order of its own, so that neighbours by name do not come in one burst.
    private func fleet() -> [Facility] {
        crew.history.directory.current.facilities.filter { $0.id.text != settings.canary.facility }
            .map { (partitionIndex(ofKey: $0.id.text, partitions: .max), $0) }
            .sorted { ($0.0, $0.1.id) < ($1.0, $1.1.id) }.map(\.1)
    }

    private func bringIn(_ facilities: [Facility], at origin: UTCInstant) async {
        let began = time.uptime()
        for facility in facilities {
            // Those whose history is not read yet must not hold up the others; the next run goes on.
            guard isRunning, time.uptime() - began < Self.readingTime else { return }
            health.beat("forecasts")
            do throws(PortError) {
                if let member = crew[facility.id] {
                    let mustBeMade = try await member.isLost ? true : knowsTooLittle(member, at: origin)
                    guard mustBeMade else { continue }
                    crew.put(try await crew.firstLook(facility, member.main.version, at: origin))
                } else {
                    crew.put(try await crew.bringIn(facility, at: origin))
                }
            } catch {
                logger.warning(
                    "a facility's history was not read", metadata: ["facility": "\(facility.id)", "error": "\(error)"])
                if error.isTransient { return }
            }
        }
    }

    /// A young facility whose past came in later, by a backfill or an import.
    private func knowsTooLittle(_ member: FacilityForecaster, at origin: UTCInstant) async throws(PortError) -> Bool {
        guard member.fittedAt == nil, member.main.daysKnown < settings.forecast.firstLookDays else { return false }
        let start = origin.advanced(by: .zero - .seconds(86_400 * settings.forecast.firstLookDays))
        let stored = try await crew.history.rollups(of: member.facility, in: TimeRange(start: start, end: member.next))
        return stored.count > member.taken + 4
    }

    /// The last quarter hours of all at once; who is further behind gets a read of its own.
    private func takeIn(at origin: UTCInstant) async {
        let members = crew.all.map { (facility: $0.facility, next: $0.next) }
        let range = TimeRange(start: origin.advanced(by: .seconds(-2 * 3600)), end: origin)
        do throws(PortError) {
            let rollups = try await crew.history.recent(in: range)
            let responding = try await crew.history.responding(in: range)
            for (facility, next) in members where next >= range.start {
                guard let own = rollups[facility.number] else { continue }
                let context = context(of: facility.id, in: range, responding[facility.id] ?? [])
                _ = crew.with(facility.id) { $0.take(own, context, least: settings.forecast.leastShare) }
                await Task.yield()
            }
            let behind = members.filter { $0.next < range.start && rollups[$0.facility.number] != nil }
            for (facility, next) in behind.prefix(Self.gapsInRun) {
                try await fillGap(of: facility, from: next, to: origin)
            }
        } catch {
            logger.warning("forecasts go on without the newest loads", metadata: ["error": "\(error)"])
        }
    }

    /// What came while the facility was silent, or was filled in since.
    private func fillGap(
        of facility: Facility, from next: UTCInstant, to origin: UTCInstant
    ) async throws(PortError) {
        health.beat("forecasts")
        let earliest = origin.advanced(by: .zero - .seconds(86_400 * settings.forecast.firstLookDays))
        let range = TimeRange(start: max(next, earliest), end: origin)
        let own = try await crew.history.rollups(of: facility, in: range)
        let context = try await crew.history.context(of: facility.id, in: range)
        _ = crew.with(facility.id) { $0.take(own, context, least: settings.forecast.leastShare) }
    }

    private func context(
        of facility: FacilityID, in range: TimeRange, _ responses: [TimeRange]
    ) -> HistoryContext {
        var context = HistoryContext()
        context.weatherFrom = Granularity.hour.windowStart(of: range.start)
        let hours = Int(range.duration.milliseconds / 3_600_000) + 2
        context.temperatures = weather.past(for: facility, from: context.weatherFrom, hours: hours)
        context.responses = responses
        context.expected = board[facility]
        return context
    }

    /// Who lost the place, who is back in it.
    private func review(at now: UTCInstant) {
        for id in crew.all.map(\.facility.id) {
            guard let sentence = crew.with(id, { $0.review(at: now) }) ?? nil else { continue }
            journal.note(sentence, of: "forecast:\(id)", by: "service:forecasts", about: id)
        }
    }

    private func issue(_ facilities: [Facility], origin: UTCInstant) async {
        var forecasts: [FacilityForecast] = []
        var standings: [FacilityID: ForecasterStanding] = [:]
        for facility in facilities {
            let now = time.now()
            let circumstances = circumstances(of: facility.id, origin: origin, now: now)
            let issued = crew.with(facility.id) { member in
                (member.issue(circumstances, settings.forecast), member.standing())
            }
            guard let issued else { continue }
            guard issued.0.steps.allSatisfy(\.isFinite) else {
                logger.error("a forecast is no number and is not issued", metadata: ["facility": "\(facility.id)"])
                continue
            }
            forecasts.append(issued.0)
            standings[facility.id] = issued.1
            await Task.yield()
        }
        board.take(forecasts, standings: standings)
        await store.keep(forecasts)
    }

    private func circumstances(
        of facility: FacilityID, origin: UTCInstant, now: UTCInstant
    ) -> FacilityForecaster.Circumstances {
        let hour = Granularity.hour.windowStart(of: origin)
        let start = max(min(crew[facility]?.next ?? origin, origin), origin.advanced(by: .seconds(-86_400)))
        let from = Granularity.hour.windowStart(of: start)
        let past = weather.past(for: facility, from: from, hours: Int(hour.since(from).milliseconds / 3_600_000))
        let outlook = weather.outlook(for: facility, from: hour, hours: Self.hoursAhead, now: now)
        let known = past + outlook.temperatures
        let context = HistoryContext(temperatures: known, weatherFrom: from)
        let quarters = (0..<known.count * 4).map {
            context.temperature(at: from.advanced(by: .milliseconds(Int64($0) * FacilityForecast.stepMilliseconds)))
        }
        return FacilityForecaster.Circumstances(
            now: now, origin: origin, weather: outlook, temperatures: quarters, temperaturesFrom: from,
            profile: board.profile(of: facility, at: now))
    }

    /// A profile that was just entered or ended shows at once, not with the next quarter hour.
    func reissue(_ facility: Facility) async {
        await issue([facility], origin: Granularity.quarterHour.windowStart(of: time.now()))
    }

    // MARK: - What is told

    private func tellPeaks(_ facilities: [Facility]) {
        let briefs = board.briefs
        for facility in facilities {
            guard let brief = briefs[facility.id], let contract = facility.contractDemand, contract > .zero else {
                continue
            }
            let share = brief.peak.kilowatts / contract.kilowatts
            let (isHigh, wasHigh) = watch.withLock { watch in
                let was = watch.peaks.contains(facility.id)
                // Five points of hysteresis: a forecast that wavers about the mark is told of once.
                let high = share >= settings.forecast.peakWarning - (was ? 0.05 : 0)
                if high { watch.peaks.insert(facility.id) } else { watch.peaks.remove(facility.id) }
                return (high, was)
            }
            guard isHigh != wasHigh else { continue }
            let percent = Int((share * 100).rounded())
            journal.note(
                isHigh
                    ? "a peak of \(percent) % of contract demand is forecast for \(brief.peakAt.iso8601)"
                    : "the forecast peak is \(percent) % of contract demand again",
                of: "forecast:\(facility.id)", by: "service:forecasts", about: facility.id)
        }
    }

    private func tellDegraded() {
        let forecasts = board.forecasts
        let degraded = forecasts.filter { $0.mode == .degraded }
        let before = watch.withLock { watch in
            defer { watch.degraded = degraded.count }
            return watch.degraded
        }
        guard (before == 0) != degraded.isEmpty else { return }
        journal.note(
            degraded.isEmpty
                ? "all \(forecasts.count) forecasts are as they should be again"
                : "\(degraded.count) of \(forecasts.count) forecasts are degraded, e.g. "
                    + "\(degraded[0].facility): \(degraded[0].remarks.first ?? "")",
            of: "forecasts", by: "service:forecasts")
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min(count, $0 + size)] }
    }
}
