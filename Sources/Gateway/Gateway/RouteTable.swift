import EnergyModel
import HTTPTypes
import Hummingbird

/// One request with what the gateway knows about it.
struct IncomingRequest: Sendable {
    let request: Request
    /// The client's address, without its port.
    let client: String
    let trace: TraceParent
    let arrivedAt: UTCInstant
}

/// A method at a path. Throws a `Problem` to answer with it; anything else thrown is a 500.
struct Endpoint: Sendable {
    let method: HTTPRequest.Method
    let path: String
    let answer: @Sendable (IncomingRequest) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String,
        answer: @escaping @Sendable (IncomingRequest) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.answer = answer
    }
}

/// Which endpoint answers. HEAD is answered by GET's endpoint, OPTIONS by the table itself.
struct RouteTable: Sendable {
    enum Match: Sendable {
        case endpoint(Endpoint)
        /// The path with the methods that it takes, as in `Allow`.
        case options(path: String, allowed: String)
        case wrongMethod(path: String, allowed: String)
        case unknown
    }

    private let endpoints: [String: [Endpoint]]

    init(_ endpoints: [Endpoint]) { self.endpoints = Dictionary(grouping: endpoints, by: \.path) }

    var paths: [String] { Array(endpoints.keys) }

    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        guard let here = endpoints[path] else { return .unknown }
        let wanted: HTTPRequest.Method = method == .head ? .get : method
        if let endpoint = here.first(where: { $0.method == wanted }) { return .endpoint(endpoint) }
        let allowed = here.flatMap { $0.method == .get ? ["GET", "HEAD"] : [$0.method.rawValue] } + ["OPTIONS"]
        let list = allowed.sorted().joined(separator: ", ")
        return method == .options ? .options(path: path, allowed: list) : .wrongMethod(path: path, allowed: list)
    }
}
