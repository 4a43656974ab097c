/// Refuses from a high mark on and resumes only at a low one, so that a level near one mark does not flap
/// (ledger ING-08: 80 % and 60 %).
package struct HysteresisGate: Hashable, Sendable {
    package enum Change: Hashable, Sendable { case startedRefusing, resumed }

    package let refuseAt: Double
    package let resumeAt: Double
    package private(set) var isRefusing = false

    /// `resumeAt` ≤ `refuseAt`; a higher one is lowered to it.
    package init(refuseAt: Double = 0.8, resumeAt: Double = 0.6) {
        self.refuseAt = refuseAt
        self.resumeAt = min(resumeAt, refuseAt)
    }

    /// Takes the level now (used / capacity). Returns what changed, nil when nothing did. At equal marks, a level on them
    /// refuses. A level that is not a number changes nothing.
    @discardableResult
    package mutating func update(level: Double) -> Change? {
        if !isRefusing, level >= refuseAt {
            isRefusing = true
            return .startedRefusing
        }
        if isRefusing, level <= resumeAt, level < refuseAt {
            isRefusing = false
            return .resumed
        }
        return nil
    }
}
