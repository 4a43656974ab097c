import Resilience

/// What an outbox knows of entries that could not be delivered: how often each was tried, and when it may be again. An entry
/// that is in no trouble may be tried at once. In memory alone: after a restart each is tried anew. Pure.
struct OutboxTroubles<ID: Hashable & Sendable>: Sendable {
    private struct Trouble {
        var attempts = 0
        var notBefore = Duration.zero
    }

    private let backoff: Backoff
    private var troubles: [ID: Trouble] = [:]

    /// Waits begin with `first`, double, and are never longer than `longest`.
    init(first: Duration, longest: Duration) { backoff = Backoff(first: first, cap: longest, attempts: nil) }

    var count: Int { troubles.count }

    /// Attempts that failed.
    func attempts(of id: ID) -> Int { troubles[id]?.attempts ?? 0 }

    /// `now` is uptime.
    func mayTry(_ id: ID, now: Duration) -> Bool { troubles[id].map { $0.notBefore <= now } ?? true }

    /// Whether an entry in trouble may be tried again. O(entries in trouble).
    func isAnyDue(now: Duration) -> Bool { troubles.values.contains { $0.notBefore <= now } }

    /// One more attempt failed; returns how many by now. `random` is uniform in 0..<1.
    mutating func failed(_ id: ID, now: Duration, random: Double) -> Int {
        var trouble = troubles[id] ?? Trouble()
        trouble.attempts += 1
        trouble.notBefore = now + backoff.delay(afterAttempt: trouble.attempts, random: random)
        troubles[id] = trouble
        return trouble.attempts
    }

    /// They were delivered, or given up.
    mutating func forget(_ ids: some Sequence<ID>) {
        for id in ids { troubles[id] = nil }
    }
}

extension OutboxTroubles {
    init(_ settings: EngineSettings.FollowUp) {
        self.init(first: settings.noticeFirstDelay, longest: settings.noticeLongestDelay)
    }
}
