import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import NIOCore

/// A value with the moment its data is of and the moment it is told.
@dynamicMemberLookup
struct Told<Value: Sendable>: Sendable {
    let value: Value
    let asOf: UTCInstant
    let now: UTCInstant

    init(_ value: Value, asOf: UTCInstant, now: UTCInstant) {
        self.value = value
        self.asOf = asOf
        self.now = now
    }

    subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member { value[keyPath: path] }

    func with<Other>(_ other: Other) -> Told<Other> { Told<Other>(other, asOf: asOf, now: now) }
}

/// Seconds from one moment to another, never negative: a clock that is ahead makes nothing younger than now.
func age(of moment: UTCInstant, at now: UTCInstant) -> Double {
    Double(max(0, now.milliseconds - moment.milliseconds)) / 1000
}

extension Shape {
    /// `as_of` and `data_age_seconds` before what else there is (ledger API-14).
    static func told<Told>(_ name: String, _ about: String, _ fields: [Field]) -> Shape
    where Value == Gateway.Told<Told> {
        Shape(
            name, about,
            [
                .text("as_of", "The moment that the data is of.", as: .instant) { $0.asOf.iso8601 },
                .number("data_age_seconds", "How old the data was when this was told.") {
                    age(of: $0.asOf, at: $0.now)
                },
            ] + fields)
    }
}

extension IncomingRequest {
    /// JSON with the headers of data: when it is of, and whether it is older than it should be.
    func answer<Value>(
        _ told: Told<Value>, _ shape: Shape<Told<Value>>, status: HTTPResponse.Status = .ok, tag: String? = nil,
        next: String? = nil, isStale: Bool = false
    ) throws -> Response {
        if let tag, try value(Parameters.ifNoneMatch)?.contains(tag) == true {
            return Response(status: .notModified, headers: [.eTag: "\"\(tag)\"", .cacheControl: "private, no-cache"])
        }
        var response = Self.json(shape.json(told), status: status)
        response.headers[.dataTimestamp] = told.asOf.iso8601
        if isStale { response.headers[.cacheStale] = "true" }
        if let tag { response.headers[.eTag] = "\"\(tag)\"" }
        if let next { response.headers[.link] = "<\(next)>; rel=\"next\"" }
        return response
    }

    static func json(_ body: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "private, no-cache"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.bytes)))
    }

    /// This request's target with one parameter set, for a link to the next page.
    func target(setting name: String, to value: String) throws -> String {
        let query = try QueryText(request.uri.query ?? "").setting(name, to: value)
        return "\(request.uri.path)?\(query)"
    }
}

extension HTTPField.Name {
    static let cacheStale = HTTPField.Name("X-Cache-Stale")!
    static let link = HTTPField.Name("Link")!
}
