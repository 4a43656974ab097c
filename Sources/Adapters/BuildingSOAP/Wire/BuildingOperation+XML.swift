import EnergyModel

extension BuildingOperation {
    /// The element inside `Body`.
    func write(to writer: inout XMLWriter) {
        writer.open(name.rawValue, [("xmlns", BuildingWSDL.namespace)])
        switch self {
        case .executeCommands(let request): request.write(to: &writer)
        case .getExecution(.executionID(let id)): writer.leaf("executionId", id)
        case .getExecution(.idempotencyToken(let token)): writer.leaf("idempotency_token", token)
        case .readPoints(let points): for point in points { writer.leaf("point", point.text) }
        case .releaseAll(let request):
            writer.leaf("idempotency_token", request.idempotencyToken)
            for priority in request.priorities { writer.leaf("priority", "\(priority)") }
        }
        writer.close()
    }

    init(_ element: XMLElement) throws(WireError) {
        guard element.name.namespace == BuildingWSDL.namespace, let name = Name(rawValue: element.name.local) else {
            throw WireError(sentence: "The operation is not one of \(BuildingWSDL.namespace); read the WSDL.")
        }
        switch name {
        case .executeCommands: self = .executeCommands(try ExecuteCommands(element))
        case .getExecution: self = .getExecution(try GetExecution(element))
        case .readPoints:
            var points: [PointID] = []
            for point in try element.repeated("point") { points.append(try point.point()) }
            self = .readPoints(points)
        case .releaseAll: self = .releaseAll(try ReleaseAll(element))
        }
    }
}

extension ExecuteCommands {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.leaf("correlationId", correlationID)
        writer.leaf("idempotency_token", idempotencyToken)
        for item in items {
            writer.open("item")
            writer.leaf("point", item.point.text)
            writer.nillable("value", item.value)
            writer.leaf("priority", "\(item.priority)")
            if let expiresAt = item.expiresAt { writer.leaf("expiresAt", expiresAt.iso8601) }
            writer.close()
        }
    }

    fileprivate init(_ element: XMLElement) throws(WireError) {
        correlationID = try element.required("correlationId").token()
        idempotencyToken = try element.required("idempotency_token").token()
        items = []
        for item in try element.repeated("item", atMost: 1000) {
            items.append(
                CommandItem(
                    point: try item.required("point").point(),
                    value: try item.required("value").nillableNumber(),
                    priority: try item.required("priority").integer(0...999),
                    expiresAt: try item.optional("expiresAt")?.instant()))
        }
        guard !items.isEmpty else { throw WireError(sentence: "item is missing.") }
        guard Set(items.map(\.point)).count == items.count else {
            throw WireError(sentence: "Two items name the same point.")
        }
    }
}

extension GetExecution {
    fileprivate init(_ element: XMLElement) throws(WireError) {
        let id = try element.optional("executionId")
        let token = try element.optional("idempotency_token")
        switch (id, token) {
        case (let id?, nil): self = .executionID(try id.token())
        case (nil, let token?): self = .idempotencyToken(try token.token())
        default: throw WireError(sentence: "Give either executionId or idempotency_token.")
        }
    }
}

extension ReleaseAll {
    fileprivate init(_ element: XMLElement) throws(WireError) {
        idempotencyToken = try element.required("idempotency_token").token()
        priorities = []
        for priority in try element.repeated("priority", atMost: 16) {
            priorities.append(try priority.integer(0...999))
        }
        guard !priorities.isEmpty else { throw WireError(sentence: "priority is missing.") }
    }
}
