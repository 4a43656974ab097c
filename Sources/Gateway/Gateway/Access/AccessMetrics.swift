import CoreMetrics
import Logging
import PrometheusExporter
import Resilience
import Synchronization

/// Refused credentials, counted and logged without the credential. The log has a token bucket: whoever guesses must not fill
/// the disk.
struct AccessMetrics: Sendable {
    static let descriptions = [
        MetricDescription(
            "energy_api_auth_refusals_total", "Requests turned away for their credential or role, by reason.")
    ]

    private let factory: any MetricsFactory
    private let logger: Logger
    private let uptime: @Sendable () -> MonotonicTime
    private let lines = LineBudget()

    /// Every reason is shown from the start: a rate over a series that is not there yet shows nothing.
    init(factory: any MetricsFactory, logger: Logger, uptime: @escaping @Sendable () -> MonotonicTime) {
        self.factory = factory
        self.logger = logger
        self.uptime = uptime
        for reason in AccessRefusal.allCases { counter(reason).increment(by: 0) }
    }

    func refused(_ reason: AccessRefusal, client: String) {
        counter(reason).increment()
        guard lines.take(uptime()) else { return }
        logger.notice("access refused", metadata: ["reason": "\(reason.rawValue)", "client": "\(client)"])
    }

    private func counter(_ reason: AccessRefusal) -> Counter {
        Counter(label: "energy_api_auth_refusals", dimensions: [("reason", reason.rawValue)], factory: factory)
    }
}

private final class LineBudget: Sendable {
    private let bucket = Mutex(TokenBucket(capacity: 20, perSecond: 1))
    func take(_ now: MonotonicTime) -> Bool { bucket.withLock { $0.take(now: now) } == .granted }
}
