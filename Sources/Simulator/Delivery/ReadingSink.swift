import EnergyModel

/// Where a simulation sends to. `open` before the first and after every failed `deliver`; several `deliver` at once.
protocol ReadingSink: Sendable {
    func open() async throws(DeliveryFailure)
    /// Returns when the other side has acknowledged all of them; those it refused for ever are returned.
    func deliver(_ emissions: [Emission]) async throws(DeliveryFailure) -> [Emission]
    /// Waits for what the other side asks of meters; for ever where it cannot ask. Between `open` and a failure.
    func commands() async throws(DeliveryFailure) -> [AskedOfMeter]
    func close() async
}

extension ReadingSink {
    func commands() async throws(DeliveryFailure) -> [AskedOfMeter] {
        do { while true { try await Task.sleep(for: .seconds(3600)) } } catch {
            throw DeliveryFailure(sentence: "stopped", retryAfter: nil)
        }
    }
}

/// Readings that an engine lacks and asks a meter to send again (ledger ING-16).
struct AskedOfMeter: Hashable, Sendable {
    var meter: MeterID
    var range: TimeRange
}

/// The other side has not taken a batch; it may be tried again.
struct DeliveryFailure: Error, Sendable, CustomStringConvertible {
    let sentence: String
    /// What the other side asked for.
    let retryAfter: Duration?
    var description: String { sentence }
}

/// Where to send.
package enum SimulationTarget: Hashable, Sendable {
    package enum Format: String, Hashable, Sendable, CaseIterable { case ndjson, protobuf }

    /// A broker, as `MQTTEndpoint` reads it.
    case mqtt(String)
    /// An engine; readings go to `/api/ingest/readings` below it.
    case http(String, format: Format = .ndjson)

    /// `mqtt://…`, `mqtts://…`, `http://…`, `https://…`.
    package init(parsing text: String, format: Format = .ndjson) throws(SimulationError) {
        switch text.prefix(while: { $0 != ":" }).lowercased() {
        case "mqtt", "mqtts": self = .mqtt(text)
        case "http", "https": self = .http(text.hasSuffix("/") ? String(text.dropLast()) : text, format: format)
        default: throw SimulationError("the target must begin with mqtt://, mqtts://, http:// or https://")
        }
    }
}
