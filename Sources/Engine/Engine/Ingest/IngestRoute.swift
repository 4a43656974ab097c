/// Where records go: straight to the log, or through the local queue so that they reach the log in order (ING-07). Pure.
///
/// `direct` → `queueing` when an append to the log fails. `queueing` → `handingOver` when the drainer is about to catch up:
/// new records then wait a moment, or a steady stream of them would keep the queue from ever being empty. `handingOver` →
/// `direct` when the drainer has seen the queue empty and nothing was appended to it since it looked, → `queueing` when the
/// log fails meanwhile. An engine begins in `queueing`: what an earlier run left in the queue goes first (BASE-06).
struct IngestRoute: Sendable {
    enum Way: Sendable, Equatable { case direct, queueing, handingOver }

    private(set) var way: Way
    private var appending = 0
    private var appends: UInt64 = 0
    /// People were told that records go through the queue.
    private(set) var isTold = false

    init(beginning way: Way) { self.way = way }

    /// The log failed, or old records lie in the queue. True when that is news.
    mutating func divert() -> Bool {
        way = .queueing
        defer { isTold = true }
        return !isTold
    }

    mutating func beginQueueing() {
        appending += 1
        appends += 1
    }

    mutating func endQueueing() { appending -= 1 }

    /// The drainer has caught up but for what comes in just now.
    mutating func beginHandOver() { if way == .queueing { way = .handingOver } }

    /// The log failed in the middle of it.
    mutating func endHandOver() { if way == .handingOver { way = .queueing } }

    /// Taken by the drainer before it looks into the queue.
    var mark: UInt64 { appends }

    /// The drainer found the queue empty after taking `mark`. True when records go straight to the log from now on.
    mutating func foundEmpty(since mark: UInt64) -> Bool {
        guard way != .direct, appending == 0, appends == mark else { return false }
        way = .direct
        return true
    }

    /// True once after the queue was drained that people were told of.
    mutating func takeTold() -> Bool {
        defer { isTold = false }
        return isTold
    }
}
