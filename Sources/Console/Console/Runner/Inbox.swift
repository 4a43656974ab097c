import Ports
import Synchronization

/// What waits for the event loop. Input and results keep their order; of snapshots only the newest is kept, and ticks do
/// not pile up.
///
/// Bounded: beyond `limit` waiting inputs the newest are dropped, which takes a loop that stands for seconds. Results of
/// effects are never dropped; there are as many as effects under way.
final class Inbox: Sendable {
    private struct State {
        var queue: [ConsoleMessage] = []
        var inputs = 0
        var link: LinkUpdate?
        var isTickDue = false
    }

    static let limit = 4096
    private let state = Mutex(State())
    private let wake: AsyncStream<Void>.Continuation
    /// One element says that there is something to take.
    let signals: AsyncStream<Void>

    init() {
        (signals, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func post(_ message: ConsoleMessage) {
        state.withLock { state in
            switch message {
            case .link(let update): state.link = update
            case .tick: state.isTickDue = true
            case .input:
                guard state.inputs < Self.limit else { return }
                state.inputs += 1
                state.queue.append(message)
            default: state.queue.append(message)
            }
        }
        wake.yield()
    }

    /// Everything that waits: the snapshot first, so that keys act on what is shown next.
    func take() -> [ConsoleMessage] {
        state.withLock { state in
            defer { state = State() }
            let link = state.link.map { [ConsoleMessage.link($0)] } ?? []
            return link + state.queue + (state.isTickDue ? [.tick] : [])
        }
    }

    func close() { wake.finish() }
}
