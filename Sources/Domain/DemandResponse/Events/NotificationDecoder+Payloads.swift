import EnergyModel

extension NotificationDecoder {
    /// Units by payload type, as the event's payload descriptors give them.
    func powerUnits(_ node: JSONNode) throws(EventRejection) -> [String: String] {
        guard let descriptors = node.member("payloadDescriptors") else { return [:] }
        var units: [String: String] = [:]
        for descriptor in try descriptors.elements(atMost: limits.payloads) {
            guard let type = descriptor.member("payloadType"), let unit = descriptor.member("units") else { continue }
            units[try type.text(atMost: 128)] = try unit.text(atMost: 32).uppercased()
        }
        return units
    }

    func payload(_ node: JSONNode, _ units: [String: String]) throws(EventRejection) -> UtilityEvent.Payload {
        let type = try node.required("type").text(atMost: 128)
        let values = try node.required("values")
        switch type {
        case "SIMPLE":
            var levels: [Int] = []
            for value in try list(values) { levels.append(try value.integer(0...3)) }
            return .level(levels)
        case "IMPORT_CAPACITY_LIMIT", "DISPATCH_SETPOINT": return .limit(try powers(values, type, units))
        case "DISPATCH_SETPOINT_RELATIVE":
            guard relativeMeansReduction else {
                throw EventRejection(
                    .unsupported, node.path,
                    "the sign of DISPATCH_SETPOINT_RELATIVE is not defined; "
                        + "say in the program's settings that positive means reduction, or send IMPORT_CAPACITY_LIMIT")
            }
            return .reduction(try powers(values, type, units))
        case "LOAD_SHED_DELTA_AVAILABLE", "GENERATION_DELTA_AVAILABLE":
            throw EventRejection(
                .badValue, node.path,
                "\(type) belongs in a report, not in an event; ask with IMPORT_CAPACITY_LIMIT, DISPATCH_SETPOINT "
                    + "or SIMPLE")
        default:
            guard type.hasPrefix("ALERT_") else { return .other(type) }
            guard case .text(let text)? = try values.elements(atMost: limits.values).first?.tree else {
                return .alert(type, "")
            }
            return .alert(type, String(text.prefix(1000)))
        }
    }

    private func powers(
        _ values: JSONNode, _ type: String, _ units: [String: String]
    ) throws(EventRejection) -> [Power] {
        if let unit = units[type], unit != "KW" {
            throw EventRejection(.unsupported, values.path, "\(type) is taken in KW, not in \(unit)")
        }
        var powers: [Power] = []
        for value in try list(values) { powers.append(try value.power()) }
        return powers
    }

    private func list(_ values: JSONNode) throws(EventRejection) -> [JSONNode] {
        let elements = try values.elements(atMost: limits.values)
        guard !elements.isEmpty else { throw values.bad("must not be empty") }
        return elements
    }
}
