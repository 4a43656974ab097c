package enum MetricKind: String, Sendable { case counter, gauge, histogram }

/// What a metric means, for its HELP line, and where its buckets lie.
package struct MetricDescription: Sendable, Hashable {
    /// As exported, e.g. `energy_api_request_duration_seconds`.
    package let name: String
    /// One sentence, with the unit.
    package let help: String
    /// Upper bounds, rising; nil takes the default of the kind.
    package let buckets: [Double]?

    package init(_ name: String, _ help: String, buckets: [Double]? = nil) {
        self.name = name
        self.help = help
        self.buckets = buckets
    }
}

package enum HistogramBuckets {
    /// Seconds, from a cache hit to the 60 s in which a DR event must be answered (ledger DR-23).
    package static let seconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// Counts and sizes: 1 to a million.
    package static let amounts: [Double] = [1, 2, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 100_000, 1_000_000]
}

/// A figure taken at the moment of the scrape.
package struct MetricSample: Sendable {
    let name: String
    let kind: MetricKind
    let value: Double
    let labels: LabelSet

    /// - Parameter kind: counter or gauge; a counter's name must end in `_total`.
    package init(_ name: String, _ kind: MetricKind, _ value: Double, labels: [(String, String)] = []) {
        self.name = metricName(name, kind: kind, isTimed: false)
        self.kind = kind
        self.value = value
        self.labels = LabelSet(labels)
    }
}

/// A swift-metrics label as a Prometheus name: dots and other strangers become `_`; counters end in `_total`, timers in
/// `_seconds`, and gauges in no suffix that belongs to another kind.
func metricName(_ label: String, kind: MetricKind, isTimed: Bool) -> String {
    var name = identifier(label, allowingColon: true)
    switch kind {
    case .counter: if !name.hasSuffix("_total") { name += "_total" }
    case .gauge:
        let reserved = ["_total", "_count", "_sum", "_bucket"]
        if reserved.contains(where: name.hasSuffix) { name += "_current" }
    case .histogram: if isTimed, !name.hasSuffix("_seconds") { name += "_seconds" }
    }
    return name
}

/// The labels of a series, sorted by name, as they stand between the braces.
struct LabelSet: Sendable {
    let text: String

    /// The longest label value kept, in scalars. Longer ones are cut: a label is a class, not a message.
    static let longestValue = 128

    init(_ dimensions: [(String, String)], isHistogram: Bool = false) {
        var taken: [(name: String, value: String)] = []
        for (label, value) in dimensions {
            var name = identifier(label, allowingColon: false)
            // `__` is Prometheus's own, `le` is the histogram's.
            while name.hasPrefix("__") { name.removeFirst() }
            if isHistogram, name == "le" { name = "exported_le" }
            if taken.contains(where: { $0.name == name }) { continue }
            taken.append((name, value))
        }
        taken.sort { $0.name < $1.name }
        text = taken.map { "\($0.name)=\"\(escapedLabelValue($0.value))\"" }.joined(separator: ",")
    }
}

private func identifier(_ label: String, allowingColon: Bool) -> String {
    var name = ""
    for scalar in label.unicodeScalars {
        switch scalar {
        case "a"..."z", "A"..."Z", "_": name.unicodeScalars.append(scalar)
        case "0"..."9":
            if name.isEmpty { name.append("_") }
            name.unicodeScalars.append(scalar)
        case ":" where allowingColon: name.unicodeScalars.append(scalar)
        default: name.append("_")
        }
    }
    return name.isEmpty ? "unnamed" : name
}

/// Backslash, quote and newline as the format asks; other control and invisible characters become U+FFFD, because a page
/// of metrics is read in terminals too (ledger SEC-06).
private func escapedLabelValue(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars.prefix(LabelSet.longestValue) {
        switch scalar {
        case "\\": text += "\\\\"
        case "\"": text += "\\\""
        case "\n": text += "\\n"
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                text.append("\u{FFFD}")
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
    return text
}
