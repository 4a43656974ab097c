/// Where records go: straight to the log, or through the local queue so that they reach the log in order (ING-07). Pure.
///
/// `direct` → `queueing` when an append to the log fails. `queueing` → `direct` only when the drainer has seen the queue
/// empty and nothing was appended to it since it looked.
struct IngestRoute: Sendable {
    enum Way: Sendable, Equatable { case direct, queueing }

    private(set) var way = Way.direct
    private var appending = 0
    private var appends: UInt64 = 0

    /// True when this call changed the way.
    mutating func logFailed() -> Bool {
        defer { way = .queueing }
        return way == .direct
    }

    mutating func beginQueueing() {
        appending += 1
        appends += 1
    }

    mutating func endQueueing() { appending -= 1 }

    /// Taken by the drainer before it looks into the queue.
    var mark: UInt64 { appends }

    /// The drainer found the queue empty after taking `mark`. True when records go straight to the log from now on.
    mutating func foundEmpty(since mark: UInt64) -> Bool {
        guard way == .queueing, appending == 0, appends == mark else { return false }
        way = .direct
        return true
    }
}
