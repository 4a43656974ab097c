import CurlTransport
import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Testing

@testable import BuildingSOAP
@testable import Simulator

/// Two simulated buildings behind a real server on a loopback port, and a client.
struct BuildingTown {
    let buildings: SimulatedBuildings
    let base: String
    let transport: CurlTransport

    static let quick = BuildingRules(applyDelay: .zero ... .zero)

    /// Ends the server when `body` has ended.
    static func open(
        _ profile: BuildingFaultProfile = BuildingFaultProfile(building: quick), time: StandingTime? = nil,
        _ body: @escaping @Sendable (BuildingTown) async throws -> Void
    ) async throws {
        let time = time ?? StandingTime(Blueprint.start)
        let fleet = try Fleet(facilities: 2, meters: 2, seed: 1, from: time.now)
        let buildings = SimulatedBuildings(fleet: fleet, seed: 1, profile: profile, now: { time.now })
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server = BuildingServer(buildings, port: 0, logger: quiet) { port.yield($0) }
        let transport = CurlTransport(
            CurlTransportConfiguration(connectTimeout: .seconds(10), deadline: .seconds(10), addresses: .loopbackOnly))
        defer { transport.shutDown() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                var ports = ports.makeAsyncIterator()
                guard let port = await ports.next() else { return }
                try await body(
                    BuildingTown(
                        buildings: buildings, base: "http://127.0.0.1:\(port)/bms", transport: transport))
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    func send(
        _ operation: BuildingOperation, to facility: String = "F-001", version: SOAPVersion = .soap11,
        deadline: Duration? = nil
    ) async throws -> HTTPResponse {
        var headers = version.headers(for: operation.name)
        if let token = operation.idempotencyToken { headers.append(HTTPHeader("X-Idempotency-Key", token)) }
        return try await transport.send(
            HTTPRequest(
                .post, "\(base)/\(facility)/soap", headers: headers,
                body: try SOAPRequestEnvelope(version, operation).encoded(), deadline: deadline,
                reusesConnection: false))
    }

    /// With more time each time nothing was sent: a machine so busy that `first` does not reach for a connection gets more.
    func sendForSure(_ operation: BuildingOperation, first: Duration) async throws -> HTTPResponse {
        for patience in [first, .seconds(3)] {
            do {
                return try await send(operation, deadline: patience)
            } catch let error as HTTPTransportError where !error.mayHaveBeenSent {}
        }
        return try await send(operation, deadline: .seconds(10))
    }

    /// False when they are not so many after 30 s.
    func reaches(effects count: Int) async throws -> Bool {
        for _ in 0..<3000 where effects() != count { try await Task.sleep(for: .milliseconds(10)) }
        return effects() == count
    }

    func ask(
        _ operation: BuildingOperation, of facility: String = "F-001", version: SOAPVersion = .soap11
    ) async throws -> SOAPAnswerEnvelope.Content {
        try SOAPAnswerEnvelope.decode(try await send(operation, to: facility, version: version).body).content
    }

    func post(_ path: String, _ json: String) async throws -> Int {
        try await transport.send(HTTPRequest(.post, "\(base)/\(path)", body: Array(json.utf8))).status
    }

    static func write(_ value: Double?, key: String, point: PointID = Blueprint.cooling) -> BuildingOperation {
        .executeCommands(
            ExecuteCommands(
                correlationID: "c-\(key)", idempotencyToken: key,
                items: [CommandItem(point: point, value: value, priority: 10, expiresAt: nil)]))
    }

    func effects(of facility: String = "F-001") -> Int {
        FacilityID(facility).flatMap(buildings.ledgerBody)?.effects.count ?? -1
    }
}
