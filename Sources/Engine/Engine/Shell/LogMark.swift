/// Metadata that every line of a part carries; levels are set by it.
package enum LogMark {
    package static let component = "component"
    /// Parts of the engine with a level of their own.
    package static let parts = [
        "aggregation", "dead-letters", "forecast", "health", "ingest", "operator", "response", "retention", "tracing",
        "weather",
    ]
}
