import EnergyModel

package enum BuildingOperationAnswer: Hashable, Sendable {
    /// One result for each item of the request.
    case commands(idempotencyToken: String, [CommandResult])
    /// At least one; of a key that is not known, one with the state `unknown`.
    case executions([ExecutionReport])
    /// Known points only.
    case points([PointReport])
    case released(ReleaseReport)
}

package struct CommandResult: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// Taken, not done yet.
        case accepted
        /// Done and read back.
        case applied
        /// Not taken; without effect.
        case rejected(BuildingRefusal)
        /// The key came before and is not done again. With what became of it then, if the building says so.
        case duplicate(of: Earlier?)
    }

    package enum Earlier: String, Sendable, CaseIterable {
        case accepted = "ACCEPTED"
        case applied = "APPLIED"
    }

    package var point: PointID
    package var executionID: String?
    package var outcome: Outcome

    package init(point: PointID, executionID: String?, outcome: Outcome) {
        self.point = point
        self.executionID = executionID
        self.outcome = outcome
    }
}

/// Why a building does not do something. Texts are as it wrote them: neutralise before they are shown.
package struct BuildingRefusal: Hashable, Sendable {
    /// Of `FaultCode`'s table, or the building's own.
    package var faultCode: String
    package var message: String

    package init(faultCode: String, message: String) {
        self.faultCode = faultCode
        self.message = message
    }
}

package struct ExecutionReport: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case pending
        /// What the commanded slot held when it was read back; nil for nothing.
        case applied(readback: Double?)
        case failed(BuildingRefusal)
        case unknown
    }

    /// Nil only for `unknown`.
    package var point: PointID?
    package var executionID: String?
    package var state: State

    package init(point: PointID?, executionID: String?, state: State) {
        self.point = point
        self.executionID = executionID
        self.state = state
    }
}

package struct PointReport: Hashable, Sendable {
    package enum Quality: String, Sendable, CaseIterable {
        case good = "GOOD"
        /// Estimated or old.
        case uncertain = "UNCERTAIN"
        /// The device behind the point does not answer: what is reported may be long past.
        case bad = "BAD"
    }

    package var point: PointID
    package var value: Double
    /// Values by slot, 1...16; a slot that holds nothing is absent.
    package var slots: [Int: Double]
    package var quality: Quality
    package var at: UTCInstant
    /// Nil for a point that cannot be commanded.
    package var description: PointDescription?

    package init(
        point: PointID, value: Double, slots: [Int: Double], quality: Quality = .good, at: UTCInstant,
        description: PointDescription?
    ) {
        self.point = point
        self.value = value
        self.slots = slots
        self.quality = quality
        self.at = at
        self.description = description
    }

    /// The slot that wins; nil when none holds a value.
    package var activePriority: Int? { slots.keys.min() }
}

package struct PointDescription: Hashable, Sendable {
    package var kind: PointKind
    package var zone: String
    package var normal: Double
    package var rated: Power?
    package var isCritical: Bool
    /// Whole seconds on the wire; nil for no limit.
    package var longestShed: Duration?

    package init(
        kind: PointKind, zone: String, normal: Double, rated: Power? = nil, isCritical: Bool = false,
        longestShed: Duration? = nil
    ) {
        self.kind = kind
        self.zone = zone
        self.normal = normal
        self.rated = rated
        self.isCritical = isCritical
        self.longestShed = longestShed
    }
}

package struct ReleaseReport: Hashable, Sendable {
    package struct Failure: Hashable, Sendable {
        package var point: PointID
        package var refusal: BuildingRefusal
        package init(point: PointID, refusal: BuildingRefusal) {
            self.point = point
            self.refusal = refusal
        }
    }

    package var idempotencyToken: String
    /// Points that held something at one of the priorities and do no more.
    package var released: [PointID]
    /// Points that could not be given back.
    package var failed: [Failure]

    package init(idempotencyToken: String, released: [PointID], failed: [Failure] = []) {
        self.idempotencyToken = idempotencyToken
        self.released = released
        self.failed = failed
    }
}
