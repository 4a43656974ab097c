import Ports
import Resilience

/// What the feed subscribes to, where, and how patient it is.
package struct MQTTFeedSettings: Sendable {
    /// Tried in order; while a later one is in use the first is probed.
    package var brokers: [MQTTEndpoint]
    /// Stable: the broker queues under this name while we are away. Unique per instance.
    package var clientID: String
    package var version = MQTTVersionChoice.auto
    package var tls = MQTTTLSConfiguration()
    /// `$share/group/energy/+/+/readings` shares the work among several instances.
    package var subscriptions = [
        MQTTSubscription("energy/+/+/readings"), MQTTSubscription("energy/+/+/readings.pb"),
    ]
    /// What a payload is, unless its topic ends in `.pb`: that is always protobuf.
    package var format = IntakeDelivery.Format.json
    package var keepAlive = Duration.seconds(30)
    package var sessionExpiry = Duration.seconds(7 * 86_400)
    /// Batches handed to the intake at the same time, so that group commits follow one another without a pause.
    package var batchesInFlight = 4
    package var reconnect = Backoff.reconnect
    /// How often the first broker is probed while another is in use, and how long it must stay up before we return.
    package var probeInterval = Duration.seconds(30)
    package var probeHold = Duration.seconds(5)
    /// Finishing what is in flight; with DISCONNECT (1 s at most) leaving takes under 3 s.
    package var leaveTimeout = Duration.seconds(2)

    package init(brokers: [MQTTEndpoint], clientID: String) {
        self.brokers = brokers
        self.clientID = clientID
    }

    func configuration(for broker: MQTTEndpoint) -> MQTTConfiguration {
        var configuration = MQTTConfiguration(endpoint: broker, clientID: clientID)
        configuration.version = version
        configuration.tls = tls
        configuration.cleanStart = false
        configuration.sessionExpiry = sessionExpiry
        configuration.keepAlive = keepAlive
        return configuration
    }

    /// A second client that only looks whether the broker is up.
    func probeConfiguration(for broker: MQTTEndpoint) -> MQTTConfiguration {
        var configuration = configuration(for: broker)
        configuration.clientID = clientID + "-probe"
        configuration.cleanStart = true
        configuration.requestTimeout = .seconds(5)
        return configuration
    }
}

/// What went through the feed since it was made.
package struct MQTTFeedCounters: Sendable, Hashable {
    package var received: UInt64 = 0
    package var acknowledged: UInt64 = 0
    /// Topics and payloads.
    package var bytes: UInt64 = 0
    package var reconnects: UInt64 = 0
    package var refusals: UInt64 = 0
    /// Messages above the packet limit, handed on with their first bytes.
    package var tooLarge: UInt64 = 0
    /// What the broker says it threw away since it started (T2); nil when it does not say.
    package var droppedByBroker: UInt64?
}
