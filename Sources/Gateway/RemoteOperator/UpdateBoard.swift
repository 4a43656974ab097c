import Ports
import Synchronization

/// Hands the link's updates to all who listen. Each has a place for the newest of each kind: a slow listener misses old
/// snapshots, never that the link was lost.
final class UpdateBoard: Sendable {
    private struct State {
        var listeners: [Int: UpdateSlots] = [:]
        var next = 0
        var snapshot: LinkUpdate?
        var trouble: LinkUpdate?
        var standing: LinkUpdate?
        var isFinished = false

        var known: [LinkUpdate] { [snapshot, standing, trouble].compactMap(\.self) }
    }

    private let state = Mutex(State())

    /// Begins with what is known.
    func listen() -> AsyncStream<LinkUpdate> {
        let slots = UpdateSlots()
        let (number, known, isFinished) = state.withLock { state in
            state.next += 1
            if !state.isFinished { state.listeners[state.next] = slots }
            return (state.next, state.known, state.isFinished)
        }
        for update in known { slots.put(update) }
        if isFinished { slots.finish() }
        return AsyncStream {
            let update = await slots.next()
            if update == nil { self.leave(number) }
            return update
        } onCancel: {
            slots.finish()
            self.leave(number)
        }
    }

    func tell(_ update: LinkUpdate) {
        let listeners = state.withLock { state in
            switch update {
            case .snapshot: (state.snapshot, state.trouble) = (update, nil)
            case .lost: state.trouble = update
            case .standing: state.standing = update
            }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.put(update) }
    }

    /// What was told is still read, then the streams end.
    func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    private func leave(_ number: Int) { state.withLock { _ = $0.listeners.removeValue(forKey: number) } }
}

/// At most one update of each kind, in the order in which they came.
private final class UpdateSlots: Sendable {
    private struct State {
        var waiting: [LinkUpdate] = []
        var reader: CheckedContinuation<LinkUpdate?, Never>?
        var isFinished = false
    }

    private let state = Mutex(State())

    func put(_ update: LinkUpdate) {
        let reader = state.withLock { state -> CheckedContinuation<LinkUpdate?, Never>? in
            guard !state.isFinished else { return nil }
            guard state.reader == nil else {
                defer { state.reader = nil }
                return state.reader
            }
            state.waiting.removeAll { $0.isReplaced(by: update) }
            state.waiting.append(update)
            return nil
        }
        reader?.resume(returning: update)
    }

    func next() async -> LinkUpdate? {
        await withCheckedContinuation { reader in
            let (update, isOver) = state.withLock { state -> (LinkUpdate?, Bool) in
                if !state.waiting.isEmpty { return (state.waiting.removeFirst(), true) }
                if state.isFinished { return (nil, true) }
                state.reader = reader
                return (nil, false)
            }
            if isOver { reader.resume(returning: update) }
        }
    }

    func finish() {
        let reader = state.withLock { state in
            state.isFinished = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }
}

extension LinkUpdate {
    fileprivate func isReplaced(by newer: LinkUpdate) -> Bool {
        switch (self, newer) {
        case (.snapshot, .snapshot), (.lost, .lost), (.standing, .standing), (.lost, .snapshot): true
        default: false
        }
    }
}
