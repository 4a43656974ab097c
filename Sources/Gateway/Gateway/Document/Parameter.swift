import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird

/// A parameter of a request: how it is described, and how its text is read.
struct Parameter<Value: Sendable>: Sendable {
    let described: EndpointDescription.Parameter
    /// Continues `must be …`.
    let expected: String
    let read: @Sendable (String) -> Value?

    init(
        _ name: String, in place: EndpointDescription.Parameter.Place = .query, _ about: String, _ schema: Schema,
        isRequired: Bool = false, expected: String, read: @escaping @Sendable (String) -> Value?
    ) {
        described = .init(name: name, place: place, about: about, schema: schema, isRequired: isRequired)
        self.expected = expected
        self.read = read
    }
}

extension IncomingRequest {
    /// Nil when it is not given. Throws a 400 that names the parameter, what was given and what is allowed.
    func value<Value>(_ parameter: Parameter<Value>) throws -> Value? {
        // Ours to mend: an endpoint reads what its description does not tell.
        guard declared?.contains(parameter.described) ?? true else { throw Problem.internalError }
        guard let text = try text(of: parameter.described) else { return nil }
        guard let value = parameter.read(text) else {
            throw Problem.badParameter(parameter.described, given: text, expected: parameter.expected)
        }
        return value
    }

    func required<Value>(_ parameter: Parameter<Value>) throws -> Value {
        guard let value = try value(parameter) else {
            throw Problem.missingParameter(parameter.described, expected: parameter.expected)
        }
        return value
    }

    private func text(of parameter: EndpointDescription.Parameter) throws -> String? {
        switch parameter.place {
        case .path: return parameters[parameter.name]
        case .header:
            return HTTPField.Name(parameter.name).flatMap { request.headers[$0] }
        case .query:
            let given = try QueryText(request.uri.query ?? "").values(of: parameter.name)
            guard given.count <= 1 else {
                throw Problem.badParameter(parameter, given: given.joined(separator: " and "), expected: "given once")
            }
            return given.first
        }
    }
}

/// The parameters of a query text, percent-decoded; `+` is a space, as forms write it.
struct QueryText: Sendable {
    private let pairs: [(name: String, value: String)]

    init(_ query: String) throws {
        pairs = try query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { percentDecoded(Substring($0.replacing("+", with: " "))) }
            guard let name = decoded[0], let value = decoded.count > 1 ? decoded[1] : "" else {
                throw Problem.badQuery
            }
            return (name, value)
        }
    }

    func values(of name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// The same query with one parameter set, percent-encoded.
    func setting(_ name: String, to value: String) -> String {
        (pairs.filter { $0.name != name } + [(name, value)])
            .map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
    }
}

func percentEncoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
            UInt8(ascii: ":"):
            result.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            let digits = String(byte, radix: 16, uppercase: true)
            result += "%" + (digits.count < 2 ? "0" : "") + digits
        }
    }
    return result
}
