import EnergyModel
import Logging
import Ports
import SwitchyardTesting
import Synchronization

@testable import Engine

/// A provider that does as a test says, call by call or by the time it is.
final class ScriptedProvider: WeatherProvider, Sendable {
    enum Manner: Sendable {
        /// 1 °C at noon to 13 °C at midnight UTC, for 48 hours from the present one.
        case well
        case warmer(by: Double)
        case fails(WeatherError.Code, retryAfter: Duration? = nil)
        case hangs
        case told(WeatherReport)
    }

    let name: String
    private let clock: ManualClock
    private let manner: Mutex<Manner>
    private let asked = Mutex<[(cell: WeatherCell, at: Duration)]>([])

    init(_ name: String, clock: ManualClock, _ manner: Manner = .well) {
        self.name = name
        self.clock = clock
        self.manner = Mutex(manner)
    }

    func behave(_ manner: Manner) { self.manner.withLock { $0 = manner } }
    var calls: [(cell: WeatherCell, at: Duration)] { asked.withLock(\.self) }
    /// Whole seconds of the clock at which it was asked.
    var times: [Int64] { calls.map { $0.at.milliseconds / 1000 } }

    static func celsius(_ hour: UTCInstant) -> Double {
        1 + Double(abs(hour.milliseconds / 3_600_000 % 24 - 12))
    }

    static func hours(from moment: UTCInstant, _ count: Int = 48, warmer: Double = 0) -> [WeatherHour] {
        let first = moment.floor(toMilliseconds: 3_600_000)
        return (0..<count).map { number in
            let hour = first.advanced(by: .seconds(3600 * number))
            return WeatherHour(hour: hour, celsius: celsius(hour) + warmer)
        }
    }

    func weather(in cell: WeatherCell, now: UTCInstant) async throws(WeatherError) -> WeatherReport {
        asked.withLock { $0.append((cell, clock.now.offset)) }
        switch manner.withLock(\.self) {
        case .well: return WeatherReport(hours: Self.hours(from: now), issuedAt: now)
        case .warmer(let kelvin): return WeatherReport(hours: Self.hours(from: now, warmer: kelvin), issuedAt: now)
        case .fails(let code, let retryAfter):
            throw WeatherError(code, "\(name) fails as told (\(code.rawValue))", retryAfter: retryAfter)
        case .told(let report): return report
        case .hangs:
            do { try await clock.sleep(for: .seconds(1_000_000)) } catch {
                throw WeatherError(.unreachable, "\(name) was cancelled")
            }
            throw WeatherError(.unreachable, "\(name) has slept through the test")
        }
    }
}

/// The weather's parts on a clock that stands still.
final class WeatherWorld: Sendable {
    let clock = ManualClock(startingAt: UTCInstant(seconds: 1_790_035_200))
    let time: Timekeeper
    let providers: [ScriptedProvider]
    let records: MemoryWeatherRecords
    let journalled = MemoryRecordStore()
    let journal: Journal
    let health: HealthService
    let desk: WeatherDesk
    let gate: WeatherGate
    let service: WeatherService
    let canary: WeatherCanaryService
    let settings: EngineSettings.Weather
    let inbox = Inbox()

    static let names = ["weatherapi", "openweathermap", "noaa"]

    init(
        facilities: [String: (Double, Double)] = ["F-1": (52.52, 13.4)], providers count: Int = 3,
        records: MemoryWeatherRecords? = nil, _ change: (inout EngineSettings.Weather) -> Void = { _ in }
    ) {
        var settings = EngineSettings.Weather()
        change(&settings)
        self.settings = settings
        let clock = clock
        let time = Timekeeper(clock: clock, now: { clock.utc })
        self.time = time
        self.records = records ?? MemoryWeatherRecords(clock: clock)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let providers = Self.names.prefix(count).map { ScriptedProvider($0, clock: clock) }
        self.providers = providers
        let journal = Journal(records: journalled, time: time, logger: logger)
        self.journal = journal
        health = HealthService(
            settings: EngineSettings.Health(), time: time, measures: EngineMeasures(time: time), journal: journal)
        guard let canaryPlace = Place(latitude: 38.9, longitude: -77) else { preconditionFailure("a place") }
        let known = facilities.reduce(into: [FacilityID: Place]()) { places, entry in
            guard let id = FacilityID(entry.key) else { return }
            places[id] = Place(latitude: entry.value.0, longitude: entry.value.1)
        }
        desk = WeatherDesk(place: { known[$0] }, settings: settings)
        gate = WeatherGate(providers: providers, settings: settings, time: time, journal: journal)
        let inbox = inbox
        let escalator = Escalator(
            hook: { (escalation) async throws(PortError) in inbox.add(escalation) }, timeout: .seconds(5), time: time,
            journal: journal, logger: logger)
        let archive = WeatherArchive(
            gate: gate, desk: desk, records: self.records, settings: settings, time: time, logger: logger)
        service = WeatherService(
            gate: gate, desk: desk, archive: archive, places: { Array(known.values) }, settings: settings,
            time: time, share: { 0.5 }, escalator: escalator, journal: journal, health: health)
        canary = WeatherCanaryService(
            gate: gate, place: canaryPlace,
            settings: settings, time: time, escalator: escalator, journal: journal)
    }

    final class Inbox: Sendable {
        private let letters = Mutex<[Escalation]>([])
        func add(_ escalation: Escalation) { letters.withLock { $0.append(escalation) } }
        var all: [Escalation] { letters.withLock(\.self) }
    }
    /// One turn of the service a second.
    func seconds(_ count: Int, canary every: Int? = nil) async {
        for second in 0..<count {
            if let every, second % every == 0 { await canary.turn() }
            await service.turn()
            clock.advance(by: .seconds(1))
        }
    }

    /// One turn a minute, for spans of hours; tries of one round fall into one turn then.
    func minutes(_ count: Int) async {
        for _ in 0..<count {
            await service.turn()
            clock.advance(by: .seconds(60))
        }
    }

    func outlook(_ facility: String = "F-1", hours: Int = 24) throws -> WeatherOutlook {
        guard let id = FacilityID(facility) else { throw PortError(.invalid, "no id") }
        return desk.outlook(for: id, from: clock.utc, hours: hours, now: clock.utc)
    }

    func notes() async throws -> [String] {
        // 200 at a time, 1,000 at most.
        for _ in 0..<5 { await journal.flush() }
        return try await journalled.journal(JournalQuery(limit: 10_000)).reversed().map { "\($0.subject): \($0.text)" }
    }
}
