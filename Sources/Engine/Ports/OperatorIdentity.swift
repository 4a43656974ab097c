import EnergyModel

/// What a person may do. Each role may do what the one before it may.
package enum OperatorRole: String, Sendable, Codable, CaseIterable, Comparable {
    /// Sees, changes nothing.
    case viewer
    /// Acts on events, buildings, dead letters and forecasts.
    case `operator`
    /// Also on what the engine itself rests on: facilities, retention, recomputes, breakers, flags.
    case supervisor

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .supervisor: 2
        }
    }
}

/// The facilities that somebody may see (claim `facility_ids[]`, ledger SEC-02).
package enum FacilityScope: Sendable, Hashable, Codable {
    case all
    case only(Set<FacilityID>)

    /// Nil for all.
    package var facilities: Set<FacilityID>? { if case .only(let facilities) = self { facilities } else { nil } }

    package func contains(_ facility: FacilityID) -> Bool {
        switch self {
        case .all: true
        case .only(let facilities): facilities.contains(facility)
        }
    }
}

/// Whom the engine takes somebody for.
package struct OperatorIdentity: Sendable, Hashable, Codable {
    /// Without a prefix: `ana`. Author of her commands is `operator:ana`.
    package var name: String
    package var role: OperatorRole
    package var scope: FacilityScope
    package init(name: String, role: OperatorRole, scope: FacilityScope) {
        self.name = name
        self.role = role
        self.scope = scope
    }

    package var author: String { "operator:\(name)" }
}

extension OperatorCommand.Action {
    /// The least role that may do it.
    package var role: OperatorRole {
        switch self {
        case .importFacilities, .enforceRetentionNow, .recompute, .tripBreaker, .resetBreaker, .setLogLevel:
            .supervisor
        case .replayDeadLetters, .discardDeadLetters, .editDeadLetter, .redrive, .pauseRedrive, .resumeRedrive,
            .cancelRedrive, .addNote, .createEvent, .approveEvent, .cancelEvent, .optOut, .retryCommand, .settleByHand,
            .overridePoint, .extendOverride, .releaseOverride, .releaseBuilding, .recomputeReports, .enterProfile,
            .removeProfile:
            .operator
        }
    }
}
