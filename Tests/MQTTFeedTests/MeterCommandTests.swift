import EnergyModel
import MQTTFeed
import Testing

@Suite("Commands to meters")
struct MeterCommandTests {
    private let range = TimeRange(start: UTCInstant(seconds: 1_790_000_000), end: UTCInstant(seconds: 1_790_000_600))

    @Test("a request for a gap says the same at both ends")
    func roundTrip() throws {
        let (meter, facility) = (try #require(MeterID("M-1")), try #require(FacilityID("F-1")))
        let message = try MeterCommand.backfill(range).message(to: meter, of: facility)
        #expect(message.topic == "energy/F-1/M-1/commands")
        #expect(message.qos == .atLeastOnce)
        let parsed = try #require(MeterCommand.parse(message))
        #expect(parsed.meter == meter)
        #expect(parsed.command == .backfill(range))
    }

    @Test(
        "what is no command is passed over",
        arguments: [
            ("readings", "backfill", "2026-01-01T00:00:00Z"), ("commands", "reboot", "2026-01-01T00:00:00Z"),
            ("commands", "backfill", "2026-01-03T00:00:00Z"), ("commands", "backfill", "yesterday"),
            ("commands/x", "backfill", "2026-01-01T00:00:00Z"),
        ])
    func passedOver(level: String, command: String, from: String) {
        let payload = #"{"command":"\#(command)","from":"\#(from)","to":"2026-01-02T00:00:00Z"}"#
        let message = MQTTMessage(topic: "energy/F-1/M-1/\(level)", payload: Array(payload.utf8))
        #expect(MeterCommand.parse(message) == nil)
        #expect(MeterCommand.parse(MQTTMessage(topic: "energy/F-1/M-1/commands", payload: [0x7B])) == nil)
    }
}
