import CoreMetrics
import EnergyModel
import Metering
import Ports
import Resilience
import ServiceLifecycle
import Synchronization

/// Current values of facilities as many may ask for them at once: one fill a facility at a time, whoever asks (ledger
/// CACHE-01..06, 08..11, 15, 16). Fills run on the service's own tasks, so a caller that gives up fails nobody else.
final class CurrentCache: Service {
    typealias Fetch = @Sendable (FacilityID) async throws(PortError) -> FacilityCurrent

    private struct Entry {
        var value: FacilityCurrent
        /// On the engine's uptime.
        var filledAt: Duration
        var lifetime: Duration
        /// Of the fleet as it was then: a changed one ends all entries.
        var epoch: Int
    }

    private typealias Filled = OneShot<Result<FacilityCurrent, PortError>?>

    private struct State {
        var entries: [FacilityID: Entry] = [:]
        /// Facilities being fetched, with whoever waits.
        var fills: [FacilityID: [Filled]] = [:]
        /// Requests since the last warming, halved at each.
        var demand: [FacilityID: Int] = [:]
    }

    private enum Step {
        case answer(CurrentAnswer, fill: Bool)
        case wait(Filled, fill: Bool)
        case full
    }

    private let state = Mutex(State())
    private let isWarm = Mutex(false)
    private let settings: EngineSettings.Current
    private let fetch: Fetch
    private let directory: FleetDirectory
    private let hasRecords: @Sendable () -> Bool
    private let health: HealthService
    private let time: Timekeeper
    private let share: @Sendable () -> Double
    /// What is to be read, and in the course of which trace: that of whoever missed it first.
    private struct Order: Sendable {
        var facility: FacilityID
        var trace: TraceContext?
    }

    private let line: AsyncStream<Order>
    private let queue: AsyncStream<Order>.Continuation
    private let requests: [Outcome: Counter]

    private enum Outcome: String, CaseIterable { case hit, early, stale, miss, failed }

