import EnergyModel
import Ports
import Screen

struct RedrivesState: Sendable {
    /// How far one was at a moment of the console's clock.
    private struct Sample: Sendable {
        var at: UTCInstant
        var handled: Int
    }

    private(set) var fetch = Fetch<[Redrive]>()
    var cursor = ListCursor<String>()
    private var samples: [String: [Sample]] = [:]

    /// The pace is that of the last answers, over so long.
    private static let window = Duration.seconds(20)

    /// Those under way first, then the newest.
    var rows: [Redrive] {
        let all = fetch.value ?? []
        return all.filter(\.isOpen) + all.filter { !$0.isOpen }
    }

    var current: Redrive? { fetch.value?.first { $0.id == cursor.selected } }

    /// Two seconds while something moves; what stands still is looked at every ten.
    func isDue(now: UTCInstant) -> Bool {
        let moves = fetch.value?.contains { $0.state == .running } ?? true
        return fetch.isDue(every: moves ? .seconds(2) : .seconds(10), now: now)
    }

    mutating func asked(_ id: EffectID, at now: UTCInstant) { fetch.asked(id, at: now) }

    mutating func receive(_ id: EffectID, _ outcome: Result<[Redrive], FetchFailure>, at now: UTCInstant) -> Bool {
        guard fetch.settle(id, outcome, at: now) else { return false }
        guard case .success(let redrives) = outcome else { return true }
        var next: [String: [Sample]] = [:]
        for redrive in redrives where redrive.state == .running {
            let known = (samples[redrive.id] ?? []).filter {
                $0.at <= now && now.since($0.at) <= Self.window && $0.handled <= redrive.handled
            }
            next[redrive.id] = known + [Sample(at: now, handled: redrive.handled)]
        }
        samples = next
        return true
    }

    /// Letters a second by the last answers; nil before two of them, and when the last question failed.
    func pace(of redrive: Redrive) -> Double? {
        guard redrive.state == .running, fetch.failure == nil, let known = samples[redrive.id], let first = known.first,
            let last = known.last
        else { return nil }
        let seconds = Double(last.at.since(first.at).milliseconds) / 1000
        return seconds >= 1 ? Double(last.handled - first.handled) / seconds : nil
    }

    /// By the pace seen, before that by the cap; nil when it does not move, or nobody knows.
    func left(of redrive: Redrive) -> Duration? {
        guard redrive.state == .running, fetch.failure == nil else { return nil }
        let pace = pace(of: redrive) ?? Double(redrive.perSecond)
        guard pace > 0 else { return nil }
        return .seconds(Int64(min(1e9, Double(max(0, redrive.total - redrive.handled)) / pace).rounded(.up)))
    }

    mutating func settle(height: Int) {
        let rows = rows
        cursor.settle(
            count: rows.count, height: Table.dataRows(height: height), id: { rows[$0].id },
            place: { id in rows.firstIndex { $0.id == id } })
    }
}

extension Redrive {
    /// It can still be paused, resumed or cancelled.
    var isOpen: Bool { state == .running || state == .paused }

    /// State in a shape and a word; what went wrong is part of it.
    var look: (mark: String, word: String, role: LookRole) {
        switch state {
        case .running: ("▶", "running", .active)
        case .paused: (note == nil ? "○" : "!", note == nil ? "paused" : "paused by the engine", .waiting)
        case .cancelled: ("×", "cancelled", .ended)
        case .done: failed == 0 ? ("●", "done", .good) : ("!", "done, \(failed) failed", .waiting)
        }
    }

    enum LookRole: Sendable { case active, waiting, ended, good }

    /// `612 of 1,204 replayed, 3 failed`.
    var words: String { "\(look.word), \(replayed) of \(total) replayed, \(failed) failed" }
}
