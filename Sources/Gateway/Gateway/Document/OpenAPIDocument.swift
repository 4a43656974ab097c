import GatewayWire
import HTTPTypes

/// The endpoints in the words of OpenAPI 3.1. Those without a description are left out; a test fails for each.
struct OpenAPIDocument: Sendable {
    let endpoints: [Endpoint]

    private static let about = """
        Loads, forecasts, demand response and dead letters of a fleet of buildings. Times are RFC 3339 in UTC, ages in seconds, \
        units stand in the names. A number that is not known is null, and the object's member `unknown` says why. Errors are \
        problem details (RFC 9457) whose `detail` says what to do next. Members may be added at any time: ignore what you do not \
        know; nothing of a version goes away or changes its meaning, for that there would be another \
        `Switchyard-Wire-Version`. Alarms and feature flags do not exist yet, and have no paths.
        """

    var json: JSONValue {
        .members([
            ("openapi", "3.1.0"),
            (
                "info",
                [
                    "title": "Switchyard", "version": .text("\(WireVersion.current)"), "description": .text(Self.about),
                ]
            ),
            (
                "tags",
                .array(
                    EndpointDescription.Tag.allCases.map {
                        ["name": .text($0.rawValue), "description": .text($0.about)]
                    })
            ),
            ("paths", paths), ("components", components),
        ])
    }

    private var described: [(endpoint: Endpoint, description: EndpointDescription)] {
        endpoints.compactMap { endpoint in endpoint.description.map { (endpoint, $0) } }
    }

    private var paths: JSONValue {
        let byPath = Dictionary(grouping: described) { $0.endpoint.path }
        return .object(
            byPath.sorted { $0.key < $1.key }.map { path, here in
                .init(
                    path,
                    .object(
                        here.map {
                            .init($0.endpoint.method.rawValue.lowercased(), operation($0.endpoint, $0.description))
                        }
                    ))
            })
    }

    private func operation(_ endpoint: Endpoint, _ page: EndpointDescription) -> JSONValue {
        .members([
            ("operationId", .text(page.name)), ("tags", [.text(page.tag.rawValue)]), ("summary", .text(page.summary)),
            ("description", page.details.isEmpty ? nil : .text(page.details)),
            ("parameters", page.parameters.isEmpty ? nil : .array(page.parameters.map(parameter))),
            ("requestBody", page.body.map(body)), ("responses", responses(endpoint, page)),
            ("security", security(endpoint.access)),
        ])
    }

    private func parameter(_ parameter: EndpointDescription.Parameter) -> JSONValue {
        .members([
            ("name", .text(parameter.name)), ("in", .text(parameter.place.rawValue)),
            ("description", .text(parameter.about)), ("required", parameter.isRequired ? true : nil),
            ("schema", parameter.schema.json),
        ])
    }

    private func body(_ body: EndpointDescription.Body) -> JSONValue {
        ["description": .text(body.about), "required": .bool(body.isRequired), "content": content(body.contents)]
    }

    private func content(_ contents: [EndpointDescription.Content]) -> JSONValue {
        .object(contents.map { .init($0.mediaType, ["schema": $0.schema.json]) })
    }

    private func responses(_ endpoint: Endpoint, _ page: EndpointDescription) -> JSONValue {
        let told = page.answers.map { answer in
            JSONValue.Member(
                String(answer.status),
                .members([
                    ("description", .text(answer.about)), ("headers", headers(of: answer)),
                    ("content", answer.contents.isEmpty ? nil : content(answer.contents)),
                ]))
        }
        let own = Set(page.answers.map(\.status))
        let refused = problems(endpoint, page).filter { !own.contains($0.key) }.sorted { $0.key < $1.key }
        return .object(
            told + refused.map { .init(String($0.key), problem($0.value)) } + [
                .init("default", problem("Any other problem."))
            ])
    }

    private func headers(of answer: EndpointDescription.Answer) -> JSONValue? {
        answer.headers.isEmpty
            ? nil
            : .object(
                answer.headers.sorted { $0.key < $1.key }.map {
                    .init($0.key, ["description": .text($0.value), "schema": ["type": "string"]])
                })
    }

    private func problem(_ about: String) -> JSONValue {
        ["description": .text(about), "content": ["application/problem+json": ["schema": WireShapes.problem.json]]]
    }

    /// What any endpoint of its kind may refuse, and what this one may.
    private func problems(_ endpoint: Endpoint, _ page: EndpointDescription) -> [Int: String] {
        var problems = [503: "Overloaded, stopping, or what it needs is away; Retry-After says when to come again."]
        if !page.parameters.isEmpty || page.body != nil {
            problems[400] = "A parameter or the body is wrong; path says which."
        }
        if page.body != nil {
            problems[408] = "The body came too slowly."
            problems[413] = "The body is too large."
            problems[415] = "The body has another media type."
        }
        if page.parameters.contains(Parameters.idempotencyKey.described) {
            problems[409] = "Refused; detail says why and what would make it possible."
            problems[422] = "The key came with another request before."
        }
        if endpoint.rank != .exempt || endpoint.limit != nil { problems[504] = "Not answered in time." }
        if endpoint.access != .open {
            problems[401] = "No credential, or none that is known."
            problems[403] = "The role or the facilities do not reach."
        }
        return problems.merging(page.problems) { $1 }
    }

    private func security(_ access: AccessRule) -> JSONValue {
        switch access {
        case .open: []
        case .meter: [.object([]), ["bearer": []], ["api_key": []]]
        case .near: [.object([]), ["bearer": []], ["api_key": []]]
        case .role: [["bearer": []], ["api_key": []]]
        }
    }

    private var components: JSONValue {
        var schemas: [String: Schema] = [:]
        WireShapes.problem.collectNames(into: &schemas)
        for (_, page) in described {
            for parameter in page.parameters { parameter.schema.collectNames(into: &schemas) }
            for content in page.body?.contents ?? [] { content.schema.collectNames(into: &schemas) }
            for answer in page.answers {
                for content in answer.contents { content.schema.collectNames(into: &schemas) }
            }
        }
        return [
            "schemas": .object(schemas.sorted { $0.key < $1.key }.map { .init($0.key, $0.value.definition) }),
            "securitySchemes": [
                "bearer": ["type": "http", "scheme": "bearer"],
                "api_key": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
            ],
        ]
    }
}
