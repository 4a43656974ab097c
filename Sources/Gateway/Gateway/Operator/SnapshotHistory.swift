import DequeModule
import GatewayWire
import NIOCore
import Ports

/// The last snapshots of one scope and the events that came with them, and what is ready to be sent of them. Pure.
///
/// A reader has the snapshot of some tick. What it gets next is the newest, as the difference from what it has, however many
/// lie between: so a slow reader never has a backlog, and readers of the same tick share one encoding.
struct SnapshotHistory {
    struct Frame: Hashable {
        let tick: UInt64
        /// Shared by all who get it.
        let bytes: ByteBuffer
    }

    struct Want: Hashable {
        let view: StreamView
        /// Nil: the reader has nothing.
        let base: UInt64?
    }

    /// What a reader is to do.
    enum Turn: Equatable {
        case send(Frame)
        /// It has the newest.
        case upToDate
        /// Not made yet; it is noted as wanted.
        case wait
    }

    /// Snapshots that a reader may come back to.
    static let depth = 16
    private static let eventLimit = 256

    let epoch: UInt64
    private(set) var tick: UInt64 = 0
    private var snapshots: Deque<(tick: UInt64, snapshot: OperatorSnapshot)> = []
    private var events: Deque<(tick: UInt64, event: ServerSentEvent)> = []
    private var frames: [Want: Frame] = [:]
    private(set) var wanted: Set<Want> = []

    init(epoch: UInt64) { self.epoch = epoch }

    var newest: OperatorSnapshot? { snapshots.last?.snapshot }

    /// Takes in what is newest. What was made over the tick before last is dropped.
    mutating func take(_ snapshot: OperatorSnapshot, events new: [ServerSentEvent]) {
        tick += 1
        if snapshots.count == Self.depth { snapshots.removeFirst() }
        snapshots.append((tick, snapshot))
        for event in new {
            if events.count == Self.eventLimit { events.removeFirst() }
            events.append((tick, event))
        }
        frames = frames.filter { $0.value.tick + 1 >= tick }
    }

    /// The tick that a reader that comes back has; nil when it must begin anew.
    func base(of position: StreamPosition?) -> UInt64? {
        guard let position, position.epoch == epoch, snapshot(position.tick) != nil else { return nil }
        return position.tick
    }

    /// - Parameter base: what the reader has.
    mutating func turn(_ view: StreamView, over base: UInt64?) -> Turn {
        guard tick > 0, base != tick else { return .upToDate }
        let want = Want(view: view, base: base.flatMap { snapshot($0) == nil ? nil : $0 })
        if let frame = frames[want] { return .send(frame) }
        wanted.insert(want)
        return .wait
    }

    /// What has to be made now, with what it is made of; then to be given to ``made(_:_:)``.
    mutating func takeWanted() -> [(want: Want, job: FrameJob)] {
        defer { wanted = [] }
        guard let newest else { return [] }
        return wanted.filter { frames[$0]?.tick != tick }.map { want in
            // One that fell out of the history meanwhile begins anew at its next turn.
            let base = want.base.flatMap { snapshot($0) }
            let since = want.base ?? tick
            return (
                want,
                FrameJob(
                    view: want.view, position: StreamPosition(epoch: epoch, tick: tick), snapshot: newest,
                    base: base.map { (want.base ?? 0, $0) },
                    events: events.filter { $0.tick > since }.map(\.event))
            )
        }
    }

    /// The readers of the tick before get theirs without asking.
    mutating func expect(_ views: some Sequence<StreamView>) {
        guard tick > 1 else { return }
        for view in views { wanted.insert(Want(view: view, base: tick - 1)) }
    }

    mutating func made(_ want: Want, _ frame: Frame) { frames[want] = frame }

    private func snapshot(_ tick: UInt64) -> OperatorSnapshot? {
        // Ascending without gaps.
        guard let first = snapshots.first, tick >= first.tick, tick <= self.tick else { return nil }
        return snapshots[Int(tick - first.tick)].snapshot
    }
}

/// `?view=` of the stream.
enum StreamView: String, Sendable, CaseIterable {
    /// For programs and dashboards.
    case current
    /// For the console.
    case `operator`
}

/// All that an encoding needs; made outside of locks.
struct FrameJob: Sendable {
    let view: StreamView
    let position: StreamPosition
    let snapshot: OperatorSnapshot
    let base: (tick: UInt64, snapshot: OperatorSnapshot)?
    let events: [ServerSentEvent]

    func run() throws -> SnapshotHistory.Frame {
        let bytes =
            switch view {
            case .operator: try operatorEvent().bytes
            case .current: try currentEvents().flatMap(\.bytes)
            }
        return SnapshotHistory.Frame(tick: position.tick, bytes: ByteBuffer(bytes: bytes))
    }

    private func operatorEvent() throws -> ServerSentEvent {
        let frame = try SnapshotFrame.encode(snapshot, over: base?.snapshot)
        return ServerSentEvent(
            id: position.text, name: SnapshotEvent.name,
            data: SnapshotEvent(base: base?.tick ?? 0, frame: frame).data)
    }

    private func currentEvents() throws -> [ServerSentEvent] {
        var events = events
        let changed = CurrentLoads(of: snapshot, since: base?.snapshot)
        if !changed.facilities.isEmpty || base == nil {
            events.append(
                ServerSentEvent(
                    name: CurrentLoads.name, data: String(decoding: try LinkJSON.encode(changed), as: UTF8.self)))
        }
        // With the last event the reader has all of this tick.
        if let last = events.indices.last { events[last].id = position.text }
        return events
    }
}
