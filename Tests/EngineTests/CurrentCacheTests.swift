import EnergyModel
import Ports
import Resilience
import ServiceLifecycle
import SwitchyardTesting
import Synchronization
import Testing

@testable import Engine

@Suite("Current values", .timeLimit(.minutes(2)))
struct CurrentCacheTests {
    private static let facility = FacilityID("F-1")!

    /// A cache over one facility with clocks of its own; the store answers when told to.
    private final class House: Sendable {
        struct State {
            var uptime = Duration.zero
            var asked = 0
            var isOpen = true
            var error: PortError?
            var waiting: [CheckedContinuation<Void, Never>] = []
        }
        let state = Mutex(State())
        let hasRecords = Mutex(true)
        let directory: FleetDirectory
        private let world = World()

        init() async throws {
            _ = try await world.records.importFacilities([
                FacilityDescription(
                    id: CurrentCacheTests.facility, name: "One", kind: .office, region: "", timeZone: "UTC",
                    contractDemand: Power(kilowatts: 100), buildingEndpoint: nil, meters: [])
            ])
            directory = world.parts.directory
            try await directory.load()
        }

        /// Time-outs never pass, unless `isHurried`: then all pass at once.
        func cache(isHurried: Bool = false, draw: Double = 0.5) -> CurrentCache {
            var settings = EngineSettings.Current()
            settings.warmed = 0
            let time = Timekeeper(
                now: { UTCInstant(seconds: 1_800_000_000) }, uptime: { self.state.withLock(\.uptime) },
                sleep: { _ in try await Task.sleep(for: .seconds(3600)) },
                expire: { _ in if !isHurried { try await Task.sleep(for: .seconds(3600)) } })
            return CurrentCache(
                settings: settings, directory: directory, health: world.parts.health, time: time, share: { draw },
                hasRecords: { self.hasRecords.withLock(\.self) },
                fetch: { facility throws(PortError) in try await self.fetch(facility) })
        }

