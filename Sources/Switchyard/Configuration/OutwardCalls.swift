/// Every client through which this program waits for something outside it, and the key that bounds the wait (ledger RES-01).
/// Printed by `switchyard doctor --timeouts`; a test looks through the sources for clients that are missing here.
enum OutwardCalls {
    struct Call: Encodable {
        /// As in `operation_timeout_seconds{service,operation}` (RES-03), where it is counted there.
        var service: String
        var operation: String
        /// Folder below Sources that makes the call.
        var room: String
        /// Key of the configuration; nil where the limit is fixed, then `limit` tells it.
        var key: String?
        var limit: String = ""
    }

    static let calls: [Call] = [
        Call(service: "mqtt", operation: "connect", room: "Adapters/MQTTFeed", key: "mqtt.connect_timeout"),
        Call(service: "mqtt", operation: "subscribe", room: "Adapters/MQTTFeed", key: "mqtt.request_timeout"),
        Call(service: "mqtt", operation: "disconnect", room: "Adapters/MQTTFeed", key: "mqtt.disconnect_timeout"),
        Call(service: "mqtt", operation: "silence", room: "Adapters/MQTTFeed", key: "mqtt.keep_alive"),
        Call(service: "store", operation: "call", room: "Adapters/EmbeddedStore", key: "store.timeout"),
        Call(service: "ingest", operation: "log_append", room: "Engine/Engine", key: "ingest.append_timeout"),
        Call(service: "aggregation", operation: "write", room: "Engine/Engine", key: "series.write_timeout"),
        Call(service: "operator", operation: "query", room: "Engine/Engine", key: "series.query_timeout"),
        Call(service: "operator", operation: "command", room: "Engine/Engine", key: "operations.command_timeout"),
        Call(service: "health", operation: "check", room: "Engine/Engine", key: "health.check_timeout"),
        Call(service: "api-gateway", operation: "read_head", room: "Gateway/Gateway", key: "http.head_timeout"),
        Call(service: "api-gateway", operation: "read_body", room: "Gateway/Gateway", key: "http.body_timeout"),
        Call(service: "api-gateway", operation: "accept_readings", room: "Gateway/Gateway", key: "http.intake_timeout"),
        Call(service: "api-gateway", operation: "answer", room: "Gateway/Gateway", key: "http.answer_timeout"),
        Call(service: "api-gateway", operation: "idle", room: "Gateway/Gateway", key: "http.idle_timeout"),
        Call(service: "bms", operation: "connect", room: "Adapters/CurlTransport", key: "bms.connect_timeout"),
        Call(service: "bms", operation: "request", room: "Adapters/BuildingSOAP", key: "bms.request_timeout"),
        Call(service: "bms", operation: "read_points", room: "Engine/Engine", key: "bms.read_timeout"),
        Call(service: "weather", operation: "request", room: "Adapters/WeatherFeeds", key: "weather.timeout"),
        Call(service: "demand-response", operation: "commit", room: "Engine/Engine", key: "dr.commit_timeout"),
        Call(service: "demand-response", operation: "append", room: "Engine/Engine", key: "dr.append_timeout"),
        Call(service: "utility", operation: "callback", room: "Switchyard", key: "dr.callback_timeout"),
        Call(service: "otlp", operation: "request", room: "Engine/Engine", key: "trace.otlp_timeout"),
        Call(service: "utility", operation: "report", room: "Engine/Engine", key: "dr.callback_timeout"),
        Call(service: "api-gateway", operation: "accept_notification", room: "Gateway/Gateway", key: "webhook.timeout"),
        Call(
            service: "simulator", operation: "http", room: "Adapters/CurlTransport",
            limit: "2 s to connect, 5 s in all; a request may bring its own"),
        Call(service: "simulator", operation: "publish", room: "Simulator", limit: "30 s to the last acknowledgement"),
    ]
}
