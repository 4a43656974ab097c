import EnergyModel
import Resilience
import ServiceLifecycle
import Synchronization

/// A fleet of meters that report to a broker or an engine until it is stopped.
package final class MeterSimulation: Service {
    package let configuration: MeterSimulationConfiguration
    package let fleet: Fleet

    private let schedule: ReadingSchedule
    private let disturbance: LoadDisturbance
    private let now: @Sendable () -> UTCInstant
    /// Uniform in 0..<1 for the given reconnection; spreads a crowd that lost the same server.
    private let jitter: @Sendable (UInt64) -> Double
    private let text: ReadingText
    private let maker: MischiefMaker
    private let sink: any ReadingSink
    private let ledger: AcknowledgedLedger?
    private let state: Mutex<State>

    private struct State {
        var buffer: EdgeBuffer
        var counters = SimulationCounters()
        /// Past readings still go out ahead of the live ones.
        var isBackFilling: Bool
        /// When the connection that brought the first answer was opened.
        var reached: UTCInstant?
        /// What an engine asked for once more.
        var replays = ReplayQueue()
    }

    /// `now` is the wall clock. Delays between connections come from the seed and the client's name. With `buildings` the
    /// meters are theirs: those of `configuration.fleet(now:)`. Throws when a setting or file cannot be used.
    package convenience init(
        _ configuration: MeterSimulationConfiguration, buildings: SimulatedBuildings? = nil,
        now: @escaping @Sendable () -> UTCInstant
    ) throws(SimulationError) {
        let fleet = try configuration.fleet(now: now())
        let text = ReadingText(fleet: fleet)
        let sink: any ReadingSink =
            switch configuration.target {
            case .mqtt(let endpoint):
                try MQTTSink(
                    endpoint: endpoint, clientID: configuration.clientID, window: configuration.window, text: text)
            case .http(let url, let format):
                HTTPSink(
                    url: url, format: format, concurrent: max(1, configuration.window / configuration.batch),
                    text: text,
                    fleet: fleet)
            }
        let seed = mixed(configuration.seed, configuration.clientID.utf8.reduce(0) { mixed($0, UInt64($1)) })
        try self.init(
            configuration, fleet: fleet, disturbance: buildings?.disturbance ?? .none, now: now,
            jitter: { unit(seed, $0) }, text: text, sink: sink)
    }

    init(
        _ configuration: MeterSimulationConfiguration, fleet: Fleet, disturbance: LoadDisturbance = .none,
        now: @escaping @Sendable () -> UTCInstant,
        jitter: @escaping @Sendable (UInt64) -> Double, text: ReadingText, sink: any ReadingSink
    ) throws(SimulationError) {
        self.configuration = configuration
        self.fleet = fleet
        self.disturbance = disturbance
        self.now = now
        self.jitter = jitter
        self.text = text
        self.sink = sink
        schedule = try configuration.schedule()
        maker = try MischiefMaker(configuration.mischief, seed: configuration.seed, text: text)
        ledger = try configuration.acknowledgedFile.map { path throws(SimulationError) in
            try AcknowledgedLedger(path: path)
        }
        let buffer = EdgeBuffer(span: configuration.bufferSpan, byteLimit: configuration.bufferBytes)
        state = Mutex(State(buffer: buffer, isBackFilling: configuration.history > .zero))
    }

    package var counters: SimulationCounters {
        state.withLock { state in
            var counters = state.counters
            counters.buffered = state.buffer.count
            counters.bufferedBytes = state.buffer.bytes
            counters.dropped = state.buffer.dropped
            return counters
        }
    }

    /// Measures and sends until the task is cancelled or the service group shuts down. Faults of the other
    /// side, and of the file of acknowledged readings, are tried again and shown in `counters`; they are never thrown.
    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await self.measure() }
                    group.addTask { try await self.send() }
                    while try await group.next() != nil {}
                }
            }
        } catch is CancellationError {
            // The ordinary end.
        }
        state.withLock { $0.counters.state = .stopped }
        await sink.close()
    }
}

// MARK: - Measuring

