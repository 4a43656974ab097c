import EmbeddedStore
import EnergyModel
import GRDB
import Ports
import Testing

@Suite("Edits and redrives on real files")
struct LetterStoreTests {
    private static let selections = [
        "{\"numbers\":{\"_0\":[3,1]}}": LetterSelection.numbers([3, 1]),
        "{\"matching\":{\"_0\":{\"facility\":\"F-1\",\"limit\":1,\"reason\":\"r\",\"state\":\"quarantined\",\"text\":\"t\",\"topic\":\"d\"},\"through\":9}}":
            .matching(
                DeadLetterQuery(
                    topic: "d", reason: "r", state: .quarantined, facility: FacilityID("F-1"), text: "t", limit: 1),
                through: 9),
    ]

    @Test("the stored form of a selection is read by every later build", arguments: selections.keys.sorted())
    func storedSelection(text: String) async throws {
        let place = try StorePlace()
        let records = try await place.open().records
        let expected = try #require(Self.selections[text])
        let redrive = Redrive(
            id: "new", selection: expected, perSecond: 1, author: "a", reason: "r", begunAt: testNow, total: 1)
        _ = try await records.begin(redrive)
        let queue = try DatabaseQueue(path: place.file("records.sqlite"))
        let stored = try await queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO redrives (id, selection, per_second, author, reason, begun_at, state, changed_at, reached,
                        total, replayed, failed, quarantined, passed_over, failures)
                    VALUES ('old', ?, 5, 'a', 'r', 1, 'paused', 1, 2, 3, 1, 1, 0, 0, '{"unknown_meter":1}')
                    """, arguments: [text])
            return try String.fetchOne(database, sql: "SELECT selection FROM redrives WHERE id = 'new'")
        }
        #expect(stored == text)
        let old = try #require(try await records.redrive("old"))
        #expect(old.selection == expected && old.failures == ["unknown_meter": 1])
        #expect(old.state == .paused && old.note == nil && old.reached == 2)
    }

    @Test("edits and redrives outlive a reopening, by whichever process")
    func reopened() async throws {
        let place = try StorePlace()
        let letter = DeadLetter(
            topic: "t", payload: [1], headers: [:], reason: "r", message: "m", firstSeen: testNow)
        let first = try await place.open().records
        let second = try await place.open().records
        _ = try await first.add([letter])
        let number = try #require(try await first.deadLetters(DeadLetterQuery()).letters.first?.number)
        let edit = DeadLetter.Edit(payload: [0, 0xFF], author: "operator:ana", at: testNow, edition: 1)
        #expect(try await first.edit(deadLetter: number, edit) == .stored)
        let redrive = Redrive(
            id: "a", selection: .numbers([number]), perSecond: 1, author: "a", reason: "r", begunAt: testNow, total: 1)
        _ = try await first.begin(redrive)
        #expect(
            try await second.change(
                redrive: "a", from: Redrive.Standing(.running), to: Redrive.Standing(.paused), at: testNow))
        let sent = LetterResult(of: letter, number: number, .replayed)
        let step = RedriveStep(after: 0, reached: number, results: [sent], passedOver: 0)
        let stepped = try #require(try await first.settle(step, of: "a", at: testNow))
        #expect(stepped.state == .paused, "the other process's pause stands")
        #expect([stepped.replayed, stepped.passedOver] == [0, 1], "what was sent is not what lies there by now")
        let third = try await place.open().records
        #expect(try await third.redrive("a") == stepped)
        #expect(try await third.deadLetter(number)?.edit == edit)
    }
}
