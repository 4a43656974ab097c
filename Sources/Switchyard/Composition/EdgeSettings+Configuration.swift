import EnergyModel
import Gateway
import MQTTFeed
import Ports

extension GatewayConfiguration {
    /// Nil when the gateway is off. Throws a sentence for an address that is none.
    init?(_ settings: Settings) throws {
        guard let address = try ListenAddress.parse(settings.text("http.listen")) else { return nil }
        self.init()
        host = address.host
        port = address.port
        bodyLimit = Int(settings.size("http.max_body"))
        headerLimit = Int(settings.size("http.max_headers"))
        headerCount = settings.integer("http.max_header_fields")
        connections = settings.integer("http.max_connections")
        headTimeout = settings.span("http.head_timeout")
        bodyTimeout = settings.span("http.body_timeout")
        answerTimeout = settings.span("http.answer_timeout")
        idleTimeout = settings.span("http.idle_timeout")
        lingerTimeout = settings.span("http.linger_timeout")
        intakeTimeout = settings.span("http.intake_timeout")
        inFlightBytes = Int(settings.size("http.in_flight_bytes"))
        inFlightDeliveries = settings.integer("http.in_flight_deliveries")
        drainTimeout = settings.span("http.drain_timeout")
    }
}

extension MQTTFeedSettings {
    /// Nil when no broker is configured. Throws a sentence for a URL that is none.
    init?(_ settings: Settings) throws {
        let urls = settings.list("mqtt.urls")
        guard !urls.isEmpty else { return nil }
        let password = settings.optionalText("mqtt.password")
        let brokers = try urls.map { url in
            let endpoint = try MQTTEndpoint(parsing: url)
            guard let password else { return endpoint }
            return endpoint.with(password: password)
        }
        self.init(brokers: brokers, clientID: settings.text("mqtt.client_id"))
        let topic = settings.text("mqtt.topic")
        subscriptions = [MQTTSubscription(topic), MQTTSubscription(topic + ".pb")]
        takeProtocol(settings)
        takeWaits(settings)
        takeBounds(settings)
    }

    private mutating func takeProtocol(_ settings: Settings) {
        switch settings.text("mqtt.version") {
        case "3.1.1": version = .v311
        case "5": version = .v5
        default: version = .auto
        }
        switch settings.text("mqtt.format") {
        case "ndjson": format = .ndjson
        case "protobuf": format = .protobuf
        default: format = .json
        }
        tls = MQTTTLSConfiguration(
            certificateAuthorityFile: settings.optionalText("mqtt.ca_file"),
            certificateFile: settings.optionalText("mqtt.certificate_file"),
            privateKeyFile: settings.optionalText("mqtt.key_file"),
            serverName: settings.optionalText("mqtt.server_name"))
    }

    private mutating func takeWaits(_ settings: Settings) {
        keepAlive = settings.span("mqtt.keep_alive")
        sessionExpiry = settings.span("mqtt.session_expiry")
        connectTimeout = settings.span("mqtt.connect_timeout")
        requestTimeout = settings.span("mqtt.request_timeout")
        disconnectTimeout = settings.span("mqtt.disconnect_timeout")
        leaveTimeout = settings.span("mqtt.leave_timeout")
        waitBetweenAttempts(from: settings.span("mqtt.reconnect_first"), upTo: settings.span("mqtt.reconnect_limit"))
        probeInterval = settings.span("mqtt.probe_interval")
        probeHold = settings.span("mqtt.probe_hold")
    }

    private mutating func takeBounds(_ settings: Settings) {
        batchInterval = settings.span("mqtt.batch_interval")
        batchesInFlight = settings.integer("mqtt.batches_in_flight")
        maximumBatchMessages = settings.integer("mqtt.batch_messages")
        receiveMaximum = settings.integer("mqtt.receive_maximum")
        maximumUnacknowledgedMessages = settings.integer("mqtt.unacknowledged_messages")
        maximumUnacknowledgedBytes = Int(settings.size("mqtt.unacknowledged_bytes"))
        maximumPacketBytes = Int(settings.size("mqtt.packet_limit"))
    }
}
