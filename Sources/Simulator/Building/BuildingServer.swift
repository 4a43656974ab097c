import Hummingbird
import Logging
import ServiceLifecycle

/// One HTTP server for the management systems of all simulated buildings:
/// - `POST /bms/{facility}/soap`, `GET /bms/{facility}/soap?wsdl`, `GET /bms/{facility}/health`: the building;
/// - `POST /bms/{facility}/faults` (`*` for all), `POST` and `DELETE /bms/{facility}/comfort`, `GET /bms/{facility}/ledger`,
///   `GET /bms`: for whoever tests. See `BuildingFaultBody` and `BuildingLedgerBody`.
package struct BuildingServer: Service {
    private let listener: HTTPListener

    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - onListening: called once with the bound port.
    package init(
        _ buildings: SimulatedBuildings, host: String = "127.0.0.1", port: Int, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        let door = BuildingDoor(buildings: buildings)
        let desk = BuildingDesk(buildings: buildings)
        listener = HTTPListener(host: host, port: port, logger: logger, onListening: onListening) { exchange in
            guard exchange.path.first == "bms", exchange.path.count <= 3 else {
                return .text("no such path\n", .notFound)
            }
            if let answer = try desk.answer(exchange) { return answer }
            return try await door.answer(exchange)
        }
    }

    /// Until graceful shutdown. Throws a `SimulationError` when it cannot listen.
    package func run() async throws { try await listener.run() }
}
