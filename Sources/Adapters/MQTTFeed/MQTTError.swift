/// A failure of the client, the codec or the broker. Sentences name hosts and topics, never passwords.
package struct MQTTError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// Bytes that are no MQTT packet; the connection cannot go on.
        case malformedPacket
        /// Well-formed packets that the standard forbids at that moment.
        case protocolViolation
        /// A packet beyond the configured limit, in or out.
        case packetTooLarge
        /// QoS 2, extended authentication: parts of MQTT that this client refuses.
        case unsupported
        /// The request itself is wrong: URL, topic, filter, too large a batch.
        case invalid
        /// The broker answered with a refusal.
        case refused
        /// TCP, name look-up or TLS did not come up.
        case unreachable
        /// There was a connection and it ended; effects of unanswered requests are unknown.
        case connectionLost
        case notConnected
        case timedOut
        case cancelled
        /// A bounded queue is full; wait for acknowledgements and try again.
        case tooManyOutstanding
    }

    package let code: Code
    package let sentence: String
    package let cause: String?
    /// The broker's reason code (MQTT 5) or return code (3.1.1), where it gave one.
    package let reasonCode: UInt8?

    package init(_ code: Code, _ sentence: String, reasonCode: UInt8? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.sentence = sentence
        self.reasonCode = reasonCode
        self.cause = cause.map { String(describing: $0) }
    }

    package var description: String { cause.map { "\(sentence) (\($0))" } ?? sentence }

    /// Whatever was thrown, as one of ours.
    package init(_ error: any Error, otherwise code: Code, _ sentence: String) {
        if let known = error as? MQTTError {
            self = known
        } else if error is CancellationError {
            self = MQTTError(.cancelled, "The request was cancelled.")
        } else {
            self = MQTTError(code, sentence, cause: error)
        }
    }
}
