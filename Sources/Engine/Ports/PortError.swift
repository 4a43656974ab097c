/// A failure of the world behind a port: code, a sentence that says what to do next, and the cause.
package struct PortError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, Codable {
        /// The dependency did not answer or is locked; the same call may succeed later.
        case unavailable
        /// The deadline passed; the effect may or may not have happened.
        case timedOut
        /// No room: disk, quota or cap.
        case full
        /// What is stored cannot be read.
        case corrupt
        /// The request itself is wrong and will fail again.
        case invalid
        /// The thing asked for does not exist.
        case notFound
        /// Who asks may not; somebody with another role or for other facilities may.
        case forbidden
        /// The caller's claim (lease, offset, generation) is out of date.
        case superseded
    }

    package let code: Code
    package let sentence: String
    package let cause: String?

    package init(_ code: Code, _ sentence: String, cause: (any Error)? = nil) {
        self.code = code
        self.sentence = sentence
        self.cause = cause.map { String(describing: $0) }
    }

    package var description: String { cause.map { "\(sentence) (\($0))" } ?? sentence }
    /// Worth trying again without a change by anybody.
    package var isTransient: Bool { code == .unavailable || code == .timedOut }
}
