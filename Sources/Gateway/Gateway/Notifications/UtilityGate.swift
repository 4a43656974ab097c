import EnergyModel
import Resilience
import Synchronization

/// The configured utilities with a token bucket each (ledger API-04). A request takes a token only once it is known who
/// sent it: a stranger cannot use up another's.
final class UtilityGate: Sendable {
    let keys: [UtilityKey]
    private let buckets: Mutex<[String: TokenBucket]>
    private let monotonic: @Sendable () -> MonotonicTime

    init(
        keys: [UtilityKey], perSecond: Double, burst: Int, monotonic: @escaping @Sendable () -> MonotonicTime
    ) {
        self.keys = keys
        self.monotonic = monotonic
        let bucket = TokenBucket(capacity: burst, perSecond: perSecond)
        buckets = Mutex(Dictionary(keys.map { ($0.name, bucket) }, uniquingKeysWith: { first, _ in first }))
    }

    /// Nil when the request may go on, else how long until the next one may.
    func refusal(of key: UtilityKey) -> Duration? {
        let now = monotonic()
        let verdict = buckets.withLock { $0[key.name]?.take(now: now) }
        switch verdict {
        case .granted, nil: return nil
        case .refused(let retryAfter): return retryAfter
        case .tooLarge: return .seconds(1)
        }
    }
}

/// Time since now on a clock that never goes back.
func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> MonotonicTime {
    let start = clock.now
    return { start.duration(to: clock.now) }
}
