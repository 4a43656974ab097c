import EnergyModel
import Engine
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
        slowAnswerTimeout = settings.span("http.slow_answer_timeout")
        streams = settings.integer("http.streams")
        streamHeartbeat = settings.span("http.stream_heartbeat")
        idleTimeout = settings.span("http.idle_timeout")
        lingerTimeout = settings.span("http.linger_timeout")
        intakeTimeout = settings.span("http.intake_timeout")
        inFlightBytes = Int(settings.size("http.in_flight_bytes"))
        inFlightDeliveries = settings.integer("http.in_flight_deliveries")
        drainTimeout = settings.span("http.drain_timeout")
        requestTimeout = settings.span("http.request_timeout")
        bulkTimeout = settings.span("http.export_timeout")
        bulkAtOnce = settings.integer("http.exports_at_once")
        shedAbove = settings.span("http.shed_above")
        shedBelow = settings.span("http.shed_below")
        takeNotifications(settings)
        tls.certificateFile = settings.optionalText("http.tls.certificate")
        tls.keyFile = settings.optionalText("http.tls.key")
        tls.clientAuthorityFile = settings.optionalText("http.tls.client_ca")
        tls.reloadInterval = settings.span("http.tls.reload")
        allowsPlain = settings.flag("http.plain")
    }

    private mutating func takeNotifications(_ settings: Settings) {
        notificationLimit = Int(settings.size("webhook.max_body"))
        notificationBytes = Int(settings.size("webhook.in_flight_bytes"))
        notificationsInFlight = settings.integer("webhook.in_flight")
        notificationTimeout = settings.span("webhook.timeout")
        notificationsPerSecond = settings.number("webhook.rate")
        notificationBurst = settings.integer("webhook.burst")
        notificationSuccess = settings.text("webhook.success_status") == "200" ? .ok : .accepted
    }
}

/// Builds what an engine builds of the settings at its start, and lets it go. Throws the sentence that the start would fail
/// with.
func checkEdges(_ settings: Settings) throws {
    if let refusal = try GatewayConfiguration(settings)?.refusal { throw CommandFailure(.usage, refusal) }
    _ = try AccessSettings(settings)
    _ = try programKeys(settings)
    _ = try addressPolicy(settings, "auth.jwt.allow")
    _ = try MQTTFeedSettings(settings)
    _ = try utilityKeys(settings)
    let timeout = settings.span("dr.callback_timeout")
    for name in ["callback", "escalation"] { _ = try OutgoingWebhook(settings, name, timeout: timeout) }
    _ = try soleUtility(of: "callback", settings)
    _ = try addressPolicy(settings, "bms.allow")
    try checkWeather(settings)
    _ = try spanExport(settings)
    _ = try LogLevels(settings)
    _ = try ReportPorts(settings)
}

/// Who may send notifications. Throws a sentence for a name, a token or a secret that is none, never quoting one.
func utilityKeys(_ settings: Settings) throws -> [UtilityKey] {
    let tokens = try pairs(settings, "webhook.tokens")
    let secrets = try pairs(settings, "webhook.secrets")
    let unsigned = Set(settings.list("webhook.unsigned"))
    let names = settings.list("webhook.utilities")
    for (key, found) in [("webhook.tokens", tokens), ("webhook.secrets", secrets)] {
        // What stands before the `=` is not quoted: where the name was forgotten it is the secret itself.
        guard let place = found.firstIndex(where: { !names.contains($0.name) }) else { continue }
        throw CommandFailure(.usage, "\(key): the name of item \(place + 1) is not among webhook.utilities")
    }
    do {
        return try UtilityKey.distinct(
            names.map { name in
                try UtilityKey(
                    name: name, bearerToken: tokens.last { $0.name == name }?.value,
                    secrets: secrets.filter { $0.name == name }.map(\.value),
                    isUnsignedAllowed: unsigned.contains(name))
            })
    } catch let error as UtilityKeyError {
        throw CommandFailure(.usage, "webhook: \(error)")
    }
}

/// `NAME=VALUE` items of a list. The value may hold `=`.
func pairs(_ settings: Settings, _ key: String) throws -> [(name: String, value: String)] {
    try settings.list(key).map { item in
        let parts = item.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(while: \.isWhitespace) }
        guard parts.count == 2 else {
            throw CommandFailure(.usage, "\(key): expected NAME=VALUE items separated by commas")
        }
        let value = parts[1].reversed().drop(while: \.isWhitespace).reversed()
        return (String(parts[0]), String(value))
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
