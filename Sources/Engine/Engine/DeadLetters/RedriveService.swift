import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle
import Synchronization

/// Works redrives, one at a time, the oldest first. Everything it knows is in the record store: each step is stored whole
/// after its letters are durable, so a crash sends at most one step's letters once more, without effect, and counts them
/// once. Begin, pause, resume and cancel are changes of the store as well, by whichever process.
final class RedriveService: Service {
    /// Of a redrive that the engine holds.
    private struct Wait {
        var failures = 0
        var until = Duration.zero
    }

    private let records: any RecordStore
    private let desk: DeadLetterDesk
    private let settings: EngineSettings.DeadLetters
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal
    private let health: HealthService
    private let share: @Sendable () -> Double
    private let logger: Logger
    private let waits = Mutex<[String: Wait]>([:])

    private static let actor = "service:redrives"

    init(desk: DeadLetterDesk, on ground: EngineGround) {
        records = ground.records
        self.desk = desk
        settings = ground.settings.deadLetters
        time = ground.time
        measures = ground.measures
        journal = ground.journal
        health = ground.health
        share = ground.share
        logger = ground.logger
    }

    func run() async throws {
        defer { health.rest("redrives") }
        // What a stop interrupts is sent again by the next start.
        await cancelWhenGracefulShutdown { [self] in
            while isRunning {
                if await !turn() { _ = await time.pause(settings.redriveInterval) }
            }
        }
    }

    /// Works the oldest redrive that may run until it ends or stands still; false when there is none, or the store is down.
    func turn() async -> Bool {
        health.beat("redrives")
        do throws(PortError) {
            guard let redrive = try await next() else { return false }
            try await work(redrive)
            return true
        } catch {
            logger.warning("a redrive does not go on, trying again", metadata: ["error": "\(error)"])
            return false
        }
    }

    func next() async throws(PortError) -> Redrive? {
        let open = try await store { [records] () throws(PortError) in
            try await records.redrives(in: [.running, .paused], limit: 2 * RedriveDesk.mostOpen)
        }
        let now = time.uptime()
        return waits.withLock { waits in
            let ids = Set(open.lazy.filter(\.isHeld).map(\.id))
            waits = waits.filter { ids.contains($0.key) }
            return open.last { $0.mayRun && waits[$0.id]?.until ?? .zero <= now }
        }
    }

    private func work(_ redrive: Redrive) async throws(PortError) {
        var run = RedriveRun(redrive, now: time.uptime())
        while isRunning, try await step(&run) { health.beat("redrives") }
    }

    /// One batch; false when the redrive has ended or stands still.
    func step(_ run: inout RedriveRun) async throws(PortError) -> Bool {
        guard try await fill(&run) else {
            try await finish(run.redrive)
            return false
        }
        guard try await waitForTurn(&run) else { return false }
        let (numbers, states, size) = (run.numbers, run.redrive.selection.replayable, run.size)
        let taken = try await store { [desk] () throws(PortError) in
            try await desk.load(numbers, states: states, most: size)
        }
        let sending = await desk.sender.send(taken.letters, at: time.now(), within: .seconds(1))
        guard try await settle(run.step(taken, sending), &run) else { return false }
        if let stop = sending.stop {
            if isRunning { try await hold(run.redrive, because: stop) }
            return false
        }
        return run.redrive.isHeld ? try await goOn(&run) : run.redrive.state == .running
    }

    /// False when no letter is left.
    private func fill(_ run: inout RedriveRun) async throws(PortError) -> Bool {
        guard run.numbers.isEmpty else { return true }
        let redrive = run.redrive
        run.numbers = try await store { [records] () throws(PortError) in
            try await records.letterNumbers(
                of: redrive.selection, in: redrive.selection.replayable, after: redrive.reached, limit: RedriveRun.page)
        }[...]
        return !run.numbers.isEmpty
    }

    /// The pace. False when somebody paused or cancelled it meanwhile.
    private func waitForTurn(_ run: inout RedriveRun) async throws(PortError) -> Bool {
        while let wait = run.wait(now: time.uptime()) {
            guard await time.pause(wait) else { return false }
            health.beat("redrives")
            if time.uptime() - run.seenAt >= RedriveRun.freshness {
                let id = run.redrive.id
                let stored = try await store { [records] () throws(PortError) in try await records.redrive(id) }
                guard let stored, stored.mayRun else { return false }
                run.see(stored, expecting: run.redrive.reached, now: time.uptime())
                guard !run.numbers.isEmpty else { return true }
            }
        }
        return true
    }

    /// False when the redrive is gone.
    private func settle(_ step: RedriveStep, _ run: inout RedriveRun) async throws(PortError) -> Bool {
        guard step.reached > step.after else { return true }
        let (id, now) = (run.redrive.id, time.now())
        let stored = try await store { [records] () throws(PortError) in
            try await records.settle(step, of: id, at: now)
        }
        guard let stored else { return false }
        measures.count(.replayed, max(0, stored.replayed - run.redrive.replayed))
        run.see(stored, expecting: step.reached, now: time.uptime())
        return true
    }

    private func finish(_ redrive: Redrive) async throws(PortError) {
        var redrive = redrive
        let rest = redrive.total - redrive.handled
        if rest > 0 {
            let (id, now) = (redrive.id, time.now())
            let step = RedriveStep(after: redrive.reached, reached: redrive.reached, results: [], passedOver: rest)
            let stored = try await store { [records] () throws(PortError) in
                try await records.settle(step, of: id, at: now)
            }
            guard let stored, stored.mayRun else { return }
            redrive = stored
        }
        if try await change(redrive, to: Redrive.Standing(.done)) { note("done: \(redrive.summary)", redrive) }
    }

    /// Ingest takes nothing: the engine pauses the redrive and tries again by itself, less and less often.
    private func hold(_ redrive: Redrive, because stop: PortError) async throws(PortError) {
        let backoff = Backoff(first: settings.redriveRetryFirst, cap: settings.redriveRetryLimit, attempts: nil)
        let (now, random) = (time.uptime(), share())
        waits.withLock { waits in
            let failures = (waits[redrive.id]?.failures ?? 0) + 1
            waits[redrive.id] = Wait(
                failures: failures, until: now + backoff.delay(afterAttempt: failures, random: random))
        }
        guard redrive.state == .running else { return }
        let sentence = "paused by the engine, which tries again by itself: \(stop.description)"
        if try await change(redrive, to: Redrive.Standing(.paused, note: sentence)) { note(sentence, redrive) }
    }

    /// What the engine held is taken again. False when a person decided otherwise meanwhile.
    private func goOn(_ run: inout RedriveRun) async throws(PortError) -> Bool {
        waits.withLock { waits in _ = waits.removeValue(forKey: run.redrive.id) }
        guard try await change(run.redrive, to: Redrive.Standing(.running)) else { return false }
        run.redrive.standing = Redrive.Standing(.running)
        note("goes on by itself: readings are taken again", run.redrive)
        return true
    }

    private func change(_ redrive: Redrive, to new: Redrive.Standing) async throws(PortError) -> Bool {
        let now = time.now()
        return try await store { [records] () throws(PortError) in
            try await records.change(redrive: redrive.id, from: redrive.standing, to: new, at: now)
        }
    }

    private func note(_ text: String, _ redrive: Redrive) {
        journal.note(text, of: "redrive:\(redrive.id)", by: RedriveService.actor)
    }

    private func store<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        try await bounded(by: .seconds(5), "the record store", time: time, body)
    }
}
