import Ports

/// A `PortError` on the wire: a problem of RFC 9457 whose member `code` is the error's, so that the same error comes out at the
/// other end.
package struct LinkFailure: Codable, Sendable, Hashable {
    package var type: String
    package var title: String
    package var status: Int
    /// The error's sentence.
    package var detail: String
    package var code: String?
    package var cause: String?
    package var traceID: String?

    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail, code, cause
        case traceID = "trace_id"
    }

    package init(_ error: PortError, traceID: String?) {
        type = Problem.typePrefix + "operator-\(error.code.rawValue)"
        (status, title) = LinkFailure.heads[error.code] ?? (500, "Failed")
        detail = error.sentence
        code = error.code.rawValue
        cause = error.cause
        self.traceID = traceID
    }

    private static let heads: [PortError.Code: (Int, String)] = [
        .unavailable: (503, "Unavailable"), .timedOut: (504, "Timed out"), .full: (507, "No room"),
        .corrupt: (500, "Unreadable"), .invalid: (422, "Invalid"), .notFound: (404, "Not found"),
        .forbidden: (403, "Forbidden"), .superseded: (409, "Superseded"),
    ]

    package var json: [UInt8] {
        JSONText.object { text in
            text.member("type", type)
            text.member("title", title)
            text.member("status", status)
            text.member("detail", detail)
            if let code { text.member("code", code) }
            if let cause { text.member("cause", cause) }
            if let traceID { text.member("trace_id", traceID) }
        }
    }

    /// What an answer with that status says has gone wrong, whoever made it: our gateway's problems by their code, other
    /// answers by their status.
    package static func error(status: Int, body: [UInt8]) -> PortError {
        guard let problem = problem(body) else { return PortError(code(of: status), sentence(status)) }
        let code = problem.code.flatMap(PortError.Code.init(rawValue:)) ?? code(of: status)
        return PortError(code, problem.detail, cause: problem.cause.map(Cause.init(description:)))
    }

    private static func problem(_ body: [UInt8]) -> LinkFailure? {
        // What is no problem is no failure of ours: a proxy's page, for instance. The status says enough then.
        do { return try LinkJSON.decode(LinkFailure.self, from: body) } catch { return nil }
    }

    private static func code(of status: Int) -> PortError.Code {
        switch status {
        case 401, 403: .forbidden
        case 404: .notFound
        case 408, 504: .timedOut
        case 409, 412: .superseded
        case 429, 500...599: .unavailable
        default: .invalid
        }
    }

    private static func sentence(_ status: Int) -> String {
        "the answer was HTTP \(status) and not from a Switchyard gateway; check the address and what stands between"
    }

    private struct Cause: Error, CustomStringConvertible { let description: String }
}
