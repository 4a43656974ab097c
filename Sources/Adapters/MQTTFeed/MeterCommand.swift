import EnergyModel
import Foundation

/// What an engine asks of a meter, on `energy/{facility}/{meter}/commands` at QoS 1. A meter that does not understand a
/// command, or cannot do it, ignores it.
package enum MeterCommand: Sendable, Hashable {
    /// Send the readings of this time once more, on the readings' topic (ledger ING-16).
    case backfill(TimeRange)

    private struct Payload: Codable {
        var command: String
        var from: String
        var to: String
    }

    /// For the subscription of whoever answers for all meters of a fleet.
    package static let filter = "energy/+/+/commands"

    /// The message for one meter.
    package func message(to meter: MeterID, of facility: FacilityID) throws(MQTTError) -> MQTTMessage {
        switch self {
        case .backfill(let range):
            let payload = Payload(command: "backfill", from: range.start.iso8601, to: range.end.iso8601)
            do {
                let bytes = [UInt8](try JSONEncoder().encode(payload))
                return MQTTMessage(topic: "energy/\(facility)/\(meter)/commands", payload: bytes)
            } catch {
                throw MQTTError(.invalid, "The command to \(meter) cannot be written.", cause: error)
            }
        }
    }

    /// Nil for another topic, another command, or a payload that is none.
    package static func parse(_ message: MQTTMessage) -> (meter: MeterID, command: MeterCommand)? {
        let levels = message.topic.split(separator: "/", omittingEmptySubsequences: false)
        guard levels.count == 4, levels[0] == "energy", levels[3] == "commands", message.payload.count <= 1024,
            let meter = MeterID(String(levels[2]))
        else { return nil }
        do {
            let payload = try JSONDecoder().decode(Payload.self, from: Data(message.payload))
            guard payload.command == "backfill", let from = UTCInstant(iso8601: payload.from),
                let to = UTCInstant(iso8601: payload.to), from < to
            else { return nil }
            return (meter, .backfill(TimeRange(start: from, end: to)))
        } catch {
            return nil
        }
    }
}
