import DequeModule

/// Lets a fixed number of calls in at a time and keeps a bounded line of those that wait, first come first served
/// (ledger BMS-05, RES-07). The shell that owns it suspends a waiter and wakes it when `leave` hands it the place.
package struct BulkheadStateMachine: Hashable, Sendable {
    /// A place in the line. Tokens are never used again.
    package struct Waiter: Hashable, Sendable {
        let number: UInt64
    }

    package enum Entry: Hashable, Sendable {
        /// Go on; `leave` when done.
        case entered
        /// Wait until `leave` returns this waiter; `abandon` it to give up.
        case waiting(Waiter)
        /// The line is full: turn the call away.
        case full
    }

    package let concurrent: Int
    package let queueCapacity: Int
    package private(set) var running = 0
    private var line: Deque<Waiter> = []
    private var nextNumber: UInt64 = 0

    /// `concurrent` ≥ 1, `queueCapacity` ≥ 0; less is raised to that.
    package init(concurrent: Int = 2, queueCapacity: Int = 64) {
        self.concurrent = max(1, concurrent)
        self.queueCapacity = max(0, queueCapacity)
    }

    package var waiting: Int { line.count }

    package mutating func enter() -> Entry {
        if running < concurrent {
            running += 1
            return .entered
        }
        guard line.count < queueCapacity else { return .full }
        let waiter = Waiter(number: nextNumber)
        nextNumber += 1
        line.append(waiter)
        return .waiting(waiter)
    }

    /// Gives a place back. The waiter returned has it now, and must `leave` in its turn.
    package mutating func leave() -> Waiter? {
        precondition(running > 0, "left a bulkhead that nobody had entered")
        if let next = line.popFirst() { return next }
        running -= 1
        return nil
    }

    /// Takes a waiter out of the line. False when it is no longer there: it holds a place and must `leave`. O(line).
    package mutating func abandon(_ waiter: Waiter) -> Bool {
        guard let index = line.firstIndex(of: waiter) else { return false }
        line.remove(at: index)
        return true
    }
}
