import EnergyModel

/// The plain JSON form, for utilities without OpenADR and for hands:
/// `{"event_id": "E-1", "program_id": "cbp", "start": "2026-07-15T21:00:00Z", "duration": "PT2H",
///   "target_reduction_kw": 500, "facility_ids": ["F-001"], "priority": 1, "modified_at": "...", "operation": "create"}`.
/// `end` may stand for `duration`, `limit_kw` or `level` for `target_reduction_kw`, `utility_request_id` for `event_id`.
struct PlainForm {
    let limits: NotificationDecoder.Limits

    func decode(_ root: JSONNode) throws(EventRejection) -> UtilityNotification {
        let operation = try operation(root)
        let request = try root.member("utilityRequestID")?.text(atMost: 128)
        guard let named = root.member("eventID", "id", "utilityRequestID") else {
            throw EventRejection(.missingField, "event_id", "is required")
        }
        let id = try named.eventID()
        let modified = try root.member("modifiedAt", "modificationDateTime")?.instant()
        if operation == .delete {
            return UtilityNotification(
                form: .plain, operation: operation, subject: .deletion(id, modifiedAt: modified))
        }
        var event = UtilityEvent(
            id: id, utilityRequestID: request, program: try root.member("programID", "program")?.text(atMost: 128) ?? ""
        )
        event.name = try root.member("name", "eventName")?.text() ?? ""
        event.priority = try priority(root)
        event.createdAt = try root.member("createdAt", "createdDateTime")?.instant()
        event.modifiedAt = modified
        if let targets = root.member("facilityIDs", "facilities", "targets") {
            event.targets = try NotificationDecoder.targets(targets, limits)
        }
        event.period = try period(root)
        event.intervals = [UtilityEvent.Interval(id: 0, payloads: [try payload(root)])]
        return UtilityNotification(form: .plain, operation: operation, subject: .event(event))
    }

    private func operation(_ root: JSONNode) throws(EventRejection) -> UtilityNotification.Operation {
        guard let node = root.member("operation", "action") else { return .create }
        let word = try node.text(atMost: 20).uppercased()
        if word == "CANCEL" { return .delete }
        guard let (operation, _) = NotificationDecoder.operations[word] else {
            throw node.bad("must be create, update or cancel")
        }
        return operation
    }

    private func priority(_ root: JSONNode) throws(EventRejection) -> Int? {
        guard let node = root.member("priority") else { return nil }
        guard case .text(let word) = node.tree else { return try node.integer(0...1_000_000) }
        switch word.lowercased() {
        case "critical": return 0
        case "high": return 1
        case "normal": return 5
        case "low": return nil
        default: throw node.bad("must be a whole number from 0 (highest), or critical, high, normal, low")
        }
    }

    private func period(_ root: JSONNode) throws(EventRejection) -> UtilityEvent.Period {
        let start: UtilityEvent.Period.Start
        if let node = root.member("start", "startTime") { start = try node.start() } else { start = .now }
        if let node = root.member("duration") {
            return UtilityEvent.Period(start: start, duration: try node.duration())
        }
        if let node = root.member("durationMinutes") {
            let minutes = try node.integer(0...525_600)
            return UtilityEvent.Period(start: start, duration: CalendarDuration(milliseconds: Int64(minutes) * 60_000))
        }
        guard let node = root.member("end", "endTime") else {
            throw EventRejection(.missingField, "duration", "is required, or end")
        }
        let end = try node.instant()
        guard case .at(let begin) = start, begin < end else { throw node.bad("must be later than a given start") }
        return UtilityEvent.Period(
            start: start, duration: CalendarDuration(milliseconds: end.milliseconds - begin.milliseconds))
    }

    private func payload(_ root: JSONNode) throws(EventRejection) -> UtilityEvent.Payload {
        if let node = root.member("targetReductionKW", "reductionKW") { return .reduction([try node.power()]) }
        if let node = root.member("limitKW") { return .limit([try node.power()]) }
        if let node = root.member("level") { return .level([try node.integer(0...3)]) }
        throw EventRejection(.missingField, "target_reduction_kw", "is required, or limit_kw, or level")
    }
}
