/// Keys of what readings come in through. Every field of `MQTTFeedSettings` and `GatewayConfiguration` has one here, and a
/// test holds us to it.
extension SettingTable {
    static let mqtt: [Setting] = [
        Setting(
            "mqtt.urls", .list, "", "brokers in order of preference, mqtt:// or mqtts://; empty is no MQTT (ING-14)"),
        Setting(
            "mqtt.topic", .text, "energy/+/+/readings", "topic filter of readings; with .pb after it those in protobuf"),
        Setting("mqtt.client_id", .text, "switchyard", "client id; keep it stable, the broker queues for it"),
        Setting("mqtt.version", .choice(["auto", "3.1.1", "5"]), "auto", "protocol version"),
        Setting("mqtt.format", .choice(["json", "ndjson", "protobuf"]), "json", "payloads whose topic has no .pb"),
        Setting("mqtt.password", .secret, "", "password when the URL has none"),
        Setting("mqtt.ca_file", .text, "", "PEM file of trusted authorities for mqtts; empty is the system's"),
        Setting("mqtt.certificate_file", .text, "", "PEM file of our client certificate"),
        Setting("mqtt.key_file", .text, "", "PEM file of its key"),
        Setting("mqtt.server_name", .text, "", "name in the broker's certificate; empty is the URL's host"),
        Setting("mqtt.keep_alive", .duration(.seconds(1)...(.seconds(65_535))), "30s", "silence that sends a ping"),
        Setting("mqtt.session_expiry", longTime, "7d", "how long the broker queues while we are away"),
        Setting("mqtt.connect_timeout", shortTime, "5s", "deadline of TCP, TLS and the broker's answer (RES-01)"),
        Setting("mqtt.request_timeout", shortTime, "30s", "deadline of a subscription (RES-01)"),
        Setting("mqtt.disconnect_timeout", shortTime, "1s", "deadline of leaving the broker (RES-01)"),
        Setting("mqtt.leave_timeout", shortTime, "1s", "how long a stop waits for what is at the engine"),
        Setting("mqtt.reconnect_first", shortTime, "500ms", "first wait before another attempt, doubled each time"),
        Setting("mqtt.reconnect_limit", shortTime, "30s", "longest wait before another attempt"),
        Setting(
            "mqtt.probe_interval", shortTime, "30s", "how often the first broker is tried while on another (ING-14)"),
        Setting("mqtt.probe_hold", shortTime, "5s", "how long it must stay up before we return"),
        Setting(
            "mqtt.batches_in_flight", .integer(1...64), "1", "batches decoded at once; appended in order (BASE-06)"),
        Setting(
            "mqtt.batch_interval", .duration(.zero...(.seconds(1))), "5ms",
            "least time between two batches; a longer one makes larger batches and fewer commits"),
        Setting("mqtt.batch_messages", .integer(1...65_536), "2048", "messages in one batch"),
        Setting("mqtt.receive_maximum", .integer(1...65_000), "4096", "messages the broker may have on the way to us"),
        Setting(
            "mqtt.unacknowledged_messages", .integer(1...10_000_000), "16384",
            "messages not yet durable at which the socket is not read (ING-09)"),
        Setting(
            "mqtt.unacknowledged_bytes", .bytes(1024...(1 << 40)), "16MiB",
            "bytes not yet durable at which the socket is not read (ING-09)"),
        Setting("mqtt.packet_limit", .bytes(1024...268_435_455), "1MiB", "largest packet taken"),
    ]

    static let http: [Setting] = [
        Setting("http.listen", .text, "127.0.0.1:8080", "HOST:PORT of the gateway; off is none"),
        Setting("http.max_body", .bytes(1...(1 << 32)), "8MiB", "largest request body, 413 beyond"),
        Setting("http.max_headers", .bytes(256...(1 << 20)), "16KiB", "request line and headers together, 431 beyond"),
        Setting("http.max_header_fields", .integer(1...10_000), "100", "header fields of one request"),
        Setting("http.max_connections", count, "2048", "connections at once; at most half of the process's file limit"),
        Setting(
            "http.head_timeout", shortTime, "10s", "from a connection's opening to its first header's end (RES-01)"),
        Setting("http.body_timeout", shortTime, "10s", "from a header's end to its body's end, 408 beyond (RES-01)"),
        Setting("http.answer_timeout", shortTime, "30s", "from a body's end to the answer's last byte (RES-01)"),
        Setting("http.slow_answer_timeout", shortTime, "100s", "the same for a backtest"),
        Setting("http.streams", .integer(1...100_000), "1000", "readers of /api/stream at once, 503 beyond (API-13)"),
        Setting("http.stream_heartbeat", shortTime, "5s", "silence after which a stream says that it is alive"),
        Setting("http.idle_timeout", shortTime, "60s", "between two requests of one connection"),
        Setting("http.linger_timeout", shortTime, "1s", "how long a client may still send after its last answer"),
        Setting("http.intake_timeout", shortTime, "5s", "wait until readings are durable, 503 beyond (ING-05)"),
        Setting("http.in_flight_bytes", .bytes(1024...(1 << 40)), "64MiB", "bodies in memory at once (ING-09)"),
        Setting("http.in_flight_deliveries", .integer(1...65_536), "256", "bodies at once (ING-09)"),
        Setting("http.drain_timeout", shortTime, "1s", "how long a stop lets open requests end"),
        Setting("http.request_timeout", shortTime, "500ms", "from a program's request to its answer's head (API-06)"),
        Setting("http.export_timeout", shortTime, "30s", "from an export's request to its answer's head"),
        Setting("http.exports_at_once", .integer(1...64), "4", "exports under way at once, 503 beyond (API-09)"),
        Setting("http.shed_above", shortTime, "2s", "p99 from which most requests are turned away (API-08)"),
        Setting("http.shed_below", shortTime, "1s", "p99 below which all are taken again (API-08)"),
    ]
}
