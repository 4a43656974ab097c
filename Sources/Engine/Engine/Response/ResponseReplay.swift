import DemandResponse
import EnergyModel
import Ports

/// Replays dead letters of demand response: an event goes through its topic once more, where its version tells whether it
/// still means anything; a failed command is retried by its own key (ledger DLQ-08).
struct ResponseReplay: Sendable {
    let log: any EventLog
    let records: any ResponseRecords
    let decoder: NotificationDecoder
    /// Nil at a desk: commands can be retried only where they are driven.
    let coordinator: Coordinator?
    let settings: EngineSettings.Response
    let time: Timekeeper

    static let topics: Set<String> = [Topic.demandResponseDeadLetters.name, Topic.buildingFailures.name]

    /// Nil when it was taken, else why not.
    func send(_ letter: DeadLetter, at now: UTCInstant) async throws(PortError) -> LetterCheck.Fault? {
        letter.topic == Topic.buildingFailures.name
            ? try await retry(letter) : try await sendEvent(letter, at: now)
    }

    /// What `send` would say now. For a failed command, whether its event still lets it be retried: its payload says nothing.
    func check(
        _ letter: DeadLetter, payload: [UInt8], at now: UTCInstant
    ) async throws(PortError) -> LetterCheck {
        if letter.topic == Topic.buildingFailures.name { return try await checkRetry(letter, at: now) }
        do throws(EventRejection) {
            let notification = try decoder.decode(payload)
            if let fault = try fault(of: notification, arrivedAt: letter.firstSeen, now) { return .fails([fault]) }
            return .passes([notification.sentence])
        } catch {
            return .fails([LetterCheck.Fault(error)])
        }
    }

    // MARK: - Events

    /// Goes through its topic as what it was: a notification of the moment it first came. "Now" in it means then, and what has
    /// no version is no newer for being replayed.
    private func sendEvent(_ letter: DeadLetter, at now: UTCInstant) async throws(PortError) -> LetterCheck.Fault? {
        let (traceID, context) = InboundForm.trace(of: letter.headers)
        let notification = InboundNotification(
            utility: letter.headers[InboundForm.utilityHeader] ?? "unknown",
            deliveryID: letter.headers[InboundForm.deliveryHeader], body: letter.currentPayload,
            arrivedAt: letter.firstSeen, traceID: traceID, span: context?.span)
        let subject: String
        do throws(EventRejection) {
            let inbound = try InboundForm.inbound(
                from: InboundForm.record(of: notification, subject: ""), decoder: decoder)
            if let fault = try fault(of: inbound.notification, arrivedAt: letter.firstSeen, now) { return fault }
            subject = inbound.subject
        } catch {
            return LetterCheck.Fault(error)
        }
        var record = InboundForm.record(of: notification, subject: subject)
        record.headers[DeadLetterHeader.replays] = String(letter.attempts + 1)
        try await bounded(by: settings.intake.appendTimeout, "the event log", time: time) {
            [log, record] () throws(PortError) in
            try await log.append([record], to: .demandResponseInbound)
        }
        return nil
    }

    /// An event whose time is over would be taken, and nothing would come of it.
    private func fault(
        of notification: UtilityNotification, arrivedAt: UTCInstant, _ now: UTCInstant
    ) throws(EventRejection) -> LetterCheck.Fault? {
        guard case .event(let event) = notification.subject, notification.operation != .read, !event.isCancellation
        else { return nil }
        let schedule = try EventSchedule.resolve(event, now: arrivedAt, shift: PlanDesk.shift(of: event.id))
        guard let end = schedule.window?.end, end <= now else { return nil }
        return LetterCheck.Fault(
            reason: "expired",
            sentence: "the event's time was over at \(end.iso8601); create one by hand if it is still wanted")
    }

    // MARK: - Failed commands

