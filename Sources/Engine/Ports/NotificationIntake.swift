import EnergyModel

/// Where utilities' notifications go once the gateway knows who sent them. Returns after the notification is durable.
package protocol NotificationIntake: Sendable {
    func accept(_ notification: InboundNotification) async -> NotificationVerdict
}

package struct InboundNotification: Hashable, Sendable {
    /// Name of the utility's key in the configuration; never the key.
    package var utility: String
    /// `webhook-id`, the sender's id of this delivery; a repeat is answered as the first was. Nil without one.
    package var deliveryID: String?
    /// The raw bytes that were signed.
    package var body: [UInt8]
    package var arrivedAt: UTCInstant
    package var traceID: String?
    /// The span in that trace under which the notification came.
    package var span: SpanID?
    /// The sender gave no trace; the gateway did.
    package var isTraceOurs: Bool
    package init(
        utility: String, deliveryID: String?, body: [UInt8], arrivedAt: UTCInstant, traceID: String?,
        span: SpanID? = nil, isTraceOurs: Bool = false
    ) {
        self.utility = utility
        self.deliveryID = deliveryID
        self.body = body
        self.arrivedAt = arrivedAt
        self.traceID = traceID
        self.span = span
        self.isTraceOurs = isTraceOurs
    }
}

package enum NotificationVerdict: Hashable, Sendable {
    /// Durable; `event` is its id as we know it. `isRepeat`: this delivery was taken before.
    case accepted(event: String, isRepeat: Bool)
    /// Not an event we can read: path and sentence say what to change. Kept as a dead letter.
    case malformed(path: String, sentence: String)
    /// Above the high-water mark, or nothing durable could be written: come again after this.
    case busy(retryAfter: Duration, sentence: String)
}