    /// - Parameter hasRecords: false while the records do not answer: then values live longer (CACHE-10).
    init(
        settings: EngineSettings.Current, directory: FleetDirectory, health: HealthService, time: Timekeeper,
        share: @escaping @Sendable () -> Double, hasRecords: @escaping @Sendable () -> Bool, fetch: @escaping Fetch
    ) {
        self.settings = settings
        self.directory = directory
        self.health = health
        self.time = time
        self.share = share
        self.hasRecords = hasRecords
        self.fetch = fetch
        (line, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(settings.fillsWaiting))
        requests = Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map {
                ($0, Counter(label: "energy_cache_requests_total", dimensions: [("outcome", $0.rawValue)]))
            })
    }

    /// How long readiness waits for the first warming (CACHE-06).
    private static let warmingLimit = Duration.seconds(1)

    // MARK: - Asking

    func current(of facility: FacilityID) async throws(PortError) -> CurrentAnswer {
        guard directory.current.directory.number(of: facility) != nil else {
            throw PortError(.notFound, "no facility \(facility) is known; GET /api/facilities lists them")
        }
        switch step(facility) {
        case .answer(let answer, let fill):
            if fill { begin(facility) }
            return answer
        case .wait(let filled, let fill):
            if fill { begin(facility) }
            return try await wait(for: filled, facility)
        case .full:
            count(.failed)
            throw PortError(.unavailable, "too many wait for \(facility) already; ask again in a second")
        }
    }

    private func step(_ facility: FacilityID) -> Step {
        let (now, draw, epoch, hasRecords) = (time.uptime(), share(), directory.current.version, hasRecords())
        return state.withLock { state in
            state.demand[facility, default: 0] += 1
            let isFilling = state.fills[facility] != nil
            if let entry = state.entries[facility], entry.epoch == epoch {
                switch settings.policy.verdict(
                    age: now - entry.filledAt, lifetime: entry.lifetime, hasRecords: hasRecords, draw: draw)
                {
                case .fresh: return answer(entry, .hit, fill: false)
                case .early: return answer(entry, .early, fill: Self.claim(facility, isFilling, &state))
                case .stale: return answer(entry, .stale, fill: Self.claim(facility, isFilling, &state))
                case .expired: break
                }
            }
            guard state.fills[facility]?.count ?? 0 < settings.waitersPerFacility else { return .full }
            let filled = Filled()
            let fill = Self.claim(facility, isFilling, &state)
            state.fills[facility]?.append(filled)
            return .wait(filled, fill: fill)
        }
    }

    private func answer(_ entry: Entry, _ outcome: Outcome, fill: Bool) -> Step {
        count(outcome)
        return .answer(CurrentAnswer(value: entry.value, isStale: outcome == .stale), fill: fill)
    }

    /// The fill lock (CACHE-03): true for the one who is to fetch.
    private static func claim(_ facility: FacilityID, _ isFilling: Bool, _ state: inout State) -> Bool {
        if !isFilling { state.fills[facility] = [] }
        return !isFilling
    }

    private func begin(_ facility: FacilityID) {
        guard case .enqueued = queue.yield(Order(facility: facility, trace: TraceContext.current)) else {
            return finish(
                facility, .failure(PortError(.unavailable, "too many facilities are being read; ask again in a second"))
            )
        }
    }

    /// Waits for the fill at most `fillWait`, and so long that something can still be answered (CF-11).
    private func wait(for filled: Filled, _ facility: FacilityID) async throws(PortError) -> CurrentAnswer {
        let limit = min(settings.fillWait, RequestDeadline.shortened(settings.fillWait) - .milliseconds(100))
        let result = await withTaskGroup(of: Void.self) { group in
            group.addTask { [time] in
                do { try await time.expire(max(.zero, limit)) } catch { return }
                filled.fulfil(nil)
            }
            let result = await withTaskCancellationHandler {
                await filled.value
            } onCancel: {
                filled.fulfil(nil)
            }
            group.cancelAll()
            return result
        }
        switch result {
        case .success(let value):
            count(.miss)
            return CurrentAnswer(value: value, isStale: false)
        case .failure(let error): return try stale(facility, instead: error)
        case nil:
            return try stale(
                facility,
                instead: PortError(.timedOut, "the time series did not answer in time for \(facility); ask again"))
        }
    }

    private func stale(_ facility: FacilityID, instead error: PortError) throws(PortError) -> CurrentAnswer {
        let now = time.uptime()
        guard error.code != .notFound, let entry = state.withLock({ $0.entries[facility] }),
            settings.policy.servesInTrouble(age: now - entry.filledAt, lifetime: entry.lifetime)
        else {
            count(.failed)
            throw error
        }
        count(.stale)
        return CurrentAnswer(value: entry.value, isStale: true)
    }

    private func count(_ outcome: Outcome) { requests[outcome]?.increment() }

    // MARK: - Filling

    func run() async throws {
        let (began, time) = (time.uptime(), time)
        health.addReadinessCondition("current-values") { [weak self] in
            let isWarm = self?.isWarm.withLock { $0 } ?? true
            // Nobody waits for a cache that a slow store does not fill: what is asked for is then read when it is asked.
            let isLate = time.uptime() - began > Self.warmingLimit
            return .init(name: "current-values", passes: isWarm || isLate, detail: isWarm ? "warm" : "being read")
        }
        await cancelWhenGracefulShutdown { [self] in
            await withDiscardingTaskGroup { group in
                group.addTask { await self.warm() }
                for _ in 0..<settings.fillsAtOnce {
                    group.addTask {
                        for await order in self.line {
                            await TraceContext.$current.withValue(order.trace) { await self.fill(order.facility) }
                        }
                    }
                }
            }
        }
        queue.finish()
        for facility in state.withLock({ Array($0.fills.keys) }) {
            finish(facility, .failure(PortError(.unavailable, "the engine is stopping")))
        }
    }

    private func fill(_ facility: FacilityID) async {
        do throws(PortError) {
            let value = try await bounded(by: settings.fetchTimeout, "reading \(facility)", time: time) {
                [fetch] () throws(PortError) in try await fetch(facility)
            }
            finish(facility, .success(value))
        } catch {
            finish(facility, .failure(error))
        }
    }

    private func finish(_ facility: FacilityID, _ result: Result<FacilityCurrent, PortError>) {
        let (now, epoch, draw) = (time.uptime(), directory.current.version, share())
        let waiting = state.withLock { state in
            if case .success(let value) = result {
                state.entries[facility] = Entry(
                    value: value, filledAt: now, lifetime: settings.policy.lifetime(draw: draw), epoch: epoch)
            }
            return state.fills.removeValue(forKey: facility) ?? []
        }
        for filled in waiting { filled.fulfil(result) }
    }

    // MARK: - Warming

    /// At the start what matters most, before the first question; after that what was asked for lately, every few seconds
    /// (CACHE-05, 06). Facilities that nobody asks for cost nothing.
    private func warm() async {
        while !health.isDone("fleet"), await time.pause(.milliseconds(100)) {}
        let largest = directory.current.facilities
            .sorted { $0.contractDemand?.kilowatts ?? 0 > $1.contractDemand?.kilowatts ?? 0 }
        refill(largest.prefix(settings.warmed).map(\.id))
        while state.withLock({ !$0.fills.isEmpty }), await time.pause(.milliseconds(50)) {}
        isWarm.withLock { $0 = true }
        while await time.pause(settings.warmEvery) {
            let wanted = state.withLock { state in
                let known = Set(directory.current.facilities.map(\.id))
                let wanted = state.demand.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map(\.key)
                state.demand = state.demand.compactMapValues { $0 > 1 ? $0 / 2 : nil }
                state.entries = state.entries.filter { known.contains($0.key) }
                return wanted
            }
            refill(Array(wanted.prefix(settings.warmed)))
        }
    }

    private func refill(_ facilities: [FacilityID]) {
        for facility in facilities {
            let mine = state.withLock { Self.claim(facility, $0.fills[facility] != nil, &$0) }
            if mine { begin(facility) }
        }
    }
}
