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
    /// Batches at the intake at the same time: while one is being committed the next ones are decoded. They become durable
    /// one after another in the order they came (BASE-06). 1...64.
    package var batchesInFlight = 1
    /// Least time between taking two batches. A batch costs one commit however many messages it holds: under load a short
    /// wait gathers more of them. A message that comes alone does not wait. Part of the acknowledgement's latency.
    package var batchInterval = Duration.milliseconds(5)
    /// As in `MQTTConfiguration`.
    package var connectTimeout = Duration.seconds(5)
    package var requestTimeout = Duration.seconds(30)
    package var disconnectTimeout = Duration.seconds(1)
    package var maximumPacketBytes = 1 << 20
    package var receiveMaximum = 4096
    package var maximumBatchMessages = 2048
    package var maximumUnacknowledgedMessages = 16_384
    package var maximumUnacknowledgedBytes = 16 << 20
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

    /// The first and the longest wait before another attempt to connect.
    package mutating func waitBetweenAttempts(from first: Duration, upTo limit: Duration) {
        (reconnect.first, reconnect.cap) = (first, limit)
    }

    func configuration(for broker: MQTTEndpoint) -> MQTTConfiguration {
        var configuration = MQTTConfiguration(endpoint: broker, clientID: clientID)
        configuration.version = version
        configuration.tls = tls
        configuration.cleanStart = false
        configuration.sessionExpiry = sessionExpiry
        configuration.keepAlive = keepAlive
        configuration.connectTimeout = connectTimeout
        configuration.requestTimeout = requestTimeout
        configuration.disconnectTimeout = disconnectTimeout
        configuration.maximumPacketBytes = maximumPacketBytes
        configuration.receiveMaximum = receiveMaximum
        configuration.maximumBatchMessages = maximumBatchMessages
        configuration.maximumUnacknowledgedBatches = batchesInFlight + 1
        configuration.maximumUnacknowledgedMessages = maximumUnacknowledgedMessages
        configuration.maximumUnacknowledgedBytes = maximumUnacknowledgedBytes
        return configuration
    }

    /// A second client that only looks whether the broker is up.
    func probeConfiguration(for broker: MQTTEndpoint) -> MQTTConfiguration {
        var configuration = configuration(for: broker)
        configuration.clientID = clientID + "-probe"
        configuration.cleanStart = true
        configuration.requestTimeout = min(requestTimeout, connectTimeout)
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
