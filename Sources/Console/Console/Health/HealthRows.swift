import EnergyModel
import Ports
import Screen

/// One line of Health. Its id keeps the selection while values move.
struct HealthRow: Sendable, Equatable {
    var id: String
    var name: String
    var mark: String
    var role: Role
    /// The main value, right-aligned in its column.
    var value: String
    var bar: Double?
    var history: [Float] = []
    var detail: String
    /// Set where the row is a breaker that a person may trip or reset.
    var breaker: String?
    /// What is safe meanwhile and what to do; empty while all is well.
    var remedy: String
    /// One of the things that `HealthTrouble` counts.
    var isTrouble: Bool

    init(
        id: String, name: String, mark: String = " ", role: Role = .text, value: String = "", bar: Double? = nil,
        history: [Float] = [], detail: String = "", breaker: String? = nil, remedy: String = "",
        isTrouble: Bool = false
    ) {
        self.id = id
        self.name = name
        self.mark = mark
        self.role = role
        self.value = value
        self.bar = bar
        self.history = history
        self.detail = detail
        self.breaker = breaker
        self.remedy = remedy
        self.isTrouble = isTrouble
    }
}

struct HealthSection: Sendable, Equatable {
    var title: String
    /// Over the value column.
    var unit: String
    var rows: [HealthRow]
    /// What it means that there is nothing here.
    var empty: String
}

extension HealthSection {
    /// What needs somebody, worst first: the same rows as below under names of their own, so that they stand above
    /// whatever the height of the screen. Nil while nothing does.
    static func attention(_ sections: [HealthSection]) -> HealthSection? {
        let rows = sections.flatMap { section in
            section.rows.lazy.filter(\.isTrouble).map { row in
                var copy = row
                copy.id = "attention:\(row.id)"
                if let kind = row.id.split(separator: ":", maxSplits: 1).first { copy.name = "\(kind) \(row.name)" }
                return copy
            }
        }
        guard !rows.isEmpty else { return nil }
        let worst = rows.filter { $0.role == .stateBad }
        return HealthSection(
            title: "Needs attention", unit: "STATE", rows: worst + rows.filter { $0.role != .stateBad }, empty: "")
    }

    static func all(_ health: HealthSnapshot, now: UTCInstant) -> [HealthSection] {
        [
            dependencies(health, now), breakers(health, now), queues(health), feeds(health, now), partitions(health),
            rates(health), latencies(health), counters(health), machine(health, now),
        ]
    }

    private static func dependencies(_ health: HealthSnapshot, _ now: UTCInstant) -> HealthSection {
        let rows = health.dependencies.map { dependency in
            let (mark, role): (String, Role) =
                switch dependency.state {
                case .up: ("●", .stateOK)
                case .degraded: ("!", .stateStale)
                case .down: ("×", .stateBad)
                }
            return HealthRow(
                id: "dependency:\(dependency.name)", name: dependency.name, mark: mark, role: role,
                value: dependency.state.rawValue,
                detail: joined(dependency.detail, "checked \(Age.text(now.since(dependency.checkedAt))) ago"),
                remedy: HealthRemedy.text(for: dependency), isTrouble: HealthTrouble.isTrouble(dependency))
        }
        return HealthSection(title: "Dependencies", unit: "STATE", rows: rows, empty: "none reported")
    }

    private static func breakers(_ health: HealthSnapshot, _ now: UTCInstant) -> HealthSection {
        let rows = health.breakers.map { breaker in
            let (mark, role, word): (String, Role, String) =
                switch breaker.state {
                case .closed: ("●", .stateOK, "closed")
                case .open: ("×", .stateBad, "open")
                case .halfOpen: ("!", .stateStale, "half-open")
                case .isolated: ("×", .stateStale, "tripped")
                }
            let probe = breaker.nextProbe.map { "next probe in \(Age.countdown($0.since(now)))" } ?? ""
            let failed = "\(Numeral.grouped(breaker.failures)) of \(Numeral.grouped(breaker.calls)) failed"
            return HealthRow(
                id: "breaker:\(breaker.name)", name: breaker.name, mark: mark, role: role, value: word,
                detail: joined("for \(Age.text(now.since(breaker.since)))", failed, probe), breaker: breaker.name,
                remedy: HealthRemedy.text(for: breaker), isTrouble: HealthTrouble.isTrouble(breaker))
        }
        return HealthSection(title: "Breakers", unit: "STATE", rows: rows, empty: "none: nothing external is in use")
    }

    private static func queues(_ health: HealthSnapshot) -> HealthSection {
        let rows = health.queues.map { queue in
            let share = queue.capBytes > 0 ? Double(queue.bytes) / Double(queue.capBytes) : nil
            let isHigh = (share ?? 0) >= 0.8
            let state = queue.isRefusing ? "refusing until 60 %" : ""
            return HealthRow(
                id: "queue:\(queue.name)", name: queue.name, mark: queue.isRefusing ? "×" : isHigh ? "!" : " ",
                role: queue.isRefusing ? .stateBad : isHigh ? .stateStale : .text,
                value: Numeral.percent(Double(queue.bytes), of: Double(queue.capBytes)) + " %", bar: share ?? 0,
                detail: joined(
                    state, "\(Numeral.grouped(queue.items)) items",
                    "\(Numeral.bytes(Int(queue.bytes))) of \(Numeral.bytes(Int(queue.capBytes)))"),
                remedy: HealthRemedy.text(for: queue), isTrouble: queue.isRefusing)
        }
        return HealthSection(title: "Queues", unit: "DEPTH", rows: rows, empty: "none reported")
    }

