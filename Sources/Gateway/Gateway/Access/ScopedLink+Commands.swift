import EnergyModel
import Ports

/// What of a command is let through.
extension ScopedLink {
    package func arm(_ request: ArmRequest) async throws(PortError) -> ArmAnswer {
        let action = try await permitted(request.action)
        return try await inner.arm(ArmRequest(key: key(request.key), author: identity.author, action: action))
    }

    /// One's own alone: the key is the caller's.
    package func disarm(key: String) async throws(PortError) { try await inner.disarm(key: self.key(key)) }

    /// Why the caller's role does not allow the action; nil when it does.
    package func refusal(of action: OperatorCommand.Action) -> PortError? {
        guard identity.role < action.role else { return nil }
        return PortError(
            .forbidden,
            "This needs the role \(action.role.rawValue) and yours is \(identity.role.rawValue); ask somebody who has it."
        )
    }

    /// The action, narrowed to the caller's facilities where it selects by a query. Throws `.forbidden` for what the role or
    /// the scope does not allow, `.notFound` for what is foreign.
    package func permitted(_ action: OperatorCommand.Action) async throws(PortError) -> OperatorCommand.Action {
        if let refusal = refusal(of: action) { throw refusal }
        guard narrowing != nil else { return action }
        switch action {
        case .replayDeadLetters, .discardDeadLetters, .editDeadLetter, .redrive, .pauseRedrive, .resumeRedrive,
            .cancelRedrive:
            return try await permittedOnLetters(action)
        case .addNote(let facility):
            guard let facility else { throw .namesNoFacility }
            try requireVisible(facility)
        case .tripBreaker, .resetBreaker, .importFacilities, .enforceRetentionNow, .recompute, .setLogLevel:
            throw .needsAllFacilities
        case .createEvent(let request): try requireVisible(request)
        case .approveEvent(let id), .cancelEvent(let id), .extendOverride(let id, _), .releaseOverride(let id):
            try await requireWhole(id)
        case .optOut(let id, let facility), .recomputeReports(let id, let facility):
            if let facility { try await requirePart(facility, in: id) } else { try await requireWhole(id) }
        case .retryCommand(let id, let facility, _), .settleByHand(let id, let facility):
            try await requirePart(facility, in: id)
        case .overridePoint(let request): try requireVisible(request.facility)
        case .releaseBuilding(let facility), .removeProfile(let facility): try requireVisible(facility)
        case .enterProfile(let request): try requireVisible(request.facility)
        }
        return action
    }

    private func permittedOnLetters(
        _ action: OperatorCommand.Action
    ) async throws(PortError) -> OperatorCommand.Action {
        switch action {
        case .replayDeadLetters(let numbers): try await requireVisible(letters: numbers)
        case .discardDeadLetters(let selection): return .discardDeadLetters(try await narrowed(selection))
        case .editDeadLetter(let number, _, _): try await requireVisible(letters: [number])
        case .redrive(let selection, let perSecond):
            return .redrive(try await narrowed(selection), perSecond: perSecond)
        case .pauseRedrive(let id), .resumeRedrive(let id), .cancelRedrive(let id):
            guard try await redrives().contains(where: { $0.id == id }) else {
                throw PortError(.notFound, "There is no redrive \(id) here that you may see; list them to find yours.")
            }
        default: break
        }
        return action
    }
}

extension PortError {
    fileprivate static let namesNoFacility = PortError(
        .forbidden, "A note for all facilities needs somebody who may see all; name one of yours.")

    static let needsAllFacilities = PortError(
        .forbidden, "This touches facilities beyond yours; ask a supervisor of all facilities.")
}
