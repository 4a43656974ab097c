import EnergyModel
import Ports

/// What the store numbers in the order in which it came.
protocol Numbered: Sendable {
    /// Nil before it is stored.
    var number: Int64? { get }
}

extension DeadLetter: Numbered {}
extension JournalEntry: Numbered {}

/// One answer of the store, newest first.
struct Page<Row: Numbered>: Sendable {
    var rows: [Row]
    /// How many the whole list has; nil where the store does not count them.
    var matching: Int?
}

/// A stored list read newest first, a page at a time. The newest page is read again while it is shown; what was loaded
/// below it stays as long as there is no hole between them.
struct Paging<Row: Numbered>: Sendable {
    static var pageSize: Int { 200 }
    /// As many rows as are kept in memory; older ones are found by a filter.
    static var limit: Int { 2000 }

    private(set) var rows: [Row] = []
    private(set) var newest = Fetch<Page<Row>>()
    private var older = Fetch<Page<Row>>()
    /// How many rows the question under way may answer with.
    private var asked = pageSize
    private var isEndSeen = false

    var matching: Int { newest.value?.matching ?? rows.count }
    var isComplete: Bool { newest.value?.matching.map { rows.count >= $0 } ?? isEndSeen }

    /// Reads again from the top; the rows stay until the answer replaces them.
    mutating func restart() {
        newest.forget()
        older.forget()
        isEndSeen = false
    }

    /// Another list from now on: no row of the old one may stand under the new one's name.
    mutating func clear() { self = Paging() }

    // MARK: - Asking

    /// How many rows the newest page has to have now: one page, or all that are shown once some have left the list.
    var depth: Int {
        guard let matching = newest.value?.matching, rows.count > matching else { return Self.pageSize }
        return min(Self.limit, (rows.count + Self.pageSize - 1) / Self.pageSize * Self.pageSize)
    }

    mutating func asked(_ id: EffectID, rows: Int, at now: UTCInstant) {
        newest.asked(id, at: now)
        asked = rows
    }

    mutating func askedOlder(_ id: EffectID, at now: UTCInstant) { older.asked(id, at: now) }

    /// The number before which the next page begins; nil while there is nothing to ask for.
    var olderThan: Int64? {
        guard !older.isUnderWay, !isComplete, rows.count < Self.limit else { return nil }
        return rows.last?.number
    }

    /// Every `interval`, and at once, but once a second at most, when the list is not what `counted` says it is.
    func isDue(every interval: Duration, counted: Int? = nil, now: UTCInstant) -> Bool {
        let known = newest.value?.matching
        let isBehind = known.map { $0 != counted ?? $0 || rows.count > $0 } ?? false
        return newest.isDue(every: isBehind ? .seconds(1) : interval, now: now)
    }

    // MARK: - Answers

    /// True when this was an answer awaited here.
    mutating func receive(_ id: EffectID, _ outcome: Result<Page<Row>, FetchFailure>, at now: UTCInstant) -> Bool {
        let isFirst = newest.value == nil
        if newest.settle(id, outcome, at: now) {
            if case .success(let page) = outcome { take(page.rows, over: isFirst ? [] : rows) }
            return true
        }
        guard older.settle(id, outcome, at: now) else { return false }
        if case .success(let page) = outcome {
            let last = rows.last?.number ?? .max
            rows += page.rows.filter { ($0.number ?? 0) < last }
            isEndSeen = page.rows.count < Self.pageSize
        }
        return true
    }

    /// A short page is the whole list; behind a full one stand the rows that were loaded below it, unless there is a hole.
    private mutating func take(_ page: [Row], over old: [Row]) {
        guard page.count >= asked, let last = page.last?.number, let first = old.first?.number, first >= last else {
            rows = page
            isEndSeen = page.count < asked
            return
        }
        rows = page + old.filter { ($0.number ?? 0) < last }
    }
}
