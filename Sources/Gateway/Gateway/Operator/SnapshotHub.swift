import DequeModule
import EnergyModel
import GatewayWire
import Logging
import NIOCore
import Ports
import Synchronization

/// The snapshots of one scope, taken from the engine once and given to all who watch: each encoding is made once, whoever
/// wants it. Readers are told by a signal that holds one place, and then take the newest.
final class SnapshotHub: Sendable {
    private struct State {
        var history: SnapshotHistory
        var contracts = ContractWatch()
        var readers: [Int: Reader] = [:]
        var nextReader = 0
        var beats: UInt64 = 0
        /// Beats since somebody watched.
        var idleBeats = 0
        var ending: Ending?
    }

    private struct Reader {
        let view: StreamView
        let signal: AsyncStream<Void>.Continuation
        /// For something that it has asked for.
        var isWaiting = false
    }

    enum Ending: Sendable, Hashable {
        /// The engine's link ended, with its sentence.
        case lost(String)
        /// Nobody watched, or the gateway stops.
        case closed
    }

    let scope: FacilityScope
    private let link: any OperatorLink
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let heartbeat: Duration
    private let state: Mutex<State>
    private let wants: AsyncStream<Void>
    private let want: AsyncStream<Void>.Continuation

    /// The least time between two ticks: a crowd of commands makes no crowd of snapshots.
    static let spacing = Duration.milliseconds(40)
    /// Beats without a reader after which the hub ends; until then a reader that comes back gets only what changed.
    static let idleBeatLimit = 12

    init(
        scope: FacilityScope, link: any OperatorLink, epoch: UInt64, heartbeat: Duration, clock: any Clock<Duration>,
        logger: Logger
    ) {
        self.scope = scope
        self.link = link
        self.heartbeat = heartbeat
        self.clock = clock
        self.logger = logger
        state = Mutex(State(history: SnapshotHistory(epoch: epoch)))
        (wants, want) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Until the engine's link ends, nobody watches any more, or ``close()``. Once.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.takeSnapshots() }
            group.addTask { for await _ in self.wants { if self.makeFrames() { self.signal { $0.isWaiting } } } }
            group.addTask { await self.beat() }
            await group.next()
            group.cancelAll()
        }
        end(.closed)
    }

    func close() { end(.closed) }

    var isEnded: Bool { state.withLock { $0.ending != nil } }

    /// Writes to one reader what it has not got, until the hub goes or `write` says false. Throws what `write` throws.
    func serve(
        _ view: StreamView, from position: StreamPosition?, write: (ByteBuffer) async throws -> Bool
    ) async throws {
        guard let (number, signals) = join(view) else { return }
        defer { leave(number) }
        var base = state.withLock { $0.history.base(of: position) }
        var beats = state.withLock(\.beats)
        for await _ in signals {
            let (turn, beatsNow, ending) = state.withLock { state in
                let turn = state.history.turn(view, over: base)
                state.readers[number]?.isWaiting = turn == .wait
                return (turn, state.beats, state.ending)
            }
            var bytes = ByteBuffer()
            switch turn {
            case .send(let frame): (bytes, base) = (frame.bytes, frame.tick)
            case .upToDate: break
            case .wait: want.yield()
            }
            // Nothing of the kind that this view shows may have changed.
            if bytes.readableBytes == 0, beats != beatsNow { bytes = ByteBuffer(bytes: ServerSentEvent.heartbeat) }
            beats = beatsNow
            if bytes.readableBytes > 0, !(try await write(bytes)) { return }
            if case .lost(let sentence)? = ending {
                _ = try await write(ByteBuffer(bytes: ServerSentEvent(name: "lost", data: sentence).bytes))
                return
            }
        }
    }

    /// Nil when the hub has ended.
    private func join(_ view: StreamView) -> (Int, AsyncStream<Void>)? {
        let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number: Int? = state.withLock { state in
            guard state.ending == nil else { return nil }
            state.nextReader += 1
            state.readers[state.nextReader] = Reader(view: view, signal: signal)
            state.idleBeats = 0
            return state.nextReader
        }
        guard let number else { return nil }
        signal.yield()
        return (number, signals)
    }

    private func leave(_ number: Int) { state.withLock { _ = $0.readers.removeValue(forKey: number) } }
}

// MARK: - The engine's side

extension SnapshotHub {
    private func takeSnapshots() async {
        for await update in link.snapshots() {
            switch update {
            case .snapshot(let snapshot):
                await take(snapshot)
                do { try await clock.sleep(for: Self.spacing) } catch { return }
            case .lost(let sentence): return end(.lost(sentence))
            case .standing: break
            }
        }
        end(.lost("the engine has stopped"))
    }

    private func take(_ snapshot: OperatorSnapshot) async {
        let old = state.withLock(\.history.newest)
        var notices = EventChanges.notices(from: old, to: snapshot)
        for event in EventChanges.gone(from: old, to: snapshot) {
            notices.append(await settled(event, at: snapshot.at))
        }
        let contracts = state.withLock { $0.contracts.notices(of: snapshot) }
        let events =
            notices.compactMap { written(EventNotice.name, $0) }
            + contracts.compactMap { written(ContractNotice.name, $0) }
        state.withLock { state in
            state.history.take(snapshot, events: events)
            state.history.expect(Set(state.readers.values.map(\.view)))
        }
        makeFrames()
        signal { _ in true }
    }

    /// How an event that is no longer open ended, as the records have it.
    private func settled(_ event: DemandResponseEvent, at now: UTCInstant) async -> EventNotice {
        var last = event
        do throws(PortError) {
            if let stored = try await link.event(event.id)?.event { last = stored }
        } catch {
            logger.warning("the end of an event is not known", metadata: ["event": "\(event.id)", "error": "\(error)"])
        }
        last.isSettled = true
        return EventNotice(last, previous: event.status, at: now)
    }

    private func written(_ name: String, _ notice: some Encodable) -> ServerSentEvent? {
        do {
            return ServerSentEvent(name: name, data: String(decoding: try LinkJSON.encode(notice), as: UTF8.self))
        } catch {
            logger.error(
                "an event of the stream cannot be written", metadata: ["event": "\(name)", "error": "\(error)"])
            return nil
        }
    }

    /// Whatever is wanted, each once. False when nothing could be made: who waits for it waits for the next tick.
    @discardableResult
    private func makeFrames() -> Bool {
        var isAnyMade = false
        for (want, job) in state.withLock({ $0.history.takeWanted() }) {
            do {
                let frame = try job.run()
                state.withLock { $0.history.made(want, frame) }
                isAnyMade = true
            } catch {
                logger.error("a snapshot cannot be written for the stream", metadata: ["error": "\(error)"])
            }
        }
        return isAnyMade
    }

    private func beat() async {
        while true {
            do { try await clock.sleep(for: heartbeat) } catch { return }
            let isOver = state.withLock { state in
                state.beats += 1
                state.idleBeats = state.readers.isEmpty ? state.idleBeats + 1 : 0
                return state.idleBeats >= Self.idleBeatLimit
            }
            if isOver { return end(.closed) }
            signal { _ in true }
        }
    }

    private func signal(_ isMeant: (Reader) -> Bool) {
        for reader in state.withLock({ $0.readers.values.filter(isMeant) }) { reader.signal.yield() }
    }

    private func end(_ ending: Ending) {
        let readers = state.withLock { state in
            state.ending = state.ending ?? ending
            return Array(state.readers.values)
        }
        for reader in readers {
            reader.signal.yield()
            reader.signal.finish()
        }
        want.finish()
    }
}
