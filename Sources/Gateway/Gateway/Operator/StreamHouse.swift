import EnergyModel
import GatewayWire
import Logging
import Ports
import Synchronization

/// The hubs of all scopes and the places at them. Runs each hub from its first reader on.
final class StreamHouse: Sendable {
    private struct State {
        var hubs: [FacilityScope: SnapshotHub] = [:]
        var taken = 0
        var isClosed = false
    }

    /// Scopes watched at once; callers of one scope share a hub.
    static let hubLimit = 64

    private let places: Int
    private let heartbeat: Duration
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let randomness: @Sendable () -> UInt64
    private let state = Mutex(State())
    private let openings: AsyncStream<SnapshotHub>
    private let opening: AsyncStream<SnapshotHub>.Continuation

    init(
        places: Int, heartbeat: Duration, clock: any Clock<Duration>, logger: Logger,
        randomness: @escaping @Sendable () -> UInt64
    ) {
        self.places = places
        self.heartbeat = heartbeat
        self.clock = clock
        self.logger = logger
        self.randomness = randomness
        (openings, opening) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.hubLimit))
    }

    /// Until cancellation, also when ``close()`` was called: what ends first ends the gateway. Once.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await hub in openings {
                group.addTask {
                    await hub.run()
                    self.forget(hub)
                }
            }
            group.cancelAll()
        }
        close()
    }

    /// Ends every stream; no other begins.
    func close() {
        let hubs = state.withLock { state in
            state.isClosed = true
            defer { state.hubs = [:] }
            return Array(state.hubs.values)
        }
        for hub in hubs { hub.close() }
    }

    /// A place at one scope's hub; given back when the last reference goes.
    final class Place: Sendable {
        let hub: SnapshotHub
        private let house: StreamHouse
        fileprivate init(hub: SnapshotHub, house: StreamHouse) {
            self.hub = hub
            self.house = house
        }
        deinit { house.state.withLock { $0.taken -= 1 } }
    }

    enum Refusal: Error { case full, closed }

    /// - Parameter link: the engine as this scope sees it; kept by the hub of the first who comes.
    func place(in scope: FacilityScope, link: @autoclosure () throws -> any OperatorLink) throws -> Place {
        let link = try link()
        let epoch = randomness()
        let (hub, isNew) = try state.withLock { state throws(Refusal) in
            guard !state.isClosed else { throw .closed }
            guard state.taken < places else { throw .full }
            if let hub = state.hubs[scope], !hub.isEnded {
                state.taken += 1
                return (hub, false)
            }
            guard state.hubs.count < Self.hubLimit || state.hubs[scope] != nil else { throw .full }
            let hub = SnapshotHub(
                scope: scope, link: link, epoch: epoch, heartbeat: heartbeat, clock: clock, logger: logger)
            state.hubs[scope] = hub
            state.taken += 1
            return (hub, true)
        }
        if isNew { opening.yield(hub) }
        return Place(hub: hub, house: self)
    }

    private func forget(_ hub: SnapshotHub) {
        state.withLock { state in
            if state.hubs[hub.scope] === hub { state.hubs[hub.scope] = nil }
        }
    }
}
