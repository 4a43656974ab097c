import EnergyModel

/// What the lag of a consumer asks for (ledger CF-13, AGG-13): alert at 10,000, backlog mode from 50,000 until below 10,000,
/// not ready at 100,000 until below 50,000.
package struct LagStateMachine: Sendable, Hashable {
    package enum Level: Int, Sendable, Hashable, Comparable {
        case normal, alert, backlog, notReady
        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    package struct Limits: Sendable, Hashable {
        package var alert: Int64 = 10_000
        package var backlog: Int64 = 50_000
        /// Below it backlog mode ends. At most `backlog`.
        package var backlogEnd: Int64 = 10_000
        package var notReady: Int64 = 100_000
        package init() {}
    }

    package let limits: Limits
    package private(set) var level = Level.normal

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Messages not yet processed. Returns the new level when it changed. Alert ends below its own limit, backlog below
    /// `backlogEnd`; not-ready falls to backlog below the backlog limit.
    package mutating func lagMeasured(_ lag: Int64) -> Level? {
        let before = level
        if lag >= limits.notReady || (level == .notReady && lag >= limits.backlog) {
            level = .notReady
        } else if lag >= limits.backlog || (level >= .backlog && lag >= limits.backlogEnd) {
            level = .backlog
        } else {
            level = lag >= limits.alert ? .alert : .normal
        }
        return level == before ? nil : level
    }
}
