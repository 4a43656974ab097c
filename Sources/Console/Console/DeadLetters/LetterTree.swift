import EnergyModel
import Ports

/// A topic, or one reason under it.
struct LetterNode: Sendable, Hashable {
    var topic: String
    var reason: String?
}

/// Dead letters of one topic and reason, in all states.
struct LetterGroup: Sendable, Equatable {
    var node: LetterNode
    var pending = 0
    var quarantined = 0
    var total = 0
    var newest: UTCInstant
    /// The last of its topic.
    var isLast = false

    mutating func add(_ count: DeadLetterCount) {
        total += count.count
        if count.state == .pending { pending += count.count }
        if count.state == .quarantined { quarantined += count.count }
        newest = max(newest, count.newest)
    }

    /// Topics and the reasons under each, most pending first.
    static func tree(_ counts: [DeadLetterCount]) -> [LetterGroup] {
        sorted(groups(counts) { LetterNode(topic: $0.topic) }).flatMap { topic -> [LetterGroup] in
            let own = counts.filter { $0.topic == topic.node.topic }
            var reasons = sorted(groups(own) { LetterNode(topic: $0.topic, reason: $0.reason) })
            reasons[reasons.count - 1].isLast = true
            return [topic] + reasons
        }
    }

    private static func groups(
        _ counts: [DeadLetterCount], by node: (DeadLetterCount) -> LetterNode
    ) -> [LetterGroup] {
        var groups: [LetterNode: LetterGroup] = [:]
        for count in counts {
            let node = node(count)
            groups[node, default: LetterGroup(node: node, newest: count.newest)].add(count)
        }
        return Array(groups.values)
    }

    private static func sorted(_ groups: [LetterGroup]) -> [LetterGroup] {
        groups.sorted { a, b in
            if a.pending != b.pending { return a.pending > b.pending }
            if a.total != b.total { return a.total > b.total }
            return (a.node.topic, a.node.reason ?? "") < (b.node.topic, b.node.reason ?? "")
        }
    }
}

/// Counts by topic and reason as they were minutes ago, so that growth can be told. Sampled once a minute from live
/// snapshots; ten samples.
struct LetterGrowth: Sendable {
    private struct Sample: Sendable {
        var at: UTCInstant
        var counts: [LetterNode: Int]
    }

    private var samples: [Sample] = []
    private static let step = Duration.seconds(60)
    private static let kept = 11

    mutating func note(_ snapshot: OperatorSnapshot) {
        if let last = samples.last, snapshot.at.since(last.at) < Self.step { return }
        var counts: [LetterNode: Int] = [:]
        for count in snapshot.deadLetters {
            counts[LetterNode(topic: count.topic), default: 0] += count.count
            counts[LetterNode(topic: count.topic, reason: count.reason), default: 0] += count.count
        }
        samples.append(Sample(at: snapshot.at, counts: counts))
        if samples.count > Self.kept { samples.removeFirst() }
    }

    /// How many came since the oldest sample, and how long that is; nil before a minute has passed.
    func growth(of node: LetterNode, count: Int, now: UTCInstant) -> (added: Int, over: Duration)? {
        guard let first = samples.first, now.since(first.at) >= Self.step else { return nil }
        return (count - (first.counts[node] ?? 0), now.since(first.at))
    }
}
