struct RenderedFamily {
    let kind: MetricKind
    /// By the text of the labels.
    var series: [String: SeriesFigures] = [:]
}

/// Prometheus text format 0.0.4. Families without a series are left out.
func exposition(
    of page: [String: RenderedFamily], describedBy descriptions: [String: MetricDescription]
) -> String {
    var text = ""
    for (name, family) in page.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
        let help = descriptions[name]?.help ?? "No description is registered for this metric."
        text += "# HELP \(name) \(escapedHelp(help))\n# TYPE \(name) \(family.kind.rawValue)\n"
        for (labels, figures) in family.series.sorted(by: { $0.key < $1.key }) {
            append(figures, name: name, labels: labels, to: &text)
        }
    }
    return text
}

private func append(_ figures: SeriesFigures, name: String, labels: String, to text: inout String) {
    switch figures {
    case .single(let value):
        text += "\(name)\(braced(labels)) \(figure(value))\n"
    case .histogram(let bounds, let counts, let sum):
        var below: UInt64 = 0
        let separator = labels.isEmpty ? "" : ","
        for (bound, count) in zip(bounds + [.infinity], counts) {
            below += count
            text += "\(name)_bucket{\(labels)\(separator)le=\"\(figure(bound))\"} \(below)\n"
        }
        text += "\(name)_sum\(braced(labels)) \(figure(sum))\n\(name)_count\(braced(labels)) \(below)\n"
    }
}

private func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

/// As Go's ParseFloat reads it.
private func figure(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    let isWhole = value.rounded() == value && value.magnitude < 1e15
    return isWhole ? String(Int64(value)) : value.description
}

private func escapedHelp(_ help: String) -> String {
    var text = ""
    for character in help {
        switch character {
        case "\\": text += "\\\\"
        case "\n": text += "\\n"
        default: text.append(character)
        }
    }
    return text
}
