import EnergyModel
import Ports
import Testing

@testable import Console

/// A store with letters numbered 1...count: what the list shows must be what the store holds.
private struct Shelf {
    var numbers: [Int64]
    var list = Paging<JournalEntry>()
    var now = Fleet.now
    private var next: UInt64 = 1

    init(_ count: Int) { numbers = (0..<count).map { Int64(count - $0) } }

    var shown: [Int64] { list.rows.compactMap(\.number) }

    private func page(before: Int64 = .max, limit: Int) -> Page<JournalEntry> {
        let rows = numbers.filter { $0 < before }.prefix(limit).map {
            JournalEntry(number: $0, at: Fleet.now, kind: .log, actor: "", subject: "", text: "")
        }
        return Page(rows: Array(rows), matching: numbers.count)
    }

    private mutating func id() -> EffectID {
        defer { next += 1 }
        return EffectID(number: next)
    }

    mutating func read() {
        let id = id()
        let depth = list.depth
        list.asked(id, rows: depth, at: now)
        let wasAwaited = list.receive(id, .success(page(limit: depth)), at: now)
        #expect(wasAwaited)
    }

    mutating func readOlder() {
        guard let before = list.olderThan else { return }
        let id = id()
        list.askedOlder(id, at: now)
        let wasAwaited = list.receive(id, .success(page(before: before, limit: 200)), at: now)
        #expect(wasAwaited)
    }
}

@Suite("Paging") struct PagingTests {
    @Test("older pages are put below until the list is whole")
    func older() {
        var shelf = Shelf(450)
        shelf.read()
        #expect(shelf.shown.count == 200)
        shelf.readOlder()
        shelf.readOlder()
        #expect(shelf.shown == shelf.numbers)
        #expect(shelf.list.isComplete && shelf.list.olderThan == nil)
    }

    @Test("new rows come above and what was loaded below stays")
    func growth() {
        var shelf = Shelf(300)
        shelf.read()
        shelf.readOlder()
        shelf.numbers.insert(contentsOf: [303, 302, 301], at: 0)
        shelf.read()
        #expect(shelf.shown == shelf.numbers)
    }

    @Test("a burst longer than a page leaves no hole: the list begins anew")
    func hole() {
        var shelf = Shelf(300)
        shelf.read()
        shelf.readOlder()
        shelf.numbers.insert(contentsOf: (301...900).reversed(), at: 0)
        shelf.read()
        #expect(shelf.shown == Array(shelf.numbers.prefix(200)))
        #expect(!shelf.list.isComplete)
    }

    @Test("rows that leave the list go, however far below they stood")
    func leaving() {
        var shelf = Shelf(500)
        shelf.read()
        shelf.readOlder()
        shelf.readOlder()
        shelf.numbers.removeAll { $0 == 250 || $0 == 3 }
        shelf.read()
        #expect(shelf.list.isDue(every: .seconds(5), now: shelf.now.advanced(by: .seconds(1))))
        shelf.read()
        #expect(shelf.shown == shelf.numbers)
        shelf.numbers = [7]
        shelf.read()
        #expect(shelf.shown == [7])
    }

    @Test("a list that disagrees with the counts is due once a second, one that agrees every five")
    func due() {
        var shelf = Shelf(40)
        shelf.read()
        func due(after seconds: Int64, _ counted: Int?) -> Bool {
            shelf.list.isDue(every: .seconds(5), counted: counted, now: shelf.now.advanced(by: .seconds(seconds)))
        }
        #expect(!due(after: 4, 40) && due(after: 5, 40))
        #expect(due(after: 1, 41) && !due(after: 0, 41))
        #expect(!due(after: 4, nil))
    }

    @Test("a letter that the counts know is in the list with the next second")
    func lettersFollowCounts() {
        var letters = 40
        let counts: () -> OperatorSnapshot = {
            var snapshot = Fleet.mixed()
            snapshot.deadLetters = [
                DeadLetterCount(
                    topic: "sensor-readings-dlt", reason: "malformed_json", state: .pending, count: letters,
                    newest: Fleet.now)
            ]
            return snapshot
        }
        var desk = Desk(snapshot: counts())
        let answers: (Int) -> (Effect.Work) -> EffectResult? = { count in
            { work in
                guard case .deadLetters = work else { return Desk.fixtures(work) }
                return .deadLetters(DeadLetterPage(letters: Fleet.letters(count: count), matching: count))
            }
        }
        desk.answers = answers(letters)
        desk.press("5")
        #expect(desk.shows("40 pending") && desk.shows("40 of 40, newest first"))
        letters = 41
        desk.answers = answers(letters)
        desk.now = desk.now.advanced(by: .seconds(1))
        desk.send(.link(.snapshot(counts())))
        #expect(desk.shows("41 pending") && desk.shows("41 of 41, newest first"))
    }

    @Test("another kind of list begins empty: no row of the one before stands under its name")
    func clearing() {
        var desk = Desk()
        desk.press("5")
        #expect(desk.shows("4711"))
        desk.answers = { _ in nil }
        desk.press("v")
        #expect(!desk.shows("4711"))
        #expect(desk.shows("Asking for the letters"))
    }
}
