import EnergyModel
import Ports

/// How a provider has kept its word over some days, beside what is expected of it (ledger FC-15).
package struct ProviderAvailability: Hashable, Sendable {
    /// 99.9 %.
    package static let expected = 0.999

    package var source: String
    /// Start of the first day.
    package var since: UTCInstant
    package var checks: Int
    package var failedChecks: Int
    package var calls: Int
    package var failedCalls: Int

    /// Of days of one source, in any order; nil when nothing was checked.
    package init?(_ days: [ProviderDay]) {
        guard let first = days.min(by: { $0.day < $1.day }) else { return nil }
        source = first.source
        since = first.day
        checks = days.reduce(0) { $0 + $1.checks }
        failedChecks = days.reduce(0) { $0 + $1.failedChecks }
        calls = days.reduce(0) { $0 + $1.calls }
        failedCalls = days.reduce(0) { $0 + $1.failedCalls }
        guard checks > 0 else { return nil }
    }

    /// Share of the canary's checks that were answered, 0...1.
    package var share: Double { Double(checks - failedChecks) / Double(checks) }
    package var isKept: Bool { share >= ProviderAvailability.expected }

    package var sentence: String {
        let permille = Int((share * 1000).rounded(.down))
        return "\(permille / 10).\(permille % 10) % of \(checks) checks since \(since.iso8601.prefix(10))"
    }

    /// One a source, by name; sources that were not checked are left out.
    package static func of(_ days: [ProviderDay]) -> [ProviderAvailability] {
        Dictionary(grouping: days, by: \.source).values.compactMap { ProviderAvailability($0) }
            .sorted { $0.source < $1.source }
    }
}
