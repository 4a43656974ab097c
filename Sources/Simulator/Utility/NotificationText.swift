import EnergyModel

/// Puts an order into the words of OpenADR 3.1.0, 3.0.1 (DOMAIN §1.2, §1.3) or the plain form.
struct NotificationText {
    let form: UtilityOrder.Form

    func body(_ word: UtilityWord, _ order: UtilityOrder) -> [UInt8] {
        form == .plain ? plain(word, order).bytes : notification(word, order).bytes
    }

    // MARK: - OpenADR

    private func notification(_ word: UtilityWord, _ order: UtilityOrder) -> JSONValue {
        let isOld = form == .openADR30
        let operation: JSONValue =
            switch word {
            case .create: isOld ? "POST" : "CREATE"
            case .update, .zeroLength: isOld ? "PUT" : "UPDATE"
            case .delete: "DELETE"
            }
        var members: [(String, JSONValue)] = [("objectType", "EVENT"), ("operation", operation)]
        if !order.facilities.isEmpty { members.append(("targets", targets(order))) }
        members.append(("object", event(word, order)))
        return .object(members)
    }

    private func targets(_ order: UtilityOrder) -> JSONValue {
        let names = JSONValue.list(order.facilities.map { .text($0.text) })
        return form == .openADR30 ? [.object([("type", "RESOURCE_NAME"), ("values", names)])] : names
    }

    private func event(_ word: UtilityWord, _ order: UtilityOrder) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("id", .text(order.id)), ("createdDateTime", .text(order.createdAt.iso8601)),
            ("modificationDateTime", .text(order.modifiedAt.iso8601)), ("objectType", "EVENT"),
            ("programID", .text(order.program)), ("eventName", .text(order.name)),
        ]
        if let priority = order.priority { members.append(("priority", .number(Double(priority)))) }
        if !order.facilities.isEmpty { members.append(("targets", targets(order))) }
        members.append(("intervalPeriod", period(word, order)))
        let type = JSONValue.text(payloadType(order.demand))
        var descriptor: [(String, JSONValue)] = [("objectType", "EVENT_PAYLOAD_DESCRIPTOR"), ("payloadType", type)]
        if case .level = order.demand {} else { descriptor.append(("units", "KW")) }
        members.append(("payloadDescriptors", [.object(descriptor)]))
        members.append(
            (
                "reportDescriptors",
                [
                    .object([("payloadType", "DEMAND"), ("readingType", "MEAN"), ("units", "KW")]),
                    .object([("payloadType", "BASELINE"), ("readingType", "MEAN"), ("units", "KW")]),
                ]
            ))
        let payload = JSONValue.object([("type", type), ("values", [value(order.demand)])])
        members.append(("intervals", [.object([("id", 0), ("payloads", [payload])])]))
        return .object(members)
    }

    private func period(_ word: UtilityWord, _ order: UtilityOrder) -> JSONValue {
        guard word != .zeroLength else { return .object([("start", "0001-01-01"), ("duration", "PT0S")]) }
        let start = order.start.map(\.iso8601) ?? "0001-01-01"
        return .object([
            ("start", .text(start)), ("duration", .text(isoDuration(order.length))), ("randomizeStart", "PT0S"),
        ])
    }

    private func payloadType(_ demand: UtilityOrder.Demand) -> String {
        switch demand {
        case .reduction: "DISPATCH_SETPOINT_RELATIVE"
        case .limit: "IMPORT_CAPACITY_LIMIT"
        case .level: "SIMPLE"
        }
    }

    private func value(_ demand: UtilityOrder.Demand) -> JSONValue {
        switch demand {
        case .reduction(let power), .limit(let power): .number(power.kilowatts)
        case .level(let level): .number(Double(level))
        }
    }

    // MARK: - Plain

    private func plain(_ word: UtilityWord, _ order: UtilityOrder) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("event_id", .text(order.id)), ("program_id", .text(order.program)),
            ("modified_at", .text(order.modifiedAt.iso8601)),
        ]
        guard word != .delete else { return .object(members + [("operation", "cancel")]) }
        members.append(("operation", word == .create ? "create" : "update"))
        members.append(("created_at", .text(order.createdAt.iso8601)))
        members.append(("name", .text(order.name)))
        if let priority = order.priority { members.append(("priority", .number(Double(priority)))) }
        if let start = order.start { members.append(("start", .text(start.iso8601))) }
        members.append(("duration", .text(word == .zeroLength ? "PT0S" : isoDuration(order.length))))
        switch order.demand {
        case .reduction(let power): members.append(("target_reduction_kw", .number(power.kilowatts)))
        case .limit(let power): members.append(("limit_kw", .number(power.kilowatts)))
        case .level(let level): members.append(("level", .number(Double(level))))
        }
        if !order.facilities.isEmpty {
            members.append(("facility_ids", .list(order.facilities.map { .text($0.text) })))
        }
        return .object(members)
    }
}

/// `PT1H30M`; whole seconds.
private func isoDuration(_ span: Duration) -> String {
    let seconds = span.components.seconds
    guard seconds > 0 else { return "PT0S" }
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
    return "PT" + (hours > 0 ? "\(hours)H" : "") + (minutes > 0 ? "\(minutes)M" : "") + (rest > 0 ? "\(rest)S" : "")
}
