import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("The weather of the fleet")
struct WeatherServiceTests {
    @Test("every place has weather within seconds, neighbours share a fetch, and it is kept")
    func first() async throws {
        let world = WeatherWorld(facilities: ["F-1": (52.52, 13.4), "F-2": (52.54, 13.41), "F-3": (40.71, -74.01)])
        await world.seconds(5)
        #expect(Set(world.providers[0].calls.map(\.cell.text)) == ["52.5,13.4", "40.7,-74"])
        #expect(world.providers[0].calls.count == 2)
        for facility in ["F-1", "F-2", "F-3"] {
            let outlook = try world.outlook(facility)
            #expect(outlook.standing == .live && outlook.source == "weatherapi")
            #expect(outlook.temperatures.allSatisfy { $0 != nil })
        }
        let all = TimeRange(start: .distantPast, end: world.clock.utc.advanced(by: .seconds(1_000_000)))
        #expect(try await world.records.weather(in: WeatherCell(latitude: 525, longitude: 134), all).count == 48)
    }

    @Test("a place is fetched once an interval, the second time somewhere within it so that places keep apart")
    func interval() async {
        let world = WeatherWorld()
        await world.seconds(2600)
        #expect(world.providers[0].times == [1, 676, 1576, 2476])
        #expect(world.providers[1].calls.isEmpty)
    }

