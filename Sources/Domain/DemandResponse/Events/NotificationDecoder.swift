import EnergyModel

/// Reads the body of a utility's webhook: OpenADR 3.1.0, 3.0.1, or the plain JSON form. Liberal in what it takes (both
/// vocabularies, camelCase and snake_case, properties it does not know), exact in what it keeps: every value is checked for
/// type and range, every list for its length.
package struct NotificationDecoder: Hashable, Sendable {
    package struct Limits: Hashable, Sendable {
        package var bytes = 1_048_576
        package var depth = 32
        package var intervals = 1_000
        package var payloads = 32
        package var values = 1_000
        package var targets = 5_000
        package init() {}
    }

    package var limits: Limits
    /// The program defines a positive DISPATCH_SETPOINT_RELATIVE as a reduction. The specification leaves the sign open, so
    /// without this such an event is refused.
    package var relativeMeansReduction: Bool

    package init(limits: Limits = Limits(), relativeMeansReduction: Bool = false) {
        self.limits = limits
        self.relativeMeansReduction = relativeMeansReduction
    }

    /// Never traps, whatever the bytes are. O(bytes).
    package func decode(_ body: some Collection<UInt8>) throws(EventRejection) -> UtilityNotification {
        let tree = try JSONTree.parse(body, .init(bytes: limits.bytes, depth: limits.depth))
        guard case .object = tree else { throw EventRejection(.badValue, "", "the body must be a JSON object") }
        let root = JSONNode(tree)
        guard let objectType = root.member("objectType") else { return try PlainForm(limits: limits).decode(root) }
        let type = try objectType.text(atMost: 40)
        if let object = root.member("object") { return try notification(root, type, object) }
        guard type == "EVENT" else { throw EventRejection(.missingField, "object", "is required") }
        return UtilityNotification(form: .openADR31, operation: .create, subject: .event(try event(root, nil)))
    }

    private func notification(
        _ root: JSONNode, _ type: String, _ object: JSONNode
    ) throws(EventRejection) -> UtilityNotification {
        let word = try root.required("operation").text(atMost: 20).uppercased()
        guard let (operation, isOld) = Self.operations[word] else {
            throw EventRejection(
                .badValue, "operation", "must be CREATE, READ, UPDATE or DELETE (3.0.1: POST, GET, PUT, DELETE)")
        }
        let form: UtilityNotification.Form = isOld || hasTypedTargets(root, object) ? .openADR30 : .openADR31
        guard type == "EVENT" else {
            return UtilityNotification(form: form, operation: operation, subject: .unrelated(type))
        }
        if operation == .delete {
            let modified = try object.member("modificationDateTime").map { (node) throws(EventRejection) in
                try node.instant()
            }
            let id = try object.required("id").eventID()
            return UtilityNotification(
                form: form, operation: operation, subject: .deletion(id, modifiedAt: modified))
        }
        let event = try event(object, root.member("targets"))
        return UtilityNotification(form: form, operation: operation, subject: .event(event))
    }

    static let operations: [String: (UtilityNotification.Operation, isOld: Bool)] = [
        "CREATE": (.create, false), "READ": (.read, false), "UPDATE": (.update, false), "DELETE": (.delete, false),
        "POST": (.create, true), "GET": (.read, true), "PUT": (.update, true),
    ]

    private func hasTypedTargets(_ root: JSONNode, _ object: JSONNode) -> Bool {
        [root, object].contains { node in
            guard case .array(let targets)? = node.member("targets")?.tree, case .object? = targets.first else {
                return false
            }
            return true
        }
    }

    // MARK: - Event

    private func event(_ node: JSONNode, _ outer: JSONNode?) throws(EventRejection) -> UtilityEvent {
        var event = UtilityEvent(
            id: try node.required("id").eventID(), program: try node.required("programID").text(atMost: 128))
        event.name = try node.member("eventName")?.text() ?? ""
        event.priority = try node.member("priority")?.integer(0...1_000_000)
        event.createdAt = try node.member("createdDateTime")?.instant()
        event.modifiedAt = try node.member("modificationDateTime")?.instant()
        event.duration = try node.member("duration")?.duration()
        if let period = node.member("intervalPeriod") { event.period = try self.period(period) }
        if let targets = node.member("targets") ?? outer { event.targets = try Self.targets(targets, limits) }
        let units = try powerUnits(node)
        if let intervals = node.member("intervals") {
            for (index, interval) in try intervals.elements(atMost: limits.intervals).enumerated() {
                event.intervals.append(try self.interval(interval, index, units))
            }
        }
        if let reports = node.member("reportDescriptors") {
            for report in try reports.elements(atMost: limits.payloads) {
                event.reports.append(try report.required("payloadType").text(atMost: 128))
            }
        }
        return event
    }

    private func period(_ node: JSONNode) throws(EventRejection) -> UtilityEvent.Period {
        UtilityEvent.Period(
            start: try node.member("start")?.start(), duration: try node.member("duration")?.duration(),
            randomizeStart: try node.member("randomizeStart")?.duration(allowsNegative: true))
    }

    private func interval(
        _ node: JSONNode, _ index: Int, _ units: [String: String]
    ) throws(EventRejection) -> UtilityEvent.Interval {
        let id = try node.member("id")?.integer(-1_000_000_000...1_000_000_000) ?? index
        var interval = UtilityEvent.Interval(id: id, payloads: [])
        if let period = node.member("intervalPeriod") { interval.period = try self.period(period) }
        guard let payloads = node.member("payloads") else { return interval }
        for payload in try payloads.elements(atMost: limits.payloads) {
            interval.payloads.append(try self.payload(payload, units))
        }
        return interval
    }

    static func targets(_ node: JSONNode, _ limits: Limits) throws(EventRejection) -> [UtilityEvent.Target] {
        var targets: [UtilityEvent.Target] = []
        for element in try node.elements(atMost: limits.targets) {
            if case .text = element.tree {
                targets.append(UtilityEvent.Target(value: try element.text(atMost: 128)))
            } else {
                let type = try element.required("type").text(atMost: 128)
                for value in try element.required("values").elements(atMost: limits.targets) {
                    targets.append(UtilityEvent.Target(type: type, value: try value.text(atMost: 128)))
                }
            }
            guard targets.count <= limits.targets else {
                throw EventRejection(.tooLarge, node.path, "names more than \(limits.targets) targets")
            }
        }
        return targets
    }
}
