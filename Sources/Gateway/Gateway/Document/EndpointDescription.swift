import GatewayWire
import HTTPTypes

/// What the document at `/api/openapi.json` says of an endpoint. It stands beside the endpoint's code, and parameters and
/// bodies are read through the same values that describe them, so neither can drift from the other.
struct EndpointDescription: Sendable {
    enum Tag: String, Sendable, CaseIterable {
        case readings, facilities, events, overrides, letters, forecasts, audit, exports, commands, access, live,
            probes,
            document, utilities

        var about: String {
            switch self {
            case .readings: "Readings of meters: sent, sent again, missing."
            case .facilities: "Buildings with their loads, meters, points and histories."
            case .events: "Demand-response events, their legs, commands, transitions and reports."
            case .overrides: "An operator's value on one point of a building, until a moment."
            case .letters: "Messages that could not be processed, kept with their bytes and the reason."
            case .forecasts: "Load profiles entered by hand in place of a forecast."
            case .audit: "The journal: who did what and why, and what the engine noticed."
            case .exports:
                "Streams of stored data for other programs. The first to be turned away when there is too much."
            case .commands: "Any operator's command, for programs."
            case .access: "Sessions."
            case .live: "What goes on now."
            case .probes: "What orchestrators and Prometheus ask."
            case .document: "This document."
            case .utilities: "What utilities send."
            }
        }
    }

    struct Parameter: Sendable, Hashable {
        enum Place: String, Sendable, Hashable { case path, query, header }
        var name: String
        var place: Place
        var about: String
        var schema: Schema
        var isRequired: Bool
    }

    struct Content: Sendable {
        var mediaType: String
        var schema: Schema
    }

    struct Body: Sendable {
        var about: String
        var isRequired = true
        var contents: [Content]
    }

    struct Answer: Sendable {
        var status: Int
        var about: String
        /// Empty for an answer without a body.
        var contents: [Content] = []
        /// Names of headers that this answer carries besides those of every answer.
        var headers: [String: String] = [:]
    }

    /// `operationId`; unique.
    var name: String
    var tag: Tag
    var summary: String
    var details = ""
    var parameters: [Parameter] = []
    var body: Body?
    /// The answers that are no problem; problems are added by what the endpoint is.
    var answers: [Answer]
    /// Statuses of problems of its own, with what they mean.
    var problems: [Int: String] = [:]
}

extension EndpointDescription.Answer {
    static func json<Value>(_ about: String, _ shape: Shape<Value>) -> Self { json(200, about, shape.schema) }

    static func json<Value>(_ status: Int, _ about: String, _ shape: Shape<Value>) -> Self {
        json(status, about, shape.schema)
    }

    static func json(_ status: Int, _ about: String, _ schema: Schema) -> Self {
        Self(status: status, about: about, contents: [.init(mediaType: "application/json", schema: schema)])
    }

    static func empty(_ status: Int, _ about: String) -> Self { Self(status: status, about: about) }

    static func text(_ status: Int, _ about: String, _ mediaTypes: String...) -> Self {
        Self(status: status, about: about, contents: mediaTypes.map { .init(mediaType: $0, schema: .text()) })
    }

    /// The answer of a resource that carries an `ETag`.
    func tagged() -> Self {
        var answer = self
        answer.headers["ETag"] = "The state of the resource; send it back as If-None-Match or If-Match."
        return answer
    }

    /// The answer that carries a link to the next page while there is one.
    func paged() -> Self {
        var answer = self
        answer.headers["Link"] = "`<…>; rel=\"next\"` while there is more."
        return answer
    }
}

extension Endpoint {
    /// The same endpoint with its page in the document.
    func described(
        _ name: String, _ tag: EndpointDescription.Tag, _ summary: String, details: String = "",
        parameters: [EndpointDescription.Parameter] = [], body: EndpointDescription.Body? = nil,
        problems: [Int: String] = [:], answers: [EndpointDescription.Answer]
    ) -> Endpoint {
        var endpoint = self
        endpoint.description = EndpointDescription(
            name: name, tag: tag, summary: summary, details: details, parameters: parameters, body: body,
            answers: answers, problems: problems)
        return endpoint
    }
}
