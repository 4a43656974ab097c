import EnergyModel

/// What a building can be asked. See `BuildingWSDL` for the meaning of every field.
package enum BuildingOperation: Hashable, Sendable {
    case executeCommands(ExecuteCommands)
    case getExecution(GetExecution)
    /// Empty: every point.
    case readPoints([PointID])
    case releaseAll(ReleaseAll)

    /// Raw values are the names in WSDL, SOAPAction and body.
    package enum Name: String, Sendable, CaseIterable {
        case executeCommands = "ExecuteCommands"
        case getExecution = "GetExecution"
        case readPoints = "ReadPoints"
        case releaseAll = "ReleaseAll"
    }

    package var name: Name {
        switch self {
        case .executeCommands: .executeCommands
        case .getExecution: .getExecution
        case .readPoints: .readPoints
        case .releaseAll: .releaseAll
        }
    }

    /// The key in the body; the HTTP header `X-Idempotency-Key` carries the same. Nil where the operation needs none.
    package var idempotencyToken: String? {
        switch self {
        case .executeCommands(let command): command.idempotencyToken
        case .getExecution(.idempotencyToken(let token)): token
        case .releaseAll(let release): release.idempotencyToken
        case .getExecution(.executionID), .readPoints: nil
        }
    }
}

package struct ExecuteCommands: Hashable, Sendable {
    /// For logs: tells two sendings of one key apart.
    package var correlationID: String
    /// Done at most once, whatever is sent again under it.
    package var idempotencyToken: String
    /// At least one, each of another point.
    package var items: [CommandItem]

    package init(correlationID: String, idempotencyToken: String, items: [CommandItem]) {
        self.correlationID = correlationID
        self.idempotencyToken = idempotencyToken
        self.items = items
    }
}

package struct CommandItem: Hashable, Sendable {
    package var point: PointID
    /// Nil writes NULL: gives the slot up.
    package var value: Double?
    /// 1...16 if the sender is right; the receiver judges.
    package var priority: Int
    /// The building gives the slot up by itself at this moment; nil for never.
    package var expiresAt: UTCInstant?

    package init(point: PointID, value: Double?, priority: Int, expiresAt: UTCInstant?) {
        self.point = point
        self.value = value
        self.priority = priority
        self.expiresAt = expiresAt
    }
}

package enum GetExecution: Hashable, Sendable {
    case executionID(String)
    case idempotencyToken(String)
}

package struct ReleaseAll: Hashable, Sendable {
    package var idempotencyToken: String
    package var priorities: [Int]

    package init(idempotencyToken: String, priorities: [Int]) {
        self.idempotencyToken = idempotencyToken
        self.priorities = priorities
    }
}
