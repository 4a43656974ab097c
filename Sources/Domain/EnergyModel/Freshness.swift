/// How old a number is, in the words of CONSOLE.md §1: fresh to 45 s, stale to 5 min, then bad (shown as `--`).
package enum Freshness: String, Sendable, Codable {
    case fresh, stale, bad

    /// `age` is now minus the event time of the newest value; negative ages (a clock ahead) count as fresh.
    package init(age: Duration, staleAfter: Duration = .seconds(45), badAfter: Duration = .seconds(300)) {
        self = age >= badAfter ? .bad : age >= staleAfter ? .stale : .fresh
    }
}