extension MeterSimulation {
    private static let tick = Duration.milliseconds(50)
    private static let shortTick = Duration.milliseconds(5)
    private static let readingsAtOnce = 2000

    /// Live readings count from the moment this begins, whenever the past lets them go: none is left out.
    private func measure() async throws {
        var generator = ReadingGenerator(fleet: fleet, seed: configuration.seed, disturbance: disturbance)
        let begin = now()
        var past = past(before: begin)
        try await sendAhead(&past, &generator)
        var next = schedule.first(notBefore: begin.milliseconds)
        while !Task.isCancelled {
            let moment = now().milliseconds
            let end = schedule.first(notBefore: moment + 1)
            while next < end {
                let stop = min(end, next + Int64(Self.readingsAtOnce))
                add(schedule, next..<stop, &generator, now: moment)
                next = stop
                await Task.yield()
            }
            state.withLock { $0.buffer.advance(now: moment) }
            sendBeside(&past, &generator)
            sendAgain(&generator)
            try await Task.sleep(for: past.left > 0 ? Self.shortTick : Self.tick)
        }
    }

    /// One reading a meter every 15 s, whatever the live rate is.
    private var pastSchedule: ReadingSchedule { ReadingSchedule(meters: configuration.meters) }

    private func past(before end: UTCInstant) -> BackFill {
        let start = end.advanced(by: .zero - configuration.history)
        let numbers =
            pastSchedule.first(notBefore: start.milliseconds)..<pastSchedule.first(notBefore: end.milliseconds)
        return BackFill(
            numbers, budget: configuration.liveWithin, window: configuration.window, batch: configuration.batch)
    }

    /// Returns when live readings are to begin.
    private func sendAhead(_ past: inout BackFill, _ generator: inout ReadingGenerator) async throws {
        ahead: while true {
            try Task.checkCancellation()
            let moment = now()
            let progress = state.withLock { state in
                BackFill.Progress(
                    elapsed: state.reached.map { .milliseconds(moment.milliseconds - $0.milliseconds) },
                    answered: Int(state.counters.answered),
                    outstanding: state.buffer.count)
            }
            switch past.step(progress, atMost: Self.readingsAtOnce) {
            case .send(let numbers): add(past: numbers, &generator, left: past.left)
            case .wait: try await Task.sleep(for: Self.shortTick)
            case .over: break ahead
            }
            await Task.yield()
        }
        state.withLock { state in
            state.isBackFilling = false
            if state.counters.state == .backFilling { state.counters.state = .live }
        }
    }

    /// Only when next to nothing waits, so that no live reading stands behind more than a window of past ones.
    private func sendBeside(_ past: inout BackFill, _ generator: inout ReadingGenerator) {
        guard state.withLock({ $0.buffer.ready < configuration.batch }) else { return }
        guard let numbers = past.takeRest(atMost: configuration.window) else { return }
        add(past: numbers, &generator, left: past.left)
    }

    /// One request at a time, when next to nothing waits. A reading is what its meter and moment make it, so the meter's
    /// memory need not be kept.
    private func sendAgain(_ generator: inout ReadingGenerator) {
        let asked = state.withLock { state in
            state.buffer.ready < configuration.batch ? state.replays.take(schedule) : nil
        }
        guard let asked else { return }
        let moment = now().milliseconds
        let emissions = asked.numbers.compactMap { number in
            let time = UTCInstant(milliseconds: schedule.milliseconds(number))
            return maker.replay(generator.reading(meter: asked.meter, at: time), now: moment)
        }
        state.withLock { state in
            for emission in emissions { state.buffer.add(emission, now: moment) }
            state.counters.replayed += UInt64(emissions.count)
        }
    }

    /// Late and burst readings of the past are due in the past as well: order is kept, waiting is not.
    private func add(past numbers: Range<Int64>, _ generator: inout ReadingGenerator, left: Int64) {
        add(pastSchedule, numbers, &generator, now: .max)
        let milliseconds = pastSchedule.periodMilliseconds * left / pastSchedule.meters
        state.withLock { $0.counters.historyLeft = .milliseconds(milliseconds) }
    }

