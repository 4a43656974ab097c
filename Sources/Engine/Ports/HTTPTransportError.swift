/// Why there is no answer. Sentences name hosts and limits, never header values or bodies.
package struct HTTPTransportError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// Name look-up or TCP failed: nothing was sent.
        case connect
        /// The deadline passed while waiting in line or connecting: nothing was sent.
        case timeoutBeforeSend
        /// The deadline passed after the request may have gone out: its effect is unknown.
        case timeoutAfterSend
        /// The connection broke, or the answer was no HTTP, after the request may have gone out: its effect is unknown.
        case lostAfterSend
        /// The answer is larger than the limit; the server has handled the request.
        case tooLarge
        /// Every address of the host is outside what the address policy permits: nothing was sent.
        case refusedAddress
        /// The server's or our certificate was not accepted, or TLS broke: nothing was sent.
        case tls
        /// The task was cancelled; see `mayHaveBeenSent`.
        case cancelled
        /// The line of waiting requests is full: nothing was sent.
        case overloaded
        /// The request itself is wrong: nothing was sent.
        case invalidRequest
        /// The transport was shut down.
        case closed
    }

    package let code: Code
    package let sentence: String
    package let cause: String?
    /// False only when the server cannot have seen the request: sending it again is then safe whatever it does.
    package let mayHaveBeenSent: Bool

    package init(_ code: Code, _ sentence: String, cause: String? = nil, mayHaveBeenSent: Bool = false) {
        self.code = code
        self.sentence = sentence
        self.cause = cause
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    package var description: String { cause.map { "\(sentence) (\($0))" } ?? sentence }
}
