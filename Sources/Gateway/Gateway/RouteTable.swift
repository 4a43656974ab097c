import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// One request with what the gateway knows about it.
struct IncomingRequest: Sendable {
    let request: Request
    /// The client's address, without its port.
    let client: String
    let trace: TraceParent
    let arrivedAt: UTCInstant
    /// Who asks; nil where the endpoint's rule is `.open`.
    var caller: Caller?
    /// What stands in the path's `{name}` places, percent-decoded.
    var parameters: [String: String] = [:]
    /// The engine as the caller may use it; nil without a caller, or without an engine behind this gateway.
    var link: ScopedLink?
    /// What the endpoint's description says that it reads; nil where it has none.
    var declared: [EndpointDescription.Parameter]?

    /// For endpoints whose rule is `.role`: they have a caller.
    func operatorLink() throws -> ScopedLink {
        guard let link else { throw Problem.noEngine }
        return link
    }
}

/// Who may ask (ledger SEC-01..03).
enum AccessRule: Sendable, Hashable {
    /// Anybody, or the endpoint asks by itself.
    case open
    /// Whoever may bring readings: meters with a key of theirs; anybody while none is configured.
    case meter
    /// A person or a program of at least this role.
    case role(OperatorRole)
    /// Anybody on this machine; from elsewhere as `role`.
    case near(OperatorRole)
}

/// What is turned away first when there is too much (ledger API-08, API-09).
enum RequestRank: String, Sendable, Hashable {
    /// Never: probes, the webhook, readings, demand response and operators' commands.
    case exempt
    case live
    /// First: exports and long searches.
    case bulk
}

/// A method at a path. Throws a `Problem` to answer with it; anything else thrown is a 500.
struct Endpoint: Sendable {
    let method: HTTPTypes.HTTPRequest.Method
    /// With `{name}` for what varies, each a whole segment: `/api/facilities/{facility_id}/current`.
    let path: String
    let access: AccessRule
    let rank: RequestRank
    /// How long it may take until its head is answered; nil is its rank's time, which `.exempt` has none of.
    let limit: Duration?
    let answer: @Sendable (IncomingRequest) async throws -> Response
    /// Its page in the document; `described` sets it.
    var description: EndpointDescription?

    init(
        _ method: HTTPTypes.HTTPRequest.Method, _ path: String, access: AccessRule = .open, rank: RequestRank = .exempt,
        limit: Duration? = nil, answer: @escaping @Sendable (IncomingRequest) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.rank = rank
        self.limit = limit
        self.answer = answer
    }
}

/// Which endpoint answers. HEAD is answered by GET's endpoint, OPTIONS by the table itself.
struct RouteTable: Sendable {
    enum Match: Sendable {
        case endpoint(Endpoint, parameters: [String: String])
        /// The path with the methods that it takes, as in `Allow`.
        case options(path: String, allowed: String)
        case wrongMethod(path: String, allowed: String)
        case unknown
    }

    private struct Template: Sendable {
        let segments: [Substring]
        let endpoints: [Endpoint]

        /// Nil when the path is another one; an empty segment is no value.
        func parameters(of wanted: [Substring]) -> [String: String]? {
            guard wanted.count == segments.count else { return nil }
            var parameters: [String: String] = [:]
            for (segment, value) in zip(segments, wanted) {
                if segment.first == "{", segment.last == "}" {
                    guard !value.isEmpty, let decoded = percentDecoded(value) else { return nil }
                    parameters[String(segment.dropFirst().dropLast())] = decoded
                } else if segment != value {
                    return nil
                }
            }
            return parameters
        }
    }

    private let fixed: [String: [Endpoint]]
    private let templates: [Template]
    /// In the order of the manifest, each once.
    let all: [Endpoint]

    init(_ endpoints: [Endpoint]) {
        all = endpoints
        let byPath = Dictionary(grouping: endpoints, by: \.path)
        fixed = byPath.filter { !$0.key.contains("{") }
        templates = byPath.filter { $0.key.contains("{") }.sorted { $0.key < $1.key }
            .map { Template(segments: segments($0.key), endpoints: $0.value) }
    }

    var paths: [String] { Array(Set(all.map(\.path))) }

    func match(_ method: HTTPTypes.HTTPRequest.Method, _ path: String) -> Match {
        guard let (here, parameters) = endpoints(at: path), let known = here.first?.path else { return .unknown }
        let wanted: HTTPTypes.HTTPRequest.Method = method == .head ? .get : method
        if let endpoint = here.first(where: { $0.method == wanted }) {
            return .endpoint(endpoint, parameters: parameters)
        }
        let allowed = here.flatMap { $0.method == .get ? ["GET", "HEAD"] : [$0.method.rawValue] } + ["OPTIONS"]
        let list = allowed.sorted().joined(separator: ", ")
        return method == .options ? .options(path: known, allowed: list) : .wrongMethod(path: known, allowed: list)
    }

    private func endpoints(at path: String) -> ([Endpoint], [String: String])? {
        if let here = fixed[path] { return (here, [:]) }
        let wanted = segments(path)
        for template in templates {
            if let parameters = template.parameters(of: wanted) { return (template.endpoints, parameters) }
        }
        return nil
    }
}

private func segments(_ path: String) -> [Substring] { path.split(separator: "/", omittingEmptySubsequences: false) }

/// Nil for a broken escape, or bytes that are no UTF-8.
func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
            return nil
        }
        bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 65...70: digit - 55
    case 97...102: digit - 87
    default: nil
    }
}
