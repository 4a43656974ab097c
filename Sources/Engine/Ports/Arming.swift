import EnergyModel

/// Reserves what an action would touch, for the moment between arming and executing (CONSOLE §3; select before operate of
/// IEC 61850): nobody else can arm or do anything to it meanwhile.
package struct ArmRequest: Sendable, Hashable, Codable {
    /// The key of the command that will follow. Arming again with the same key begins the time anew.
    package var key: String
    package var author: String
    package var action: OperatorCommand.Action
    package init(key: String, author: String, action: OperatorCommand.Action) {
        self.key = key
        self.author = author
        self.action = action
    }
}

package enum ArmAnswer: Sendable, Hashable, Codable {
    /// `for` from now, unless it is executed or disarmed before.
    case armed(for: Duration)
    /// Somebody else's, for so long at most.
    case held(by: String, for: Duration)
}

/// What an action touches, as a path from the whole to the part: two meet when one begins with the other.
package struct ActionTarget: Sendable, Hashable, Codable, CustomStringConvertible {
    package let path: [String]
    package init(_ path: String...) { self.path = path }

    package func meets(_ other: ActionTarget) -> Bool { zip(path, other.path).allSatisfy { $0 == $1 } }
    package var description: String { path.joined(separator: " ") }
}

extension OperatorCommand.Action {
    /// Empty for what several may do at once.
    package var targets: [ActionTarget] {
        switch self {
        case .replayDeadLetters(let numbers): numbers.map { ActionTarget("dead letter", String($0)) }
        case .editDeadLetter(let number, _, _): [ActionTarget("dead letter", String(number))]
        case .discardDeadLetters, .redrive: [ActionTarget("dead letter")]
        case .pauseRedrive(let id), .resumeRedrive(let id), .cancelRedrive(let id): [ActionTarget("redrive", id)]
        case .addNote: []
        case .tripBreaker(let name), .resetBreaker(let name): [ActionTarget("breaker", name)]
        case .importFacilities: [ActionTarget("facilities")]
        case .enforceRetentionNow: [ActionTarget("retention")]
        case .recompute: [ActionTarget("rollups")]
        case .createEvent(let request): [ActionTarget("event", request.id.text)]
        case .approveEvent(let id), .cancelEvent(let id): [ActionTarget("event", id.text)]
        case .optOut(let id, let facility):
            [facility.map { ActionTarget("event", id.text, $0.text) } ?? ActionTarget("event", id.text)]
        case .retryCommand(let id, let facility, _), .settleByHand(let id, let facility):
            [ActionTarget("event", id.text, facility.text)]
        case .overridePoint(let request):
            [ActionTarget("building", request.facility.text, request.point.text)]
        case .extendOverride(let id, _), .releaseOverride(let id): [ActionTarget("event", id.text)]
        case .releaseBuilding(let facility): [ActionTarget("building", facility.text)]
        case .recomputeReports(let id, _): [ActionTarget("reports", id.text)]
        case .enterProfile(let request): [ActionTarget("forecast", request.facility.text)]
        case .removeProfile(let facility): [ActionTarget("forecast", facility.text)]
        case .setLogLevel: []
        }
    }
}
