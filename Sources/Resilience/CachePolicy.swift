/// How long a cached value is good, and what may be done with it after (ledger CACHE-01, 02, 08, 09, 10; CF-10).
package struct CachePolicy: Hashable, Sendable {
    /// Lifetimes are drawn evenly from this range, so that what was filled together does not expire together.
    package var lifetimes: ClosedRange<Duration>
    /// From this age on a request may start a fill behind its back; the older the likelier.
    package var earlyFrom: Duration
    /// After its lifetime: answered as stale while it is fetched anew.
    package var staleFor: Duration
    /// The same while the store does not answer.
    package var staleWhenDown: Duration
    /// Lifetime while the records that name the facilities do not answer.
    package var lifetimeWithoutRecords: Duration

    package init(
        lifetimes: ClosedRange<Duration> = .seconds(8)...(.seconds(12)), earlyFrom: Duration = .seconds(8),
        staleFor: Duration = .seconds(30), staleWhenDown: Duration = .seconds(60),
        lifetimeWithoutRecords: Duration = .seconds(300)
    ) {
        self.lifetimes = lifetimes
        self.earlyFrom = earlyFrom
        self.staleFor = staleFor
        self.staleWhenDown = staleWhenDown
        self.lifetimeWithoutRecords = lifetimeWithoutRecords
    }

    package enum Verdict: Hashable, Sendable {
        case fresh
        /// Fresh, but near its end: answer it, and fetch anew behind the answer.
        case early
        /// Past its lifetime: answer it marked, and fetch anew behind the answer.
        case stale
        /// Fetch first.
        case expired
    }

    /// - Parameter draw: evenly from 0..<1.
    package func lifetime(draw: Double) -> Duration {
        lifetimes.lowerBound + (lifetimes.upperBound - lifetimes.lowerBound) * draw
    }

    /// - Parameters:
    ///   - age: since the value was fetched; negative counts as zero.
    ///   - lifetime: as drawn when it was.
    ///   - draw: evenly from 0..<1, anew for each request.
    package func verdict(
        age: Duration, lifetime: Duration, hasRecords: Bool = true, draw: Double
    ) -> Verdict {
        let lifetime = hasRecords ? lifetime : max(lifetime, lifetimeWithoutRecords)
        guard age < lifetime else { return age < lifetime + staleFor ? .stale : .expired }
        guard age >= earlyFrom, lifetime > earlyFrom else { return .fresh }
        return draw < (age - earlyFrom) / (lifetime - earlyFrom) ? .early : .fresh
    }

    /// Whether a value that could not be fetched anew may still be answered, marked stale.
    package func servesInTrouble(age: Duration, lifetime: Duration) -> Bool { age < lifetime + staleWhenDown }
}
