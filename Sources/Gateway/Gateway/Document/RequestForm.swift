import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// Members of request bodies, for the document; `BodyReader` reads what they promise.
enum RequestForm {
    static let reason = Schema.Member("reason", "Why; it stands in the audit trail.", RequestText.reasonSchema)

    static func json(_ name: String, _ about: String, isRequired: Bool = true, _ members: [Schema.Member])
        -> EndpointDescription.Body
    {
        .init(
            about: about, isRequired: isRequired,
            contents: [.init(mediaType: "application/json", schema: .named(name, object(members)))])
    }

    /// A null counts as a member that is not there, so those that may be left out may be null.
    static func object(_ members: [Schema.Member]) -> Schema {
        .object(
            members.map { member in
                guard !member.isRequired else { return member }
                return Schema.Member(member.name, member.about, .nullable(member.schema), isRequired: false)
            })
    }
}

extension Surface {
    /// An endpoint that acts: reads its body, finds its parameters, acts once by its key.
    ///
    /// - Parameter perform: gets the body's members; its answer tells the outcome.
    func acting(
        _ method: HTTPTypes.HTTPRequest.Method, _ path: String, role: OperatorRole = .operator,
        perform: @escaping @Sendable (Act, BodyReader) async throws -> Response
    ) -> Endpoint {
        Endpoint(method, path, access: .role(role), rank: .exempt) { incoming in
            let (value, bytes) = try await json(incoming)
            return try await perform(try Act(incoming, body: bytes, on: self), try BodyReader(value))
        }
    }
}