    @Test("three tries, then the next provider; the first is used again as soon as it answers (FC-01, FC-02)")
    func failOver() async throws {
        let world = WeatherWorld()
        world.providers[0].behave(.fails(.unreachable))
        await world.seconds(10)
        #expect(world.providers[0].times == [1, 2, 4])
        #expect(world.providers[1].times == [4])
        #expect(try world.outlook().source == "openweathermap")
        world.providers[0].behave(.well)
        await world.seconds(700)
        #expect(world.providers[0].times == [1, 2, 4, 679])
        #expect(try world.outlook().source == "weatherapi")
        #expect(
            try await world.notes().contains(
                "weather: the weather of 1 places comes from weatherapi and no longer from openweathermap"))
    }

    @Test("a provider that hangs is given up at its deadline, and the next one asked")
    func hangs() async throws {
        let world = WeatherWorld { $0.attempts = 2 }
        world.providers[0].behave(.hangs)
        await world.seconds(1)
        for _ in 0..<2 {
            async let turn: Void = world.service.turn()
            await world.clock.sleepers(atLeast: 2)
            world.clock.advance(by: world.settings.timeout)
            await turn
            world.clock.advance(by: .seconds(1))
        }
        await world.seconds(2)
        #expect(world.providers[0].calls.count == 2)
        #expect(try world.outlook().source == "openweathermap")
        #expect(world.gate.sources[0].lastError?.code == .timedOut)
    }

    @Test("what one place finds out others need not: a provider that fails rests")
    func rests() async throws {
        let places = (0..<20).map { ("F-\($0)", (30.0 + Double($0), 10.0)) }
        let world = WeatherWorld(facilities: Dictionary(uniqueKeysWithValues: places))
        world.providers[0].behave(.fails(.unwell))
        await world.seconds(15)
        #expect((3...6).contains(world.providers[0].calls.count), "\(world.providers[0].calls.count)")
        for (facility, _) in places { #expect(try world.outlook(facility).source == "openweathermap") }
    }

    @Test(
        "five minutes of nothing but failures open the breaker; the canary tells after two and closes it (FC-04, FC-11)"
    )
    func breaker() async throws {
        let world = WeatherWorld()
        world.providers[0].behave(.fails(.unwell))
        await world.seconds(300, canary: 300)
        #expect(world.gate.breakers[0].status.state == .closed)
        #expect(world.inbox.all.isEmpty)
        await world.seconds(299, canary: 300)
        #expect(world.gate.breakers[0].status.state == .open)
        #expect(world.gate.breakers[1].status.state == .closed)
        #expect(world.inbox.all.map(\.subject) == ["weather:weatherapi"])
        #expect(world.gate.statuses.map(\.state) == [.down, .up, .up])

        world.providers[0].behave(.well)
        await world.canary.turn()
        #expect(world.gate.breakers[0].status.state == .closed)
        #expect(world.gate.statuses.map(\.state) == [.up, .up, .up])
        #expect(try await world.notes().contains("weather:weatherapi: answers again after 2 failed checks"))
    }

    @Test("without any provider weather ages and then repeats the day before, is told of once, and comes back (FC-06)")
    func allDown() async throws {
        let world = WeatherWorld()
        await world.minutes(24 * 60)
        #expect(try world.outlook().standing == .live)
        for provider in world.providers { provider.behave(.fails(.unreachable)) }
        await world.minutes(60)
        #expect(try world.outlook().standing == .cached)
        #expect(world.inbox.all.filter { $0.subject == "weather" }.count == 1)
        await world.minutes(30 * 60)
        let outlook = try world.outlook()
        #expect(outlook.standing == .persistence)
        #expect(outlook.temperatures == ScriptedProvider.hours(from: world.clock.utc, 24).map(\.celsius))
        #expect(world.inbox.all.filter { $0.subject == "weather" }.count == 1)

        for provider in world.providers { provider.behave(.well) }
        await world.minutes(30)
        #expect(try world.outlook().standing == .live)
        #expect(try await world.notes().contains("weather: every place has weather again"))
    }

    @Test("a used-up quota is respected until the provider wants to be asked again")
    func quota() async throws {
        let world = WeatherWorld()
        world.providers[0].behave(.fails(.quota, retryAfter: .seconds(3000)))
        await world.seconds(3000, canary: 300)
        #expect(world.providers[0].calls.count == 1)
        #expect(try world.outlook().source == "openweathermap")
        world.providers[0].behave(.well)
        await world.seconds(400, canary: 300)
        #expect(world.providers[0].calls.count >= 2)
        #expect(world.gate.sources[0].lastError == nil)
    }

    @Test("a provider that does not serve a place is no failure, and is asked for it once a day")
    func notServed() async throws {
        let world = WeatherWorld()
        world.providers[0].behave(.fails(.notServed))
        await world.minutes(20 * 60)
        #expect(world.providers[0].calls.count == 1)
        await world.minutes(10 * 60)
        #expect(world.providers[0].calls.count == 2)
        #expect(world.gate.breakers[0].status.state == .closed)
        #expect(world.gate.sources[0].days.map(\.failedCalls).reduce(0, +) == 0)
        await world.canary.turn()
        #expect(world.gate.statuses[0].detail.contains("does not serve the canary's place"))
    }

    @Test("stale and implausible answers count as failures, and the next provider is asked at once")
    func judged() async throws {
        for report in [
            WeatherReport(
                hours: ScriptedProvider.hours(from: UTCInstant(seconds: 1_790_035_200 - 200_000)), issuedAt: nil),
            WeatherReport(
                hours: ScriptedProvider.hours(from: UTCInstant(seconds: 1_790_035_200), warmer: 200), issuedAt: nil),
        ] {
            let world = WeatherWorld()
            world.providers[0].behave(.told(report))
            await world.seconds(3)
            #expect(world.providers[0].calls.count == 1)
            #expect(try world.outlook().source == "openweathermap")
            #expect(world.gate.sources[0].days.first?.failedCalls == 1)
        }
    }

    @Test("a provider that begins to tell Fahrenheit is not believed")
    func unitMistake() async throws {
        let world = WeatherWorld()
        await world.seconds(5)
        world.providers[0].behave(.warmer(by: 32))
        await world.seconds(700)
        #expect(world.gate.sources[0].lastError?.code == .implausible)
        let outlook = try world.outlook()
        #expect(outlook.source == "openweathermap")
        #expect(outlook.temperatures.compactMap { $0 }.allSatisfy { $0 < 14 })
    }

    @Test("after a restart the weather is there before any provider answers")
    func restart() async throws {
        let before = WeatherWorld()
        await before.seconds(5)
        let world = WeatherWorld(records: before.records)
        for provider in world.providers { provider.behave(.fails(.unreachable)) }
        world.clock.advance(by: .seconds(3600))
        await world.seconds(1)
        let outlook = try world.outlook()
        #expect(outlook.standing == .cached && outlook.source == "weatherapi")
    }

    @Test("a store that is down costs no weather: what was fetched is stored when it is back")
    func storeDown() async throws {
        let world = WeatherWorld()
        world.records.faults.failNext(20)
        await world.seconds(3)
        #expect(try world.outlook().standing == .live)
        await world.seconds(20)
        let all = TimeRange(start: .distantPast, end: world.clock.utc.advanced(by: .seconds(1_000_000)))
        #expect(try await world.records.weather(in: WeatherCell(latitude: 525, longitude: 134), all).count == 48)
        #expect(try await world.records.providerDays(all).reduce(0) { $0 + $1.calls } == 1)
    }

    @Test("weather is dropped from the store when it is too old to learn from (FC-05 asks for seven days)")
    func retention() async throws {
        let world = WeatherWorld { $0.history = .seconds(7 * 86_400) }
        let cell = WeatherCell(latitude: 525, longitude: 134)
        let old = world.clock.utc.advanced(by: .seconds(-7 * 86_400 + 1800))
        try await world.records.put(
            ScriptedProvider.hours(from: old.advanced(by: .seconds(-3 * 3600)), 6).map {
                WeatherObservation(
                    cell: cell, hour: $0.hour, source: "noaa", celsius: $0.celsius, fetchedAt: $0.hour)
            })
        await world.minutes(120)
        let all = TimeRange(start: .distantPast, end: world.clock.utc)
        let left = try await world.records.weather(in: cell, all).map(\.hour)
        #expect(left.allSatisfy { $0 >= world.clock.utc.advanced(by: .seconds(-7 * 86_400 - 7200)) })
        #expect(left.count < 6 + 3)
    }

    @Test("availability is what the canary measured, kept by the day (FC-15)")
    func availability() async throws {
        let world = WeatherWorld()
        for turn in 0..<10 {
            world.providers[1].behave(turn == 4 ? .fails(.unwell) : .well)
            await world.canary.turn()
            await world.service.turn()
            world.clock.advance(by: .seconds(300))
        }
        await world.service.turn()
        let range = TimeRange(start: .distantPast, end: world.clock.utc)
        let kept = ProviderAvailability.of(try await world.records.providerDays(range))
        #expect(kept.map(\.source) == ["noaa", "openweathermap", "weatherapi"])
        #expect(kept.map(\.share) == [1, 0.9, 1])
        #expect(kept.map(\.isKept) == [true, false, true])
        #expect(kept[1].sentence.hasPrefix("90.0 % of 10 checks since 2026-"))
        #expect(world.gate.statuses[1].detail.contains("90.0 % of 10 checks"))
        let later = WeatherWorld(records: world.records)
        later.gate.sources[1].load(try await later.records.providerDays(range))
        #expect(ProviderAvailability(later.gate.sources[1].days)?.share == 0.9)
    }

    @Test("Health shows each provider and its breaker")
    func health() {
        let world = WeatherWorld()
        let snapshots = HealthSnapshots(
            health: world.health, measures: EngineMeasures(time: world.time), breakers: [], buildings: nil,
            weather: world.gate, host: .unknown, settings: EngineSettings(), startedAt: world.clock.utc)
        let shown = snapshots.snapshot()
        let names = WeatherWorld.names.map { "weather:\($0)" }
        #expect(shown.dependencies.map(\.name) == names && shown.breakers.map(\.name) == names)
        #expect(shown.dependencies.allSatisfy { $0.state == .up && $0.detail == "has not answered yet" })
        #expect(snapshots.breaker(named: "weather:noaa") != nil, "a person can isolate it")
    }
}
