import EnergyModel
import GatewayWire
import Ports

extension Problem {
    static let badQuery = Problem(
        .badParameter, status: 400, title: "Bad parameter",
        detail: "The query is not percent-encoded UTF-8; encode each name and value by itself.")

    static func badParameter(
        _ parameter: EndpointDescription.Parameter, given: String, expected: String
    ) -> Problem {
        // Nothing can be called so, and whether something else is there is nobody's business.
        let isPath = parameter.place == .path
        var problem = Problem(
            isPath ? .notFound : .badParameter, status: isPath ? 404 : 400,
            title: isPath ? "Not found" : "Bad parameter",
            detail: "The \(parameter.place.rawValue) parameter \(parameter.name) must be \(expected), not "
                + "\(String(given.prefix(80)).debugDescription).")
        problem.path = parameter.name
        return problem
    }

    static func missingParameter(_ parameter: EndpointDescription.Parameter, expected: String) -> Problem {
        var problem = Problem(
            .badParameter, status: 400, title: "Missing parameter",
            detail: "The \(parameter.place.rawValue) parameter \(parameter.name) is required: \(expected). "
                + "Look whether its name is spelt right.")
        problem.path = parameter.name
        return problem
    }

    /// - Parameter path: where in the body, as a JSON pointer.
    static func badBody(_ path: String, _ sentence: String) -> Problem {
        var problem = Problem(.badBody, status: 400, title: "Bad body", detail: sentence)
        problem.path = path
        return problem
    }

    static let emptyRequest = Problem(
        .emptyBody, status: 400, title: "Empty body", detail: "The body is empty; send a JSON object.")

    static func requestTooLarge(limit: Int) -> Problem {
        var problem = Problem(
            .bodyTooLarge, status: 413, title: "Body too large",
            detail: "The body is larger than \(limit) bytes; send less at once.")
        problem.limitBytes = limit
        return problem
    }

    static let requestsFull = waiting(
        .overloaded, status: 503, title: "Overloaded", seconds: 1,
        detail: "Too many bodies are on their way at once, and nothing of this one was taken; send it again later.")

    static func nothingThere(_ sentence: String) -> Problem {
        Problem(.notFound, status: 404, title: "Not found", detail: sentence)
    }

    static func refused(_ sentence: String) -> Problem {
        Problem(.refused, status: 409, title: "Refused", detail: Problem.closed(sentence))
    }

    static func preconditionFailed(_ tag: String) -> Problem {
        Problem(
            .preconditionFailed, status: 412, title: "Precondition failed",
            detail: "It changed since you read it; its ETag is \"\(tag)\" now. Read it again and decide anew.")
    }

    static let preconditionRequired = Problem(
        .preconditionRequired, status: 428, title: "Precondition required",
        detail: "Send If-Match with the ETag that GET gave, so that nobody's work is lost.")

    static let keyReused = Problem(
        .keyReused, status: 422, title: "Idempotency key used before",
        detail: "This Idempotency-Key came with another request before; make a new one for each act.")

    static let engineAway = waiting(
        .unavailable, status: 503, title: "Engine unavailable", seconds: 2,
        detail: "The engine has no picture of its facilities yet or does not answer; ask again.")

    /// What a port says, as an answer.
    init(_ error: PortError) {
        let detail = Problem.closed(error.sentence)
        switch error.code {
        case .notFound: self.init(.notFound, status: 404, title: "Not found", detail: detail)
        case .invalid: self.init(.badParameter, status: 400, title: "Bad request", detail: detail)
        case .forbidden: self.init(.forbidden, status: 403, title: "Forbidden", detail: detail)
        case .superseded: self.init(.refused, status: 409, title: "Superseded", detail: detail)
        case .corrupt: self.init(.internalError, status: 500, title: "Damaged data", detail: detail)
        case .unavailable, .full:
            self = .waiting(.unavailable, status: 503, title: "Unavailable", seconds: 2, detail: detail)
        case .timedOut:
            self = .waiting(.deadlinePassed, status: 503, title: "Too slow", seconds: 2, detail: detail)
        }
    }

    /// A sentence of the engine as an answer has it: begins large, ends with a point.
    static func closed(_ sentence: String) -> String {
        let text = sentence.prefix(1).uppercased() + sentence.dropFirst()
        return text.last.map { ".!?".contains($0) } ?? false ? text : text + "."
    }
}