    private func retry(_ letter: DeadLetter) async throws(PortError) -> LetterCheck.Fault? {
        guard let coordinator else {
            throw PortError(
                .unavailable,
                "commands are retried by the running engine: begin a redrive of the letter, or `switchyard events retry`"
            )
        }
        guard let failed = FailedCommand(letter) else { return .noCommand }
        try coordinator.requireComplete()
        if let fault = fault(of: failed.event, coordinator) { return fault }
        let reply = try await coordinator.change(failed.event, by: "engine") { saga, _, moment in
            saga.retried(failed.facility, sequence: failed.sequence, moment)
        }
        return reply.refusal.map { LetterCheck.Fault(reason: "not_retriable", sentence: $0) }
    }

    private func checkRetry(_ letter: DeadLetter, at now: UTCInstant) async throws(PortError) -> LetterCheck {
        guard let failed = FailedCommand(letter) else { return .fails([.noCommand]) }
        let passes = LetterCheck.passes([
            "command #\(failed.sequence) of event \(failed.event) would be sent to \(failed.facility) again"
        ])
        guard let coordinator else {
            return try await storedFault(failed, at: now).map { .fails([$0]) } ?? passes
        }
        try coordinator.requireComplete()
        if let fault = fault(of: failed.event, coordinator) { return .fails([fault]) }
        guard var saga = coordinator.event(failed.event)?.saga else { return .fails([.isOver(failed.event)]) }
        let output = saga.retried(failed.facility, sequence: failed.sequence, SagaMoment(now: now))
        return output.refusal.map { .fails([LetterCheck.Fault(reason: "not_retriable", sentence: $0)]) } ?? passes
    }

    private func fault(of event: DREventID, _ coordinator: Coordinator) -> LetterCheck.Fault? {
        guard !coordinator.isDamaged(event) else {
            return LetterCheck.Fault(
                reason: "damaged_event",
                sentence: "event \(event) cannot be driven; the watchdog gives its buildings back")
        }
        return coordinator.event(event) == nil ? .isOver(event) : nil
    }

    /// From the outbox alone, beside the engine that drives the event.
    private func storedFault(
        _ failed: FailedCommand, at now: UTCInstant
    ) async throws(PortError) -> LetterCheck.Fault? {
        let (event, commands) = try await bounded(by: settings.commitTimeout, "the record store", time: time) {
            [records] () throws(PortError) in
            (try await records.event(failed.event), try await records.commands(of: failed.event))
        }
        guard let event, !event.isSettled else { return .isOver(failed.event) }
        let command = commands.first { $0.facility == failed.facility && $0.plan.sequence == failed.sequence }
        guard let command, command.progress.phase == .failed, command.plan.endsAt > now else {
            return LetterCheck.Fault(
                reason: "not_retriable", sentence: "Only a failed command whose time is not over can be retried.")
        }
        return nil
    }
}

extension LetterCheck.Fault {
    fileprivate static let noCommand = LetterCheck.Fault(
        reason: "missing_field", sentence: "the letter does not say which command failed")

    fileprivate static func isOver(_ event: DREventID) -> LetterCheck.Fault {
        LetterCheck.Fault(reason: "event_over", sentence: "event \(event) is over")
    }

    fileprivate init(_ rejection: EventRejection) {
        self.init(reason: rejection.code.rawValue, sentence: rejection.description, offset: rejection.offset)
    }
}

extension UtilityNotification {
    /// What it would do, as far as the body says; whether an older version of the event is in force, only the intake knows.
    fileprivate var sentence: String {
        switch subject {
        case .event(let event):
            let kind = event.isCancellation ? "cancellation" : operation.rawValue
            return "\(form.rawValue): \(kind) of event \(event.id) in program \(event.program.debugDescription), "
                + "\(event.intervals.count) intervals, \(event.targets.count) targets"
        case .deletion(let id, _): return "\(form.rawValue): deletion of event \(id)"
        case .unrelated(let type):
            return "\(form.rawValue): \(type.debugDescription) is acknowledged, and nothing is done"
        }
    }
}
