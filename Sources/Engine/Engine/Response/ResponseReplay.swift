import DemandResponse
import EnergyModel
import Ports

/// Replays dead letters of demand response: an event goes through its topic once more, where its version tells whether it
/// still means anything; a failed command is retried by its own key (ledger DLQ-08).
struct ResponseReplay: Sendable {
    let log: any EventLog
    let decoder: NotificationDecoder
    /// Nil at a desk: commands can be retried only where they are driven.
    let coordinator: Coordinator?
    let settings: EngineSettings.Response
    let time: Timekeeper

    static let topics: Set<String> = [Topic.demandResponseDeadLetters.name, Topic.buildingFailures.name]

    /// Nil when it was taken, else why not.
    func send(_ letter: DeadLetter, at now: UTCInstant) async throws(PortError) -> String? {
        letter.topic == Topic.buildingFailures.name
            ? try await retry(letter) : try await sendEvent(letter, at: now)
    }

    private func sendEvent(_ letter: DeadLetter, at now: UTCInstant) async throws(PortError) -> String? {
        let notification = InboundNotification(
            utility: letter.headers[InboundForm.utilityHeader] ?? "unknown",
            deliveryID: letter.headers[InboundForm.deliveryHeader], body: letter.payload, arrivedAt: now,
            traceID: letter.headers[DeadLetterHeader.traceparent])
        let subject: String
        do throws(EventRejection) {
            subject = try InboundForm.inbound(
                from: InboundForm.record(of: notification, subject: ""), decoder: decoder
            ).subject
        } catch {
            return error.description
        }
        let record = InboundForm.record(of: notification, subject: subject)
        try await bounded(by: settings.intake.appendTimeout, "the event log", time: time) {
            [log] () throws(PortError) in
            try await log.append([record], to: .demandResponseInbound)
        }
        return nil
    }

    private func retry(_ letter: DeadLetter) async throws(PortError) -> String? {
        guard let coordinator else {
            throw PortError(.unavailable, "commands are retried by the running engine; send the replay there")
        }
        guard let failed = FailedCommand(letter) else { return "the letter does not say which command failed" }
        try coordinator.requireComplete()
        guard !coordinator.isDamaged(failed.event) else {
            return "event \(failed.event) cannot be driven; the watchdog gives its buildings back"
        }
        guard coordinator.event(failed.event) != nil else { return "event \(failed.event) is over" }
        return try await coordinator.change(failed.event, by: "engine") { saga, _, moment in
            saga.retried(failed.facility, sequence: failed.sequence, moment)
        }.refusal
    }
}
