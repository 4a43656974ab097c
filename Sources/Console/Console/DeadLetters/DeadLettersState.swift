import EnergyModel
import Ports

struct DeadLettersState: Sendable {
    /// Which are listed; nil is all states.
    var which: DeadLetter.State? = .pending
    var filter = RowFilter.everything
    var cursor = ListCursor<Int64>()
    var marked: Set<Int64> = []
    var list = Paging<DeadLetter>()
    /// The one shown by the detail level.
    var detail = Fetch<DeadLetter?>()
    var detailTop = 0

    static let markLimit = 500
    /// From so many letters on the number has to be typed.
    static let bulk = 2

    /// The listed order of `v`.
    static let choices: [DeadLetter.State?] = [.pending, .quarantined, .discarded, .replayed, nil]
}

/// What `/` sees of a letter.
struct FilterableLetter: Filterable {
    let letter: DeadLetter

    func text(of field: String) -> String {
        switch field {
        case "topic": letter.topic
        case "reason": letter.reason
        case "facility": letter.facility?.text ?? ""
        case "message": letter.message
        case "state": letter.state.rawValue
        case "number": letter.number.map(String.init) ?? ""
        default: String(decoding: letter.payload.prefix(2000), as: UTF8.self)
        }
    }

    func number(of field: String) -> Double? {
        switch field {
        case "number": letter.number.map(Double.init)
        case "attempts": Double(letter.attempts)
        default: nil
        }
    }
}

/// Counts by topic and reason as they were minutes ago, so that growth can be told. Sampled once a minute from live
/// snapshots; ten samples.
struct LetterGrowth: Sendable {
    struct Key: Hashable, Sendable {
        var topic: String
        var reason: String
    }

    private struct Sample: Sendable {
        var at: UTCInstant
        var counts: [Key: Int]
    }

    private var samples: [Sample] = []
    private static let step = Duration.seconds(60)
    private static let kept = 11

    mutating func note(_ snapshot: OperatorSnapshot) {
        if let last = samples.last, snapshot.at.since(last.at) < Self.step { return }
        var counts: [Key: Int] = [:]
        for count in snapshot.deadLetters {
            counts[Key(topic: count.topic, reason: count.reason), default: 0] += count.count
        }
        samples.append(Sample(at: snapshot.at, counts: counts))
        if samples.count > Self.kept { samples.removeFirst() }
    }

    /// How many came since the oldest sample, and how long that is; nil before a minute has passed.
    func growth(of key: Key, count: Int, now: UTCInstant) -> (added: Int, over: Duration)? {
        guard let first = samples.first, now.since(first.at) >= Self.step else { return nil }
        return (count - (first.counts[key] ?? 0), now.since(first.at))
    }
}

/// Dead letters of one topic and reason, in all states.
struct LetterGroup: Sendable, Equatable {
    var topic: String
    var reason: String
    var pending = 0
    var quarantined = 0
    var total = 0
    var newest: UTCInstant

    /// Most pending first.
    static func all(_ counts: [DeadLetterCount]) -> [LetterGroup] {
        var groups: [LetterGrowth.Key: LetterGroup] = [:]
        for count in counts {
            let key = LetterGrowth.Key(topic: count.topic, reason: count.reason)
            var group = groups[key] ?? LetterGroup(topic: count.topic, reason: count.reason, newest: count.newest)
            group.total += count.count
            if count.state == .pending { group.pending += count.count }
            if count.state == .quarantined { group.quarantined += count.count }
            group.newest = max(group.newest, count.newest)
            groups[key] = group
        }
        return groups.values.sorted { a, b in
            if a.pending != b.pending { return a.pending > b.pending }
            if a.total != b.total { return a.total > b.total }
            return (a.topic, a.reason) < (b.topic, b.reason)
        }
    }
}