        private func fetch(_ facility: FacilityID) async throws(PortError) -> FacilityCurrent {
            await withCheckedContinuation { continuation in
                let passes = state.withLock { state in
                    state.asked += 1
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if passes { continuation.resume() }
            }
            let (error, number) = state.withLock { ($0.error, $0.asked) }
            if let error { throw error }
            return FacilityCurrent(
                facility: facility, name: "One", timeZone: "UTC", contractDemand: nil,
                load: Power(kilowatts: Double(number)), newest: nil, meters: 1, freshMeters: 1, usableMeters: 1,
                quality: .raw, readAt: UTCInstant(seconds: 1_800_000_000))
        }

        var asked: Int { state.withLock(\.asked) }

        func set(_ change: (inout State) -> Void) {
            let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                change(&state)
                guard state.isOpen else { return [] }
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    /// Runs the cache's service beside `body`.
    private func run(_ cache: CurrentCache, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await cache.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    private func ask(_ cache: CurrentCache) async throws -> (kilowatts: Double, isStale: Bool) {
        let answer = try await cache.current(of: Self.facility)
        return (answer.value.load?.kilowatts ?? -1, answer.isStale)
    }

    @Test("a hundred who miss at once are one query, and then all are answered from memory (CACHE-16)")
    func coalesces() async throws {
        let house = try await House()
        let cache = house.cache()
        try await run(cache) {
            house.set { $0.isOpen = false }
            try await withThrowingTaskGroup(of: Double.self) { group in
                for _ in 0..<100 { group.addTask { try await self.ask(cache).kilowatts } }
                while house.asked == 0 { await Task.yield() }
                await everyoneRests()
                house.set { $0.isOpen = true }
                for try await kilowatts in group { #expect(kilowatts == 1) }
            }
            #expect(house.asked == 1)
            _ = try await ask(cache)
            #expect(house.asked == 1)
        }
    }

    @Test("past its life it is answered at once, marked, and fetched anew behind the answer")
    func staleWhileRevalidating() async throws {
        let house = try await House()
        let cache = house.cache()
        try await run(cache) {
            _ = try await ask(cache)
            house.set { $0.uptime = .seconds(11) }
            house.set { $0.isOpen = false }
            let stale = try await ask(cache)
            #expect(stale.kilowatts == 1 && stale.isStale, "10 s was its life")
            house.set { $0.isOpen = true }
            while try await ask(cache).isStale { await Task.yield() }
            #expect(try await ask(cache).kilowatts == 2 && house.asked == 2)
        }
    }

    @Test("near its end one request fetches it anew and nobody waits or is told it is stale")
    func early() async throws {
        let house = try await House()
        let cache = house.cache(draw: 0.2)
        try await run(cache) {
            _ = try await ask(cache)
            house.set { $0.uptime = .milliseconds(8700) }
            let first = try await ask(cache)
            #expect(first.kilowatts == 1 && !first.isStale)
            while try await ask(cache).kilowatts == 1 { await Task.yield() }
            #expect(house.asked == 2)
        }
    }

    @Test("a store that fails: stale for a minute, then the error; and no longer life without records")
    func trouble() async throws {
        let house = try await House()
        let cache = house.cache()
        try await run(cache) {
            _ = try await ask(cache)
            house.set {
                $0.error = PortError(.unavailable, "the series store is locked")
                $0.uptime = .seconds(69)
            }
            #expect(try await ask(cache).isStale, "10 s of life and 60 s in trouble")
            house.set { $0.uptime = .seconds(71) }
            await #expect(throws: PortError.self) { try await cache.current(of: Self.facility) }
            house.hasRecords.withLock { $0 = false }
            let kept = try await ask(cache)
            #expect(!kept.isStale && kept.kilowatts == 1, "5 min while the records are away (CACHE-10)")
        }
    }

    @Test("a store that hangs is not waited for")
    func hangs() async throws {
        let house = try await House()
        let cache = house.cache(isHurried: true)
        house.set { $0.isOpen = false }
        try await run(cache) {
            let error = await #expect(throws: PortError.self) { try await cache.current(of: Self.facility) }
            #expect(error?.code == .timedOut)
            house.set { $0.isOpen = true }
        }
    }

    @Test("a fleet that changed makes every value be read anew, and a facility that nobody knows is not found")
    func epochs() async throws {
        let house = try await House()
        let cache = house.cache()
        try await run(cache) {
            _ = try await ask(cache)
            _ = try await house.directory.register([
                MeterRegistration(meter: MeterID("M-9")!, facility: Self.facility)
            ])
            #expect(try await ask(cache).kilowatts == 2)
            let error = await #expect(throws: PortError.self) { try await cache.current(of: FacilityID("F-404")!) }
            #expect(error?.code == .notFound && house.asked == 2)
        }
    }

    @Test("what is answered is the sum of usable meters, with the worst quality and the newest moment")
    func values() async throws {
        let world = World { $0.ingest.registration = .open }
        let now = world.time.now
        _ = await world.send(json("M-1", at: now, kilowatts: 7), as: .rest(client: "m"))
        _ = await world.send(json("M-2", at: now.advanced(by: .seconds(-60)), kilowatts: 5), as: .rest(client: "m"))
        _ = await world.send(json("M-3", at: now.advanced(by: .seconds(-301)), kilowatts: 100), as: .rest(client: "m"))
        var session = try await world.parts.aggregation.open()
        try await world.parts.aggregation.turn(&session)
        try await world.parts.aggregation.finish(&session)
        #expect(world.time.now.since(now) < .seconds(40))
        let values = CurrentValues(
            series: world.series, directory: world.parts.directory, settings: world.settings, time: world.parts.time)
        let current = try await values.read(Self.facility)
        #expect(current.load == Power(kilowatts: 12) && current.meters == 3)
        #expect(current.usableMeters == 2 && current.quality == .raw)
    }
}
