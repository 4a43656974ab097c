import Resilience

/// When an issuer's keys are used, asked for again, or too old. Pure; `KeySetService` asks.
///
/// Keys are fresh for 10 min at most. Then the issuer is asked, and while it does not answer known keys go on being used up to
/// a bound. A key id that nobody knows leads to a question at most once a minute.
struct KeySetStateMachine: Sendable {
    enum Verdict: Hashable, Sendable {
        /// Use what is there for the key id; it is there.
        case use
        /// As `.use`, and ask for newer keys meanwhile.
        case useAndRefresh
        /// Ask, wait for the answer, decide anew.
        case ask
        /// Nobody knows the key id.
        case unknown
        /// No keys that may be used.
        case unavailable
    }

    let freshFor: Duration
    let usableFor: Duration
    private(set) var keys: KeySet?
    private var fetchedAt: MonotonicTime?
    private var askedAt: MonotonicTime?

    init(freshFor: Duration, usableFor: Duration) {
        self.freshFor = freshFor
        self.usableFor = usableFor
    }

    /// - Parameter mayAsk: false for the second look after a question: then there is no third.
    func verdict(on keyID: String, at uptime: MonotonicTime, mayAsk: Bool) -> Verdict {
        guard let keys, let fetchedAt else {
            return mayAsk && hasRested(KeySetPace.retry, uptime) ? .ask : .unavailable
        }
        let age = uptime - fetchedAt
        let isKnown = keys.has(keyID: keyID)
        if isKnown, age <= freshFor {
            return age > freshFor * 3 / 4 && hasRested(KeySetPace.retry, uptime) ? .useAndRefresh : .use
        }
        if mayAsk, hasRested(isKnown ? KeySetPace.retry : KeySetPace.unknownKey, uptime) { return .ask }
        guard age <= usableFor else { return .unavailable }
        return isKnown ? .use : .unknown
    }

    /// A question goes out.
    mutating func asked(at uptime: MonotonicTime) { askedAt = uptime }

    /// Nil: no answer, or none that is a key set. An empty set counts as none: it would lock everybody out.
    mutating func answered(_ answer: KeySet?, at uptime: MonotonicTime) {
        guard let answer, !answer.isEmpty else { return }
        keys = answer
        fetchedAt = uptime
    }

    private func hasRested(_ span: Duration, _ uptime: MonotonicTime) -> Bool {
        askedAt.map { uptime - $0 >= span } ?? true
    }
}
