/// Every error answer: problem details of RFC 9457. `detail` says what the caller should do next.
package struct Problem: Error, Sendable, Hashable, Codable {
    package static let mediaType = "application/problem+json"

    package let kind: Kind
    package let title: String
    package let status: Int
    package let detail: String
    /// The trace the request belongs to, 32 hexadecimal digits.
    package var traceID: String?
    /// Bytes allowed, when there were too many.
    package var limitBytes: Int?
    /// Whole seconds, the same as the header `Retry-After`.
    package var retryAfterSeconds: Int?
    /// Media types that are taken, the same as the header `Accept-Post`, when the body had another one.
    package var acceptedTypes: String?
    /// Where in the body the fault is, e.g. `/intervals/0/duration`.
    package var path: String?
    package var readings: RejectedReadings?

    /// Ends the `type` URI of a problem, `urn:switchyard:problem:…`.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case malformedRequest = "malformed-request"
        case headersTooLarge = "headers-too-large"
        case emptyBody = "empty-body"
        case bodyTooLarge = "body-too-large"
        case unsupportedMediaType = "unsupported-media-type"
        case unsupportedEncoding = "unsupported-encoding"
        case requestTooSlow = "request-too-slow"
        case rejectedReadings = "rejected-readings"
        case unauthorized = "unauthorized"
        case forbidden = "forbidden"
        case rateLimited = "rate-limited"
        case malformedNotification = "malformed-notification"
        case overloaded = "overloaded"
        case unavailable = "unavailable"
        case stopping = "stopping"
        case deadlinePassed = "deadline-passed"
        case tooManyConnections = "too-many-connections"
        case internalError = "internal-error"
        /// Of the REST surface.
        case badParameter = "bad-parameter"
        case badBody = "bad-body"
        /// Understood, allowed, and not done: `detail` says why.
        case refused = "refused"
        case preconditionFailed = "precondition-failed"
        case preconditionRequired = "precondition-required"
        case keyReused = "idempotency-key-reused"
    }

    package init(_ kind: Kind, status: Int, title: String, detail: String) {
        self.kind = kind
        self.status = status
        self.title = title
        self.detail = detail
    }

    package static let typePrefix = "urn:switchyard:problem:"

    package var json: [UInt8] {
        JSONText.object { text in
            text.member("type", Problem.typePrefix + kind.rawValue)
            text.member("title", title)
            text.member("status", status)
            text.member("detail", detail)
            if let traceID { text.member("trace_id", traceID) }
            if let limitBytes { text.member("limit_bytes", limitBytes) }
            if let retryAfterSeconds { text.member("retry_after_seconds", retryAfterSeconds) }
            if let acceptedTypes { text.member("accepted_types", acceptedTypes) }
            if let path { text.member("path", path) }
            if let readings { readings.write(to: &text) }
        }
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Member.self)
        let type = try members.decode(String.self, forKey: .type)
        guard type.hasPrefix(Problem.typePrefix),
            let kind = Kind(rawValue: String(type.dropFirst(Problem.typePrefix.count)))
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: members,
                debugDescription: "\(type.debugDescription) is no problem this version knows")
        }
        self.kind = kind
        title = try members.decode(String.self, forKey: .title)
        status = try members.decode(Int.self, forKey: .status)
        detail = try members.decode(String.self, forKey: .detail)
        traceID = try members.decodeIfPresent(String.self, forKey: .traceID)
        limitBytes = try members.decodeIfPresent(Int.self, forKey: .limitBytes)
        retryAfterSeconds = try members.decodeIfPresent(Int.self, forKey: .retryAfterSeconds)
        acceptedTypes = try members.decodeIfPresent(String.self, forKey: .acceptedTypes)
        path = try members.decodeIfPresent(String.self, forKey: .path)
        readings = members.contains(.rejected) ? try RejectedReadings(from: decoder) : nil
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Member.self)
        try members.encode(Problem.typePrefix + kind.rawValue, forKey: .type)
        try members.encode(title, forKey: .title)
        try members.encode(status, forKey: .status)
        try members.encode(detail, forKey: .detail)
        try members.encodeIfPresent(traceID, forKey: .traceID)
        try members.encodeIfPresent(limitBytes, forKey: .limitBytes)
        try members.encodeIfPresent(retryAfterSeconds, forKey: .retryAfterSeconds)
        try members.encodeIfPresent(acceptedTypes, forKey: .acceptedTypes)
        try members.encodeIfPresent(path, forKey: .path)
        try readings?.encode(to: encoder)
    }

    private enum Member: String, CodingKey {
        case type, title, status, detail, path, rejected
        case traceID = "trace_id"
        case limitBytes = "limit_bytes"
        case retryAfterSeconds = "retry_after_seconds"
        case acceptedTypes = "accepted_types"
    }
}

/// Members of a `rejected-readings` problem. What was accepted is durable: send only the rejected items again.
package struct RejectedReadings: Sendable, Hashable, Codable {
    /// The longest list of reasons in one answer.
    package static let listLimit = 1000

    package struct Item: Sendable, Hashable, Codable {
        /// Position in the body, from 0.
        package let index: Int
        /// Machine-readable class, e.g. `unknown_facility`.
        package let reason: String
        package let message: String

        package init(index: Int, reason: String, message: String) {
            self.index = index
            self.reason = reason
            self.message = message
        }
    }

    package let accepted: Int
    package let duplicates: Int
    /// The first `listLimit`.
    package let rejected: [Item]
    /// How many more were rejected than are listed.
    package let rejectedNotListed: Int

    /// Cuts the list at `listLimit` and counts the rest.
    package init(accepted: Int, duplicates: Int, rejected: [Item]) {
        self.accepted = accepted
        self.duplicates = duplicates
        self.rejected = Array(rejected.prefix(RejectedReadings.listLimit))
        rejectedNotListed = max(0, rejected.count - RejectedReadings.listLimit)
    }

    func write(to text: inout JSONText) {
        text.member("accepted", accepted)
        text.member("duplicates", duplicates)
        text.member("rejected", rejected) { item, object in
            object.member("index", item.index)
            object.member("reason", item.reason)
            object.member("message", item.message)
        }
        text.member("rejected_not_listed", rejectedNotListed)
    }

    private enum CodingKeys: String, CodingKey {
        case accepted, duplicates, rejected
        case rejectedNotListed = "rejected_not_listed"
    }
}
