import EnergyModel
import Resilience
import ServiceLifecycle
import Synchronization

/// A fleet of meters that report to a broker or an engine until it is stopped.
package final class MeterSimulation: Service {
    package let configuration: MeterSimulationConfiguration
    package let fleet: Fleet

    private let schedule: ReadingSchedule
    private let start: UTCInstant
    private let now: @Sendable () -> UTCInstant
    private let text: ReadingText
    private let maker: MischiefMaker
    private let sink: any ReadingSink
    private let ledger: AcknowledgedLedger?
    private let state: Mutex<State>

    private struct State {
        var buffer: EdgeBuffer
        var counters = SimulationCounters()
    }

    /// `now` is the wall clock. Throws when a setting or file cannot be used.
    package convenience init(
        _ configuration: MeterSimulationConfiguration, now: @escaping @Sendable () -> UTCInstant
    ) throws(SimulationError) {
        let start = now().advanced(by: .zero - configuration.history)
        let fleet = try Fleet(
            facilities: configuration.facilities, meters: configuration.meters, seed: configuration.seed, from: start,
            replays: configuration.replays)
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
        try self.init(configuration, fleet: fleet, start: start, now: now, text: text, sink: sink)
    }

    init(
        _ configuration: MeterSimulationConfiguration, fleet: Fleet, start: UTCInstant,
        now: @escaping @Sendable () -> UTCInstant, text: ReadingText, sink: any ReadingSink
    ) throws(SimulationError) {
        self.configuration = configuration
        self.fleet = fleet
        self.start = start
        self.now = now
        self.text = text
        self.sink = sink
        schedule = try configuration.schedule()
        maker = try MischiefMaker(configuration.mischief, seed: configuration.seed, text: text)
        ledger = try configuration.acknowledgedFile.map { path throws(SimulationError) in
            try AcknowledgedLedger(path: path)
        }
        state = Mutex(State(buffer: EdgeBuffer(span: configuration.bufferSpan, byteLimit: configuration.bufferBytes)))
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
    private static let readingsAtOnce: Int64 = 2000

    private func measure() async throws {
        var generator = ReadingGenerator(fleet: fleet, seed: configuration.seed)
        if configuration.history > .zero { try await backFill(&generator) }
        var next = schedule.first(notBefore: now().milliseconds)
        while !Task.isCancelled {
            let moment = now().milliseconds
            let end = schedule.first(notBefore: moment + 1)
            while next < end {
                let stop = min(end, next + Self.readingsAtOnce)
                add(schedule, next..<stop, &generator, now: moment)
                next = stop
                await Task.yield()
            }
            state.withLock { $0.buffer.advance(now: moment) }
            try await Task.sleep(for: Self.tick)
        }
    }

    /// Waits at the buffer's mark, so that nothing of the past is dropped for want of room.
    private func backFill(_ generator: inout ReadingGenerator) async throws {
        let schedule = ReadingSchedule(meters: configuration.meters)
        let end = schedule.first(notBefore: now().milliseconds)
        var next = schedule.first(notBefore: start.milliseconds)
        while next < end {
            let isFull = state.withLock { $0.buffer.ready > 20 * Int(Self.readingsAtOnce) || $0.buffer.isAboveMark }
            guard !isFull else {
                try await Task.sleep(for: Self.tick)
                continue
            }
            try Task.checkCancellation()
            let stop = min(end, next + Self.readingsAtOnce)
            // Late and burst readings of the past are due in the past as well: order is kept, waiting is not.
            add(schedule, next..<stop, &generator, now: .max)
            next = stop
            await Task.yield()
        }
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
                state.withLock { $0.counters.state = .live }
                let before = state.withLock { $0.counters.acknowledged }
                do {
                    try await deliverUntilFailure()
                } catch let failure as DeliveryFailure {
                    if state.withLock({ $0.counters.acknowledged }) > before { attempt = 0 }
                    throw failure
                }
            } catch let failure as DeliveryFailure {
                try Task.checkCancellation()
                attempt += 1
                state.withLock { state in
                    state.counters.state = .backingOff
                    state.counters.reconnections += 1
                    state.counters.lastProblem = failure.sentence
                }
                let random = Double.random(in: 0..<1)
                let wait = failure.retryAfter ?? backoff.delay(afterAttempt: attempt, random: random)
                try await Task.sleep(for: wait)
            }
        }
    }

    private func deliverUntilFailure() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, configuration.window / configuration.batch) {
                group.addTask { try await self.deliverBatches() }
            }
            // Not waitForAll: that would let the others go on after the first failure.
            while try await group.next() != nil {}
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
