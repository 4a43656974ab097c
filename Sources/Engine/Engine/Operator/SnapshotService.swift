import EnergyModel
import Ports
import ServiceLifecycle
import Synchronization

/// Makes a snapshot on each whole second of the wall clock (or whole interval), so that a screen whose clock turns then draws
/// both at once; and one soon after a transition. Hands it to whoever listens; a slow listener gets the newest, not the
/// backlog.
final class SnapshotService: Service {
    private struct State {
        var listeners: [Int: AsyncStream<LinkUpdate>.Continuation] = [:]
        var next = 0
        var last: OperatorSnapshot?
        var sequence: UInt64 = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let board: LiveBoard
    private let response: ResponseBoard?
    private let forecasts: ForecastBoard?
    private let letters: DeadLetterService
    private let healthSnapshots: HealthSnapshots
    private let measures: EngineMeasures
    private let journal: Journal
    private let settings: EngineSettings
    private let time: Timekeeper

    init(
        board: LiveBoard, response: ResponseBoard?, forecasts: ForecastBoard?, letters: DeadLetterService,
        healthSnapshots: HealthSnapshots,
        measures: EngineMeasures,
        journal: Journal, settings: EngineSettings, time: Timekeeper
    ) {
        self.board = board
        self.response = response
        self.forecasts = forecasts
        self.letters = letters
        self.healthSnapshots = healthSnapshots
        self.measures = measures
        self.journal = journal
        self.settings = settings
        self.time = time
    }

    /// Begins with the last snapshot, if there is one. Ends when the engine stops.
    func listen() -> AsyncStream<LinkUpdate> {
        let (stream, continuation) = AsyncStream.makeStream(of: LinkUpdate.self, bufferingPolicy: .bufferingNewest(1))
        let (id, last) = state.withLock { state -> (Int?, OperatorSnapshot?) in
            guard !state.isClosed else { return (nil, state.last) }
            state.next += 1
            state.listeners[state.next] = continuation
            return (state.next, state.last)
        }
        if let last { continuation.yield(.snapshot(last)) }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }

    func run() async throws {
        let interval = settings.live.snapshotInterval
        var (slot, madeAt, noted) = (Int64?.none, time.uptime(), journal.noted)
        var standing = response?.standing
        var now = time.now()
        repeat {
            now = time.now()
            let (current, due) = (journal.noted, now.milliseconds / max(1, interval.milliseconds))
            let standingNow = response?.standing
            // A wall clock that stands still must not silence the screens.
            let isNews = current != noted || standingNow != standing
            if isNews || due != slot || time.uptime() - madeAt >= interval * 2 {
                (slot, madeAt, noted, standing) = (due, time.uptime(), current, standingNow)
                publish()
            }
        } while await time.pause(.milliseconds(100 - (now.milliseconds % 100 + 100) % 100))
        close()
    }

    func publish() {
        let snapshot = make()
        let listeners = state.withLock { state in
            state.last = snapshot
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield(.snapshot(snapshot)) }
    }

    func make() -> OperatorSnapshot {
        let now = time.now()
        let sequence = state.withLock { state in
            state.sequence += 1
            return state.sequence
        }
        var facilities = board.facilitySnapshots(at: now).filter { $0.id.text != settings.canary.facility }
        if let responses = response?.responses(), !responses.isEmpty {
            for index in facilities.indices { facilities[index].response = responses[facilities[index].id] }
        }
        if let briefs = forecasts?.briefs, !briefs.isEmpty {
            for index in facilities.indices { facilities[index].forecast = briefs[facilities[index].id] }
        }
        return OperatorSnapshot(
            at: now, sequence: sequence, isHistorical: false, facilities: facilities, deadLetters: letters.counts,
            deadLettersPerMinute: measures.perMinute(.deadLetters), health: healthSnapshots.snapshot(),
            openEvents: response?.openEvents ?? [], forecast: forecasts?.fleet)
    }

    private func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners {
            listener.yield(.lost(sentence: "the engine has stopped"))
            listener.finish()
        }
    }
}