    private func add(
        _ schedule: ReadingSchedule, _ numbers: Range<Int64>, _ generator: inout ReadingGenerator, now: Int64
    ) {
        var emissions: [Emission] = []
        emissions.reserveCapacity(numbers.count)
        for number in numbers {
            let time = UTCInstant(milliseconds: schedule.milliseconds(number))
            maker.befall(generator.reading(meter: schedule.meter(number), at: time), into: &emissions)
        }
        // A back-filled entry ages from now on, or the buffer would drop it at once.
        let enqueued = now == .max ? self.now().milliseconds : nil
        state.withLock { state in
            for var emission in emissions {
                if let enqueued { emission.due = enqueued }
                state.buffer.add(emission, now: now)
            }
        }
    }
}

// MARK: - Sending

extension MeterSimulation {
    /// Opens the sink, sends over it until it fails, waits, and begins again.
    private func send() async throws {
        let backoff = Backoff(first: .milliseconds(250), cap: .seconds(15), jitter: .full, attempts: nil)
        var attempt = 0
        while !Task.isCancelled {
            do {
                try await sink.open()
                let moment = now()
                let before = state.withLock { state in
                    state.counters.state = state.isBackFilling ? .backFilling : .live
                    if state.counters.answered == 0 { state.reached = moment }
                    return state.counters.answered
                }
                do {
                    try await deliverUntilFailure()
                } catch let failure as DeliveryFailure {
                    if state.withLock({ $0.counters.answered }) > before { attempt = 0 }
                    throw failure
                }
            } catch let failure as DeliveryFailure {
                try Task.checkCancellation()
                attempt += 1
                let number = state.withLock { state in
                    state.counters.state = .backingOff
                    state.counters.reconnections += 1
                    state.counters.lastProblem = failure.sentence
                    // The budget of the past does not run while nobody has ever answered.
                    if state.counters.answered == 0 { state.reached = nil }
                    return state.counters.reconnections
                }
                let wait = failure.retryAfter ?? backoff.delay(afterAttempt: attempt, random: jitter(number))
                try await Task.sleep(for: wait)
            }
        }
    }

    private func deliverUntilFailure() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, configuration.window / configuration.batch) {
                group.addTask { try await self.deliverBatches() }
            }
            group.addTask { try await self.takeCommands() }
            // Not waitForAll: that would let the others go on after the first failure.
            while try await group.next() != nil {}
        }
    }

    private func takeCommands() async throws {
        let numbers = Dictionary(
            zip(text.meterIDs, text.meterIDs.indices), uniquingKeysWith: { first, _ in first })
        while true {
            let asked = try await sink.commands()
            let moment = now()
            state.withLock { state in
                for asked in asked {
                    guard let meter = numbers[asked.meter] else { continue }
                    state.replays.add(
                        asked.range, of: meter, schedule, span: configuration.bufferSpan, now: moment)
                }
            }
        }
    }

    private func deliverBatches() async throws {
        while true {
            try Task.checkCancellation()
            guard let batch = state.withLock({ $0.buffer.take(configuration.batch) }) else {
                try await Task.sleep(for: .milliseconds(20))
                continue
            }
            do throws(DeliveryFailure) {
                state.withLock { $0.counters.sent += UInt64(batch.emissions.count) }
                let refused = try await sink.deliver(batch.emissions)
                try settle(batch, refused: refused)
            } catch {
                state.withLock { $0.buffer.giveBack(batch) }
                throw error
            }
        }
    }

    /// The ledger is written before the buffer forgets: a reading in neither cannot be.
    private func settle(_ batch: EdgeBuffer.Batch, refused: [Emission]) throws(DeliveryFailure) {
        let accepted = refused.isEmpty ? batch.emissions : batch.emissions.filter { !refused.contains($0) }
        do throws(SimulationError) {
            try ledger?.record(accepted, text)
        } catch {
            throw DeliveryFailure(sentence: error.sentence, retryAfter: .seconds(5))
        }
        state.withLock { state in
            state.buffer.acknowledge(batch)
            state.counters.acknowledged += UInt64(accepted.count)
            state.counters.refused += UInt64(refused.count)
            state.counters.lastProblem = nil
        }
    }
}
