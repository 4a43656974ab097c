/// Why a notification is not taken. Goes back to the sender as a problem and into the dead letters.
package struct EventRejection: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        case malformedJSON = "malformed_json"
        case tooLarge = "too_large"
        case missingField = "missing_field"
        case badValue = "bad_value"
        /// Well formed, but nothing in it can be dispatched.
        case nothingToDispatch = "nothing_to_dispatch"
        case unsupported = "unsupported"
    }

    package let code: Code
    /// Where, e.g. `intervals[3].payloads[0].values`; empty for the whole body.
    package let path: String
    package let sentence: String
    /// The byte of the body at which it stops being JSON; nil for what can be read and is wrong.
    package let offset: Int?

    package init(_ code: Code, _ path: String, _ sentence: String, at offset: Int? = nil) {
        self.code = code
        self.path = path
        self.sentence = sentence
        self.offset = offset
    }

    package var description: String { path.isEmpty ? sentence : "\(path): \(sentence)" }
}
