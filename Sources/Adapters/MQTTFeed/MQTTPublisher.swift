/// Sends a few messages now and then: commands to meters, the canary's reading. Each call opens a connection of its own to
/// the first broker that takes one, publishes at QoS 1, and leaves, so nothing is held, queued or resumed between calls.
package struct MQTTPublisher: Sendable {
    /// More are refused: whoever has more sends them one call after another.
    package static let maximumMessages = 1000

    private let configurations: [MQTTConfiguration]

    /// `role` tells the publishers of one engine apart at the broker; one call at a time each.
    package init(_ feed: MQTTFeedSettings, role: String) throws(MQTTError) {
        configurations = feed.brokers.map { broker in
            var configuration = feed.configuration(for: broker)
            configuration.clientID = "\(feed.clientID)-\(role)"
            configuration.cleanStart = true
            configuration.requestTimeout = min(feed.requestTimeout, .seconds(5))
            return configuration
        }
        for configuration in configurations { try configuration.validate() }
    }

    /// Returns when the broker has acknowledged all of them; at most `connectTimeout` + 5 s a broker. Throws what the last
    /// broker said; some messages may have arrived then. A message that no broker can take is not tried elsewhere.
    package func publish(_ messages: [MQTTMessage]) async throws(MQTTError) {
        guard !messages.isEmpty else { return }
        guard messages.count <= Self.maximumMessages else {
            throw MQTTError(.tooManyOutstanding, "At most \(Self.maximumMessages) messages are published in one call.")
        }
        var failure = MQTTError(.unreachable, "No MQTT broker is configured.")
        for configuration in configurations {
            do throws(MQTTError) {
                return try await publish(messages, configuration)
            } catch {
                if error.code == .cancelled || error.code == .invalid { throw error }
                failure = error
            }
        }
        throw failure
    }

    private func publish(_ messages: [MQTTMessage], _ configuration: MQTTConfiguration) async throws(MQTTError) {
        let client = try MQTTClient(configuration)
        do throws(MQTTError) {
            _ = try await client.connect()
            try await client.publish(messages)
        } catch {
            await client.disconnect()
            throw error
        }
        await client.disconnect()
    }
}
