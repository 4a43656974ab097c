import EnergyModel

/// The engine's clocks, injected: event time (`now`), and waiting. Every wait of the engine goes through here, so a
/// simulated day runs in seconds.
package struct Timekeeper: Sendable {
    /// Wall time, UTC.
    package let now: @Sendable () -> UTCInstant
    /// Monotonic time since the engine was composed.
    package let uptime: @Sendable () -> Duration
    /// Lets time pass. Throws `CancellationError` when the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void
    /// Returns when a deadline has passed. The same clock as `sleep`, but a simulation in which calls take no time may
    /// never let it return.
    package let expire: @Sendable (Duration) async throws -> Void

    package init<C: Clock>(clock: C, now: @escaping @Sendable () -> UTCInstant) where C.Duration == Duration {
        let origin = clock.now
        self.now = now
        uptime = { origin.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
        expire = sleep
    }

    package init(
        now: @escaping @Sendable () -> UTCInstant, uptime: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        expire: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.uptime = uptime
        self.sleep = sleep
        self.expire = expire
    }
}
