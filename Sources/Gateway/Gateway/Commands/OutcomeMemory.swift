import GatewayWire
import Hummingbird
import Ports
import Synchronization

/// What came of the newest acts, by caller and Idempotency-Key, so that a repetition is answered before its preconditions are
/// looked at again: the act itself made them fail. Beyond `capacity`, and after a restart, the engine's own record of outcomes
/// by key still keeps an act from being done twice.
final class OutcomeMemory: Sendable {
    struct Key: Hashable, Sendable {
        var author: String
        var key: String
    }

    private struct Entry {
        var request: StableSum
        var outcome: CommandOutcome
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// In order of arrival; the oldest goes first.
        var order: [Key] = []
        var oldest = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int = 4096) { self.capacity = capacity }

    /// Nil when the key is new. Throws a 422 when it came with another request.
    func outcome(of key: Key, request: StableSum) throws -> CommandOutcome? {
        guard let entry = state.withLock({ $0.entries[key] }) else { return nil }
        guard entry.request == request else { throw Problem.keyReused }
        return entry.outcome
    }

    func keep(_ outcome: CommandOutcome, of key: Key, request: StableSum) {
        state.withLock { state in
            guard state.entries.updateValue(Entry(request: request, outcome: outcome), forKey: key) == nil else {
                return
            }
            if state.order.count < capacity {
                state.order.append(key)
            } else {
                state.entries[state.order[state.oldest]] = nil
                state.order[state.oldest] = key
                state.oldest = (state.oldest + 1) % capacity
            }
        }
    }
}
