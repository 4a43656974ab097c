import EnergyModel

/// From a provisional baseline to settled versions of it. What was frozen never changes: later data make a new version,
/// with its reason, beside the old one (DOMAIN §2.6).
package struct SettlementStateMachine: Hashable, Sendable, Codable {
    package struct Version: Hashable, Sendable, Codable {
        package enum Origin: Hashable, Sendable, Codable {
            /// `unvalidated` says why it was frozen before all its intervals were validated; nil when they were.
            case frozen(unvalidated: String?)
            case recomputed(reason: String)
        }

        /// 1 for the first.
        package var number: Int
        package var result: BaselineResult
        package var origin: Origin
        package var at: UTCInstant
        package var author: String
    }

    package enum State: Hashable, Sendable, Codable {
        /// Nothing worked out yet. Leaves by figures.
        case pending
        /// Figures replace each other as data arrive. Leaves by `freeze`.
        case provisional(BaselineResult)
        /// Never left; versions are only added. The last one counts.
        case settled([Version])
    }

    package enum Action: Hashable, Sendable {
        /// Keep the state; its provisional figures are new.
        case store
        /// Nothing new.
        case none
        /// Data under a frozen version changed: tell a person, who may recompute.
        case reportDrift(version: Int, frozen: BaselineResult, now: BaselineResult)
    }

    package enum Refusal: Error, Hashable, CustomStringConvertible {
        case nothingToFreeze, alreadySettled, incomplete, unvalidated, notSettled, reasonMissing, unchanged

        package var description: String {
            switch self {
            case .nothingToFreeze: "there are no figures to freeze; work the baseline out first"
            case .alreadySettled: "the baseline is settled; recompute it with a reason to add a version"
            case .incomplete:
                "intervals or the adjustment window are missing; fill the gaps, or say why to freeze as it is"
            case .unvalidated: "not every interval is validated; validate them, or say why to freeze before"
            case .notSettled: "the baseline is provisional and changes by itself; freeze it before recomputing"
            case .reasonMissing: "a recomputation needs a reason"
            case .unchanged: "the figures are those of the version that counts; nothing to add"
            }
        }
    }

    package private(set) var state = State.pending

    package init() {}

    package var current: BaselineResult? {
        switch state {
        case .pending: nil
        case .provisional(let result): result
        case .settled(let versions): versions.last?.result
        }
    }

    /// 0 while provisional.
    package var version: Int {
        if case .settled(let versions) = state { return versions.last?.number ?? 0 }
        return 0
    }

    package mutating func figuresArrived(_ result: BaselineResult) -> Action {
        switch state {
        case .settled(let versions):
            guard let last = versions.last, last.result != result else { return .none }
            return .reportDrift(version: last.number, frozen: last.result, now: result)
        case .provisional(result): return .none
        case .pending, .provisional:
            state = .provisional(result)
            return .store
        }
    }

    /// `exception` is the reason to freeze figures that are incomplete or not validated; without one they are refused.
    package mutating func freeze(
        at now: UTCInstant, by author: String, exception: String? = nil
    ) throws(Refusal) -> Version {
        switch state {
        case .pending: throw .nothingToFreeze
        case .settled: throw .alreadySettled
        case .provisional(let result):
            let reason = exception.flatMap { $0.contains { !$0.isWhitespace } ? $0 : nil }
            if reason == nil, !result.isComplete { throw .incomplete }
            if reason == nil, !result.isValidated { throw .unvalidated }
            let isSound = result.isComplete && result.isValidated
            return settle(
                Version(
                    number: 1, result: result, origin: .frozen(unvalidated: isSound ? nil : reason), at: now,
                    author: author))
        }
    }

    package mutating func recompute(
        _ result: BaselineResult, reason: String, at now: UTCInstant, by author: String
    ) throws(Refusal) -> Version {
        guard case .settled(let versions) = state, let last = versions.last else { throw .notSettled }
        guard reason.contains(where: { !$0.isWhitespace }) else { throw .reasonMissing }
        guard last.result != result else { throw .unchanged }
        return settle(
            Version(
                number: last.number + 1, result: result, origin: .recomputed(reason: reason), at: now, author: author))
    }

    private mutating func settle(_ version: Version) -> Version {
        var versions: [Version] = []
        if case .settled(let before) = state { versions = before }
        state = .settled(versions + [version])
        return version
    }
}
