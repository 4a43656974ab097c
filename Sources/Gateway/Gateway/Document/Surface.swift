import EnergyModel
import GatewayWire
import Hummingbird
import NIOCore
import Ports

/// What the endpoints of the REST surface stand on: the caller's own link, and bodies within bounds.
struct Surface: Sendable {
    /// The largest body: an edited dead letter of 1 MiB, escaped, or a fleet to import.
    static let bodyLimit = 8 << 20

    /// The engine behind the gateway, not narrowed to anybody: each caller's own is `link(_:)`.
    let engine: any OperatorLink
    let outcomes: OutcomeMemory
    private let body: RequestBody
    private let budget: IntakeBudget

    init(link: any OperatorLink, configuration: GatewayConfiguration, metrics: RequestMetrics) {
        engine = link
        outcomes = OutcomeMemory()
        body = RequestBody(
            limit: Surface.bodyLimit, metrics: metrics, tooLarge: .requestTooLarge(limit: Surface.bodyLimit),
            inFlightFull: .requestsFull, empty: .emptyRequest)
        budget = IntakeBudget(byteLimit: configuration.inFlightBytes, deliveryLimit: configuration.inFlightDeliveries)
    }

    /// Narrowed to what the caller may see and do.
    func link(_ incoming: IncomingRequest) throws -> ScopedLink { try incoming.operatorLink() }

    /// The newest picture of everything. Throws a 503 when there is none within two seconds.
    func snapshot(_ incoming: IncomingRequest) async throws -> OperatorSnapshot {
        let link = try link(incoming)
        return try await withThrowingTaskGroup(of: OperatorSnapshot?.self) { group in
            group.addTask {
                for await update in link.snapshots() {
                    switch update {
                    case .snapshot(let snapshot): return snapshot
                    case .lost: return nil
                    case .standing: continue
                    }
                }
                return nil
            }
            group.addTask {
                try await ContinuousClock().sleep(for: .seconds(2))
                return nil
            }
            defer { group.cancelAll() }
            guard let snapshot = try await group.next() ?? nil else { throw Problem.engineAway }
            return snapshot
        }
    }

    /// The body as JSON and its bytes.
    func json(_ incoming: IncomingRequest) async throws -> (value: JSONValue, bytes: [UInt8]) {
        let headers = incoming.request.headers
        guard headers[.contentType].flatMap(ReadingMediaType.format(contentType:)) == .json else {
            throw Problem.unsupportedMediaType("application/json", of: "the body")
        }
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem.unsupportedEncoding
        }
        guard let reservation = budget.reserve() else { throw Problem.requestsFull }
        let bytes = try await body.read(incoming.request, within: reservation)
        do {
            return (try JSONValue(parsing: bytes), bytes)
        } catch {
            throw Problem.badBody("/", "The body is no JSON that is taken, \(error.sentence).")
        }
    }

    /// The body where one may be left out; nil without.
    func jsonIfThere(_ incoming: IncomingRequest) async throws -> JSONValue? {
        let headers = incoming.request.headers
        guard headers[.contentType] != nil || headers[.contentLength].map({ $0 != "0" }) ?? false else { return nil }
        do {
            return try await json(incoming).value
        } catch let problem as Problem where problem.kind == .emptyBody {
            return nil
        }
    }
}
