import EnergyModel

/// One item of a command as a building takes it: a value for a slot, or NULL when `value` is nil.
struct BuildingWrite: Hashable, Sendable {
    var point: PointID
    var value: Double?
    var slot: PrioritySlot
    var expiresAt: UTCInstant?
}

/// What a building says to one item at once.
struct BuildingReceipt: Hashable, Sendable {
    enum State: Hashable, Sendable {
        case accepted
        /// The key was used before: nothing is done again.
        case duplicate
        case rejected(Rejection)
    }
    /// A fault code of the WSDL, or one that a rule asks for.
    struct Rejection: Hashable, Sendable {
        let code: String
        static let unknownPoint = Rejection(code: "UNKNOWN_POINT")
        static let invalidPriority = Rejection(code: "INVALID_PRIORITY")
        static let invalidValue = Rejection(code: "INVALID_VALUE")
        static let expired = Rejection(code: "EXPIRED")
        /// The key stood for something else before.
        static let keyReused = Rejection(code: "KEY_REUSED")
    }

    var point: PointID
    /// Empty when rejected.
    var execution: String
    var state: State
}

/// What became of one accepted item.
struct BuildingExecution: Hashable, Sendable {
    enum State: String, Hashable, Sendable, Codable {
        /// Exits: applied, failed.
        case pending = "PENDING"
        case applied = "APPLIED"
        case failed = "FAILED"
    }

    let id: String
    let key: String
    let write: BuildingWrite
    let acceptedAt: UTCInstant
    var appliesAt: UTCInstant
    /// Decided when accepted, so that it does not hang on when anybody looks.
    let willFail: Bool
    var state = State.pending
    var settledAt: UTCInstant?
    var fault: String?
}

/// Everything ever asked under one idempotency key.
struct KeyRecord: Hashable, Sendable {
    let writes: [BuildingWrite]
    /// The newest answer.
    var receipts: [BuildingReceipt]
    /// Requests seen with this key.
    var requests = 1
    /// Changes of the priority array it caused, by point.
    var effects: [PointID: Int] = [:]
}

/// A line of what really happened to a building's priority arrays.
struct BuildingEffect: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable, Codable {
        case write, release
        /// The dead-man's switch: a slot's time was over.
        case expiry
        /// `ReleaseAll` emptied a slot.
        case releaseAll = "release_all"
        /// An occupant at the thermostat.
        case occupant
    }
    var at: UTCInstant
    var kind: Kind
    var point: PointID
    var slot: PrioritySlot
    var value: Double?
    var key: String
    var execution: String?
}
