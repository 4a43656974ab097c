import EnergyModel
import Ports
import Screen

/// What a facility's load is worth at a moment: told again for every frame, so that it ages even when nothing comes.
enum FacilityQuality: Sendable, Equatable {
    case good
    /// Fresh, but meters are missing from the sum or many readings were bad.
    case uncertain
    /// The newest reading is older than 45 s.
    case stale
    /// Older than 5 min: the value is not shown any more.
    case bad
    /// Nothing ever came.
    case never

    /// Below this share of good readings in the last 15 min a fresh load is uncertain.
    static let goodShare = 0.9

    init(_ facility: FacilitySnapshot, now: UTCInstant) {
        guard facility.newest != nil else {
            self = .never
            return
        }
        switch facility.freshness(at: now) {
        case .bad: self = .bad
        case .stale: self = .stale
        case .fresh where facility.load == nil: self = .bad
        case .fresh:
            let isWhole = facility.usableMeters >= facility.meters && facility.qualityShare >= Self.goodShare
            self = isWhole ? .good : .uncertain
        }
    }

    var word: String {
        switch self {
        case .good: "good"
        case .uncertain: "uncertain"
        case .stale: "stale"
        case .bad: "bad"
        case .never: "no data"
        }
    }

    var role: Role {
        switch self {
        case .good: .textDim
        case .uncertain, .stale: .stateStale
        case .bad: .stateBad
        case .never: .textDim
        }
    }

    /// Before the row; a space when there is nothing to say.
    var mark: String {
        switch self {
        case .good, .uncertain: " "
        case .stale: "○"
        case .bad: "×"
        case .never: "·"
        }
    }

    /// Whether the value may be shown at all.
    var isUsable: Bool { self == .good || self == .uncertain || self == .stale }
}

/// How a load stands to its contract (ledger CON-05: from 90 % on it is marked).
enum ContractState: Sendable, Equatable {
    case unknown, within, near, over

    init(share: Double?) {
        guard let share else {
            self = .unknown
            return
        }
        self = share > 1 ? .over : share > 0.9 ? .near : .within
    }

    var mark: String? {
        switch self {
        case .unknown, .within: nil
        case .near: "!"
        case .over: "▶"
        }
    }
}

/// How much a facility needs somebody, least first: the order of `sort trouble`.
enum FacilityTrouble: Int, Sendable, Comparable {
    case none, silentFromTheStart, uncertain, nearContract, stale, responseDegraded, overContract, noData
    case responseFailed

    init(_ facility: FacilitySnapshot, now: UTCInstant) {
        let quality = FacilityQuality(facility, now: now)
        let contract = ContractState(share: quality.isUsable ? facility.contractShare : nil)
        let ofData: Self =
            switch quality {
            case .good: .none
            case .never: .silentFromTheStart
            case .uncertain: .uncertain
            case .stale: .stale
            case .bad: .noData
            }
        let ofLoad: Self =
            switch contract {
            case .unknown, .within: .none
            case .near: .nearContract
            case .over: .overContract
            }
        let ofResponse: Self =
            switch facility.response?.state {
            case .failed: .responseFailed
            case .degraded: .responseDegraded
            default: .none
            }
        self = max(ofData, ofLoad, ofResponse)
    }

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