    private static func feeds(_ health: HealthSnapshot, _ now: UTCInstant) -> HealthSection {
        let rows = health.feeds.map { feed in
            let (mark, role, word): (String, Role, String) =
                switch feed.state {
                case .live: ("●", .stateOK, "live")
                case .connecting: ("○", .stateStale, "connecting")
                case .backingOff: ("×", .stateBad, "backing off")
                case .paused: ("!", .stateStale, "paused")
                case .stopped: ("×", .textDim, "stopped")
                }
            let unacknowledged = feed.received >= feed.acknowledged ? feed.received - feed.acknowledged : 0
            return HealthRow(
                id: "feed:\(feed.name)", name: feed.name, mark: mark, role: role, value: word,
                detail: joined(
                    feed.detail.contains(feed.endpoint) ? "" : feed.endpoint, feed.detail,
                    "for \(Age.text(now.since(feed.since)))",
                    "\(Numeral.grouped(feed.received)) received", "\(Numeral.grouped(unacknowledged)) unacknowledged"),
                remedy: HealthRemedy.text(for: feed), isTrouble: HealthTrouble.isTrouble(feed))
        }
        return HealthSection(title: "Feeds", unit: "STATE", rows: rows, empty: "none configured: readings come by REST")
    }

    /// Partitions of one consumer in one row of marks: 32 partitions are no 32 lines.
    private static func partitions(_ health: HealthSnapshot) -> HealthSection {
        let groups = Dictionary(grouping: health.partitions) { "\($0.topic) → \($0.group)" }
        let rows = groups.keys.sorted().map { name in
            let members = (groups[name] ?? []).sorted { $0.index < $1.index }
            let lag = members.reduce(0) { $0 + $1.lag }
            let worst = members.max { $0.lag < $1.lag }
            let loss = members.compactMap(\.secondsToRetentionLoss).min()
            let at = worst.flatMap {
                $0.lag > 0 && members.count > 1 ? "most in p\($0.index): \(Numeral.grouped($0.lag))" : nil
            }
            let losing = loss.map { "retention reaches it in \(Age.countdown(.seconds($0)))" } ?? ""
            let isUrgent = members.contains(where: HealthTrouble.isLosing)
            return HealthRow(
                id: "partition:\(name)", name: name, mark: isUrgent ? "×" : lag > 10_000 ? "!" : " ",
                role: isUrgent ? .stateBad : lag > 10_000 ? .stateStale : .text, value: Numeral.grouped(lag),
                history: members.map { Float($0.lag) },
                detail: joined(at ?? "", losing, Numbers.count(members.count, "partition", "partitions")),
                remedy: isUrgent ? HealthRemedy.losing : "", isTrouble: isUrgent)
        }
        return HealthSection(title: "Lag by partition", unit: "READINGS", rows: rows, empty: "no consumer yet")
    }

    private static func rates(_ health: HealthSnapshot) -> HealthSection {
        let rows = health.rates.map { rate in
            HealthRow(
                id: "rate:\(rate.name)", name: rate.name, value: Numbers.perSecond(rate.perSecond),
                history: rate.history,
                detail: "last 60 s")
        }
        return HealthSection(title: "Rates", unit: "PER SECOND", rows: rows, empty: "nothing measured yet")
    }

    private static func latencies(_ health: HealthSnapshot) -> HealthSection {
        let rows = health.latencies.map { latency in
            HealthRow(
                id: "latency:\(latency.name)", name: latency.name, value: Numbers.milliseconds(latency.p99Milliseconds),
                detail: joined(
                    "p50 \(Numbers.milliseconds(latency.p50Milliseconds))",
                    "max \(Numbers.milliseconds(latency.maxMilliseconds))",
                    "\(Numeral.compact(Double(latency.count))) calls"))
        }
        return HealthSection(title: "Latency", unit: "P99 ms", rows: rows, empty: "nothing measured yet")
    }

    private static func counters(_ health: HealthSnapshot) -> HealthSection {
        let rows = health.counters.map { counter in
            HealthRow(id: "counter:\(counter.name)", name: counter.name, value: Numeral.grouped(counter.value))
        }
        return HealthSection(title: "Counted since start", unit: "COUNT", rows: rows, empty: "nothing counted yet")
    }

    private static func machine(_ health: HealthSnapshot, _ now: UTCInstant) -> HealthSection {
        let used = health.diskTotalBytes - health.diskFreeBytes
        let share = health.diskTotalBytes > 0 ? Double(used) / Double(health.diskTotalBytes) : nil
        let isFull = HealthTrouble.isDiskFull(health)
        let rows = [
            HealthRow(
                id: "machine:memory", name: "memory", value: Numeral.bytes(Int(health.residentBytes)),
                detail: "resident, this engine"),
            HealthRow(
                id: "machine:disk", name: "disk", mark: isFull ? "!" : " ", role: isFull ? .stateStale : .text,
                value: Numbers.percent(share) + " %", bar: share,
                detail:
                    "\(Numeral.bytes(Int(health.diskFreeBytes))) free of \(Numeral.bytes(Int(health.diskTotalBytes)))",
                remedy: isFull ? HealthRemedy.disk : "", isTrouble: isFull),
            HealthRow(
                id: "machine:version", name: "version", value: health.version,
                detail: joined(health.mode, "up \(Age.text(now.since(health.startedAt)))")),
        ]
        return HealthSection(title: "Engine", unit: "", rows: rows, empty: "")
    }

    private static func joined(_ parts: String...) -> String { parts.filter { !$0.isEmpty }.joined(separator: " · ") }
}
