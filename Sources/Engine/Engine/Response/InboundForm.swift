import DemandResponse
import EnergyModel
import Ports

/// A notification on its way through `dr-events-inbound`.
struct InboundEvent: Sendable {
    var utility: String
    var document: EventDocument
    var traceID: String?
    /// Under which the notification lies in the log.
    var trace: TraceContext?
    var notification: UtilityNotification

    /// The event it is about; for what is about none, the kind of thing.
    var subject: String {
        switch notification.subject {
        case .event(let event): event.id.text
        case .deletion(let id, _): id.text
        case .unrelated(let type): type
        }
    }
}

/// How notifications look as records of a topic, and back. Pure.
enum InboundForm {
    static let utilityHeader = "__switchyard.dr.utility"
    static let deliveryHeader = "__switchyard.dr.delivery"
    /// Of a failed command: with these a replay is a retry of just this command.
    static let eventHeader = "__switchyard.dr.event"
    static let facilityHeader = "__switchyard.dr.facility"
    static let sequenceHeader = "__switchyard.dr.sequence"

    /// Keyed by the event, so that what is said about one event stays in order.
    static func record(of notification: InboundNotification, subject: String) -> LogRecord {
        var headers = [utilityHeader: notification.utility]
        headers[deliveryHeader] = notification.deliveryID
        headers[DeadLetterHeader.traceparent] = notification.traceparent
        return LogRecord(key: subject, value: notification.body, headers: headers, time: notification.arrivedAt)
    }

    static func inbound(
        from record: LogRecord, decoder: NotificationDecoder
    ) throws(EventRejection) -> InboundEvent {
        let (traceID, context) = trace(of: record.headers)
        return InboundEvent(
            utility: record.headers[utilityHeader] ?? "unknown",
            document: EventDocument(body: record.value, receivedAt: record.time), traceID: traceID, trace: context,
            notification: try decoder.decode(record.value))
    }

    /// Of a record or a letter. An older build wrote the trace's id alone.
    static func trace(of headers: [String: String]) -> (traceID: String?, context: TraceContext?) {
        let text = headers[DeadLetterHeader.traceparent]
        if let context = text.flatMap(TraceContext.init(traceparent:)) { return (context.trace.description, context) }
        return (text, text.flatMap { TraceID($0) }.map(TraceContext.anchor(of:)))
    }

    /// A record for `dr-events-dlq`: the body unchanged, and why it lies there (ledger DLQ-02).
    static func letter(
        of record: LogRecord, at place: (partition: Partition, offset: Int64)?, reason: String, message: String,
        stage: String, attempts: Int, now: UTCInstant
    ) -> LogRecord {
        var headers = record.headers
        if let place {
            headers[DeadLetterHeader.topic] = place.partition.topic.name
            headers[DeadLetterHeader.partition] = String(place.partition.index)
            headers[DeadLetterHeader.offset] = String(place.offset)
        }
        headers[DeadLetterHeader.exception] = reason
        headers[DeadLetterHeader.message] = message
        headers[DeadLetterHeader.stage] = stage
        headers[DeadLetterHeader.attempts] = String(attempts)
        headers[DeadLetterHeader.firstSeen] = record.time.iso8601
        headers[DeadLetterHeader.lastSeen] = now.iso8601
        headers[DeadLetterHeader.source] = headers[utilityHeader].map { "utility:\($0)" }
        return LogRecord(key: record.key, value: record.value, headers: headers, time: now)
    }
}

extension InboundNotification {
    fileprivate var traceparent: String? {
        guard let span, let trace = traceID.flatMap({ TraceID($0) }) else { return traceID }
        return TraceContext(trace: trace, span: span).traceparent
    }
}

extension TraceContext {
    /// Where something stands in the trace of an event: where it is done now, if that is the same trace, else under what first
    /// worked the event. Nil without an id.
    init?(ofEvent traceID: String?) {
        guard let trace = traceID.flatMap({ TraceID($0) }) else { return nil }
        self = TraceContext.current.flatMap { $0.trace == trace ? $0 : nil } ?? .anchor(of: trace)
    }
}
