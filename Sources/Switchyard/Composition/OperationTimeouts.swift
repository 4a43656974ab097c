import CoreMetrics

/// Counts waits that ran into their limit as `operation_timeout_seconds{service,operation}` (ledger RES-03), where a room
/// without metrics of its own tells of them.
func countTimeouts(of service: String) -> @Sendable (_ operation: String, _ limit: Duration) -> Void {
    { operation, limit in
        let (seconds, attoseconds) = limit.components
        Timer(label: "operation_timeout_seconds", dimensions: [("service", service), ("operation", operation)])
            .recordNanoseconds(seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
    }
}
