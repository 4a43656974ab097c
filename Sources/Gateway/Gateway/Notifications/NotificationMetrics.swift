import CoreMetrics
import PrometheusExporter

/// What the webhook counts. Utilities are named by the configuration and outcomes are a closed set, so the series are few;
/// who was not recognised is `unknown`.
struct NotificationMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        case accepted, repeated, malformed, busy, unauthorized
        case rateLimited = "rate_limited"
        case tooOld = "too_old"
        case tooNew = "too_new"
        case timedOut = "timed_out"
    }

    static let descriptions = [
        MetricDescription(
            "webhook_rate_limit_rejections_total",
            "Notifications of utilities answered 429 because their token bucket was empty, by utility."),
        MetricDescription(
            "webhook_notifications_total", "Notifications of utilities by utility and what became of them."),
    ]

    private let factory: any MetricsFactory

    /// The rejections of each utility are shown from the start: a rate over a series that is not there yet shows nothing.
    init(factory: any MetricsFactory, utilities: [String]) {
        self.factory = factory
        for utility in utilities { rejections(utility).increment(by: 0) }
    }

    func count(_ outcome: Outcome, utility: String?) {
        Counter(
            label: "webhook_notifications",
            dimensions: [("utility", utility ?? "unknown"), ("outcome", outcome.rawValue)],
            factory: factory
        ).increment()
        if outcome == .rateLimited, let utility { rejections(utility).increment() }
    }

    private func rejections(_ utility: String) -> Counter {
        Counter(label: "webhook_rate_limit_rejections", dimensions: [("utility", utility)], factory: factory)
    }
}
