import EnergyModel
import Ports
import ServiceLifecycle
import Synchronization

/// Asks every provider for the same place every 5 minutes, whether the fleet needs it or not; two failures in a row are told of
/// (ledger FC-11). An answer lets a provider be used again at once.
final class WeatherCanaryService: Service {
    private let gate: WeatherGate
    private let cell: WeatherCell
    private let settings: EngineSettings.Weather
    private let time: Timekeeper
    private let escalator: Escalator
    private let journal: Journal
    /// What each provider told before: each is measured by its own word.
    private let told: Mutex<[CellWeather]>

    init(
        gate: WeatherGate, place: Place, settings: EngineSettings.Weather, time: Timekeeper, escalator: Escalator,
        journal: Journal
    ) {
        self.gate = gate
        cell = place.cell
        self.settings = settings
        self.time = time
        self.escalator = escalator
        self.journal = journal
        told = Mutex(gate.sources.map { _ in CellWeather() })
    }

    func run() async throws {
        guard await time.pause(.seconds(2)) else { return }
        await cancelWhenGracefulShutdown { [self] in
            repeat { await turn() } while await time.pause(settings.canaryInterval)
        }
    }

    /// All providers side by side.
    func turn() async {
        await withTaskGroup(of: Void.self) { group in
            for index in gate.sources.indices { group.addTask { await self.check(index) } }
        }
    }

    private func check(_ index: Int) async {
        let source = gate.sources[index]
        do throws(WeatherGate.Miss) {
            let known = told.withLock { $0[index] }
            let observations = try await gate.check(index, about: cell, known: known)
            let oldest = time.now().advanced(by: .seconds(-86_400))
            told.withLock { told in
                for observation in observations { told[index].take(observation) }
                told[index].drop(before: oldest)
            }
            await judge(source, nil)
        } catch {
            switch error {
            // A person holds its breaker open.
            case .passedOver: return
            case .failed(let error) where error.code == .notServed: source.uncheckable()
            case .failed(let error): if !Task.isCancelled { await judge(source, error) }
            }
        }
    }

    private func judge(_ source: WeatherSource, _ error: WeatherError?) async {
        let (before, after) = source.checked(passed: error == nil, at: time.now())
        let subject = "weather:\(source.name)"
        if after == settings.canaryFailures, let error {
            await escalator.escalate(
                subject: subject, "failed \(after) checks in a row: \(error.sentence)", facility: nil)
        } else if error == nil, before >= settings.canaryFailures {
            journal.note("answers again after \(before) failed checks", of: subject, by: "service:weather")
        }
    }
}
