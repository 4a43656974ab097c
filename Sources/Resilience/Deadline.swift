/// The moment by which work must be done. Handed down with the work: a callee may shorten it, never lengthen it
/// (ledger RES-02).
package struct Deadline: Hashable, Comparable, Sendable {
    package let at: MonotonicTime

    package init(at: MonotonicTime) { self.at = at }

    package init(after span: Duration, now: MonotonicTime) { at = now + max(.zero, span) }

    package static func < (left: Deadline, right: Deadline) -> Bool { left.at < right.at }

    /// Zero once expired, never negative.
    package func remaining(now: MonotonicTime) -> Duration { max(.zero, at - now) }

    /// True from the moment itself on.
    package func isExpired(now: MonotonicTime) -> Bool { now >= at }

    /// The earlier of this deadline and `span` from now: what a single step of the work may use.
    package func shortened(to span: Duration, now: MonotonicTime) -> Deadline {
        min(self, Deadline(after: span, now: now))
    }
}

/// The deadline of the request that the current task works for, whatever it calls: a call that waits takes the shorter of
/// its own limit and what is left here (ledger API-06). Tasks that serve no request have none.
package enum RequestDeadline {
    /// An object: the optimiser of Swift 6.3 miscompiles a task-local closure (the process dies in
    /// `swift_task_localValuePush`).
    package final class Watch: Sendable {
        private let left: @Sendable () -> Duration
        package init(left: @escaping @Sendable () -> Duration) { self.left = left }

        /// What is left; zero or less once it has passed.
        package var remaining: Duration { left() }
    }

    @TaskLocal package static var watch: Watch?

    /// `limit`, or what the request has left if that is less.
    package static func shortened(_ limit: Duration) -> Duration { min(limit, watch?.remaining ?? limit) }
}
