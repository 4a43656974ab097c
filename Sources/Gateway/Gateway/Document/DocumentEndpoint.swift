import GatewayWire
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /api/openapi.json`: the document of all endpoints, made once of their descriptions.
struct DocumentEndpoint: Sendable {
    static let path = "/api/openapi.json"

    /// The same endpoints and this one.
    static func added(to endpoints: [Endpoint]) -> [Endpoint] {
        let page = Endpoint(.get, path, rank: .live) { _ in throw Problem.internalError }.described(
            "getDocument", .document, "This document.", parameters: [Parameters.ifNoneMatch.described],
            answers: [
                .json(200, "OpenAPI 3.1.", .object([.init("openapi", "Its version.", .text())])).tagged(),
                .empty(304, "Nothing changed."),
            ])
        let bytes = OpenAPIDocument(endpoints: endpoints + [page]).json.bytes
        var sum = StableSum()
        sum.add(bytes)
        let tag = sum.text
        let answering = Endpoint(.get, path, rank: .live) { incoming in
            if try incoming.value(Parameters.ifNoneMatch)?.contains(tag) == true {
                return Response(status: .notModified, headers: [.eTag: "\"\(tag)\""])
            }
            return Response(
                status: .ok,
                headers: [.contentType: "application/json", .cacheControl: "no-cache", .eTag: "\"\(tag)\""],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
        var described = answering
        described.description = page.description
        return endpoints + [described]
    }
}
