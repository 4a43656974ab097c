import EnergyModel
import Ports

/// Selections, edits and redrives of dead letters.
extension RecordStoreContract {
    static let letterCases: [ContractCase<any RecordStore>] = [
        ContractCase("a selection's letters come ascending, page by page, and only in the states asked for") {
            try await selects($0)
        },
        ContractCase("an edit lies beside the payload, by compare and set, and goes with its letter") {
            try await edits($0)
        },
        ContractCase("a letter settles once, and only as it was sent") { try await settles($0) },
        ContractCase("a redrive begins once and is listed newest first") { try await begins($0) },
        ContractCase("a redrive's step is stored whole, once, and counts what it changed") { try await steps($0) },
        ContractCase("a pause and a step do not overwrite each other") { try await pauses($0) },
        ContractCase("failures beyond the twentieth kind are counted together") { try await kinds($0) },
        ContractCase("finished redrives retire with the journal") { try await retiresRedrives($0) },
    ]

    /// Stores so many letters, `bad_range` at every third; returns their numbers.
    private static func fill(_ store: any RecordStore, _ count: Int) async throws -> [Int64] {
        _ = try await store.add(
            (1...count).map { letter($0, reason: $0 % 3 == 0 ? "bad_range" : "malformed_json") })
        return try await store.deadLetters(DeadLetterQuery()).letters.compactMap(\.number).sorted()
    }

    private static func selects(_ store: any RecordStore) async throws {
        let numbers = try await fill(store, 9)
        _ = try await store.changeDeadLetters(
            [numbers[5]], from: [.pending], to: .quarantined, note: nil, countsAsAttempt: true)
        _ = try await store.changeDeadLetters(
            [numbers[0]], from: [.pending], to: .replayed, note: nil, countsAsAttempt: true)
        func all(_ selection: LetterSelection, _ states: Set<DeadLetter.State>) async throws -> [Int64] {
            var (found, page): ([Int64], [Int64]) = ([], [])
            repeat {
                page = try await store.letterNumbers(of: selection, in: states, after: found.last ?? 0, limit: 2)
                found += page
            } while !page.isEmpty
            try requireEqual(try await store.count(of: selection, in: states), found.count, "counted")
            return found
        }
        let named = LetterSelection.numbers([numbers[7], numbers[0], 777, numbers[5], numbers[7]])
        try requireEqual(try await all(named, [.pending, .quarantined]), [numbers[5], numbers[7]], "by number")
        let bad = LetterSelection.matching(
            DeadLetterQuery(reason: "bad_range", before: numbers[0], limit: 1), through: numbers[8])
        try requireEqual(try await all(bad, [.pending]), [numbers[2], numbers[8]], "by reason")
        try requireEqual(try await all(bad, [.quarantined]), [numbers[5]], "quarantined")
        let early = LetterSelection.matching(DeadLetterQuery(text: "decode"), through: numbers[3])
        try requireEqual(try await all(early, [.pending]), Array(numbers[1...3]), "by text, not beyond the last")
        try requireEqual(try await all(early, []), [], "in no state")
    }

    private static func edit(_ edition: Int, _ text: String = hostile, by author: String = "operator:ana")
        -> DeadLetter.Edit
    {
        DeadLetter.Edit(
            payload: Array(text.utf8) + [0xFF], author: author, at: now.advanced(by: .seconds(edition)),
            edition: edition)
    }

    private static func edits(_ store: any RecordStore) async throws {
        let numbers = try await fill(store, 3)
        let number = numbers[0]
        let payload = try await store.deadLetter(number)?.payload
        func put(_ edit: DeadLetter.Edit, in number: Int64 = number) async throws -> LetterEditing {
            try await store.edit(deadLetter: number, edit)
        }
        try requireEqual(try await put(edit(2)), .superseded(edition: 0), "there is no first edition")
        try requireEqual(try await put(edit(1)), .stored, "the first")
        try requireEqual(try await put(edit(1)), .stored, "the same again")
        try requireEqual(try await put(edit(1, by: "operator:bo")), .superseded(edition: 1), "another's")
        try requireEqual(try await put(edit(1, "other")), .superseded(edition: 1), "another payload")
        try requireEqual(try await put(edit(2, "two")), .stored, "the second")
        try requireEqual(try await put(edit(1), in: 777), .missing, "no such letter")
        let letter = try await store.deadLetter(number)
        try requireEqual(letter?.payload, payload, "the payload as it came")
        try requireEqual(letter?.edit, edit(2, "two"), "the edit")
        try requireEqual(letter?.currentPayload, edit(2, "two").payload, "what is sent")
        try requireEqual(try await store.deadLetters(DeadLetterQuery()).letters.last?.edit, edit(2, "two"), "listed")
        _ = try await store.changeDeadLetters(
            [numbers[1]], from: [.pending], to: .quarantined, note: nil, countsAsAttempt: true)
        try requireEqual(try await put(edit(1), in: numbers[1]), .stored, "of a quarantined letter")
        for (state, number) in [(DeadLetter.State.discarded, number), (.replayed, numbers[2])] {
            _ = try await store.changeDeadLetters(
                [number], from: [.pending], to: state, note: nil, countsAsAttempt: false)
            try requireEqual(try await put(edit(3), in: number), .closed(state), "a \(state) letter")
        }
        let keep = RecordRetention(journalBefore: now, auditBefore: now, lettersBefore: now)
        _ = try await store.enforceRetention(keep, batch: 10)
        try requireEqual(try await store.deadLetter(number)?.edit, edit(2, "two"), "kept with its letter")
        let drop = RecordRetention(
            journalBefore: now, auditBefore: now, lettersBefore: now.advanced(by: .seconds(60)))
        _ = try await store.enforceRetention(drop, batch: 10)
        try requireEqual(try await store.deadLetter(number), nil, "gone with its letter")
        try requireEqual(try await store.deadLetter(numbers[1])?.edit, edit(1), "an open letter's stays")
    }

    private static func sent(
        _ store: any RecordStore, _ number: Int64, _ outcome: LetterResult.Outcome = .replayed
    ) async throws -> LetterResult {
        guard let letter = try await store.deadLetter(number) else {
            throw ContractViolation(description: "letter \(number) expected")
        }
        return LetterResult(of: letter, number: number, outcome)
    }

    private static func settles(_ store: any RecordStore) async throws {
        let numbers = try await fill(store, 4)
        let failure = LetterResult.Outcome.failed(reason: "r", sentence: hostile, isLast: false)
        let last = LetterResult.Outcome.failed(reason: "r", sentence: "last", isLast: true)
        let results = [
            try await sent(store, numbers[0]), try await sent(store, numbers[1], failure),
            try await sent(store, numbers[2], last), try await sent(store, numbers[3]),
        ]
        _ = try await store.edit(deadLetter: numbers[3], edit(1))
        try requireEqual(try await store.settle(results), Array(numbers.prefix(3)), "the edited one was not sent")
        let letters = try await store.deadLetters(DeadLetterQuery()).letters.reversed()
        try requireEqual(letters.map(\.state), [.replayed, .pending, .quarantined, .pending], "states")
        try requireEqual(letters.map(\.attempts), [1, 1, 1, 0], "attempts")
        try requireEqual(letters.map(\.note), [nil, hostile, "last", nil], "notes")
        try requireEqual(try await store.settle([results[0], results[2]]), [], "once")
        try requireEqual(try await store.settle([]), [], "none")
        let counts = try await store.deadLetterCounts().map { [$0.state.rawValue, "\($0.count)"] }
        try requireEqual(Set(counts), [["replayed", "1"], ["pending", "2"], ["quarantined", "1"]], "counted")
    }

    private static func redrive(_ id: String, _ selection: LetterSelection = .numbers([3, 1]), total: Int = 4)
        -> Redrive
    {
        Redrive(
            id: id, selection: selection, perSecond: 25, author: "operator:ana", reason: hostile, begunAt: now,
            total: total)
    }

    private static func begins(_ store: any RecordStore) async throws {
        let query = DeadLetterQuery(
            topic: "t", reason: "r", state: .quarantined, facility: FacilityID("F-1"), text: hostile, before: 3,
            limit: 7)
        let first = redrive("a", .matching(query, through: 99))
        try requireEqual(try await store.begin(first), first, "as it came")
        try requireEqual(try await store.begin(redrive("b")), redrive("b"), "another")
        var again = redrive("a")
        again.perSecond = 1
        try requireEqual(try await store.begin(again), first, "the same id is the same redrive")
        try requireEqual(try await store.redrive("a"), first, "by id")
        try requireEqual(try await store.redrive("c"), nil, "an unknown id")
        func ids(_ states: Set<Redrive.State>, _ limit: Int = 9) async throws -> [String] {
            try await store.redrives(in: states, limit: limit).map(\.id)
        }
        try requireEqual(try await ids(Set(Redrive.State.allCases)), ["b", "a"], "newest first")
        try requireEqual(try await ids([.running], 1), ["b"], "limited")
        try requireEqual(try await ids([.paused, .done]), [], "by state")
        try requireEqual(try await ids([]), [], "in no state")
    }

    private static func steps(_ store: any RecordStore) async throws {
        let numbers = try await fill(store, 4)
        _ = try await store.begin(redrive("a"))
        let later = now.advanced(by: .seconds(9))
        let failure = LetterResult.Outcome.failed(reason: "unknown_meter", sentence: "s", isLast: true)
        let step = RedriveStep(
            after: 0, reached: numbers[2],
            results: [
                try await sent(store, numbers[0]), try await sent(store, numbers[1], failure),
                try await sent(store, numbers[2]),
            ], passedOver: 1)
        _ = try await store.changeDeadLetters(
            [numbers[2]], from: [.pending], to: .discarded, note: nil, countsAsAttempt: false)
        var expected = redrive("a")
        (expected.reached, expected.replayed, expected.failed, expected.quarantined) = (numbers[2], 1, 1, 1)
        (expected.passedOver, expected.failures, expected.changedAt) = (2, ["unknown_meter": 1], later)
        try requireEqual(try await store.settle(step, of: "a", at: later), expected, "one step")
        try requireEqual(try await store.redrive("a"), expected, "as it is stored")
        try requireEqual(try await store.deadLetter(numbers[0])?.state, .replayed, "the letter with it")
        try requireEqual(try await store.settle(step, of: "a", at: later), expected, "the same step again")
        let stale = RedriveStep(
            after: 0, reached: numbers[3], results: [try await sent(store, numbers[3])], passedOver: 0)
        try requireEqual(try await store.settle(stale, of: "a", at: later), expected, "a step from elsewhere")
        try requireEqual(try await store.deadLetter(numbers[3])?.state, .pending, "it leaves its letter too")
        try requireEqual(try await store.settle(step, of: "b", at: later), nil, "of no redrive")
        let more = RedriveStep(after: numbers[2], reached: numbers[3], results: [], passedOver: 3)
        try requireEqual(try await store.settle(more, of: "a", at: now)?.total, 7, "a total that grew")
        try requireEqual(try await store.redrive("a")?.changedAt, later, "never earlier")
    }

    private static func pauses(_ store: any RecordStore) async throws {
        let numbers = try await fill(store, 2)
        _ = try await store.begin(redrive("a"))
        func change(_ old: Redrive.Standing, _ new: Redrive.Standing) async throws -> Bool {
            try await store.change(redrive: "a", from: old, to: new, at: now.advanced(by: .seconds(1)))
        }
        let held = Redrive.Standing(.paused, note: hostile)
        try requireEqual(try await change(held, Redrive.Standing(.running)), false, "it does not stand so")
        try requireEqual(try await change(Redrive.Standing(.running), held), true, "the engine pauses it")
        let step = RedriveStep(
            after: 0, reached: numbers[0], results: [try await sent(store, numbers[0])], passedOver: 0)
        let stepped = try await store.settle(step, of: "a", at: now)
        try requireEqual(stepped?.standing, held, "a step leaves the pause")
        try requireEqual(stepped?.replayed, 1, "and counts")
        try requireEqual(
            try await change(Redrive.Standing(.paused), Redrive.Standing(.running)), false, "another pause")
        try requireEqual(try await change(held, Redrive.Standing(.paused)), true, "a person takes the pause over")
        try requireEqual(try await change(held, Redrive.Standing(.running)), false, "which the engine does not end")
        try requireEqual(try await store.redrive("a")?.replayed, 1, "a pause leaves the counts")
        try requireEqual(try await store.redrive("a")?.changedAt, now.advanced(by: .seconds(1)), "when")
        let gone = try await store.change(
            redrive: "b", from: Redrive.Standing(.running), to: Redrive.Standing(.done), at: now)
        try requireEqual(gone, false, "of no redrive")
    }

    private static func kinds(_ store: any RecordStore) async throws {
        let numbers = try await fill(store, 25)
        _ = try await store.begin(redrive("a"))
        var results: [LetterResult] = []
        for (index, number) in numbers.enumerated() {
            let outcome = LetterResult.Outcome.failed(reason: "r\(index % 24)", sentence: "s", isLast: false)
            results.append(try await sent(store, number, outcome))
        }
        let step = RedriveStep(after: 0, reached: numbers[24], results: results, passedOver: 0)
        let failures = try await store.settle(step, of: "a", at: now)?.failures ?? [:]
        try requireEqual(failures.count, Redrive.failureKinds, "kinds")
        try requireEqual(failures["r0"], 2, "a kind that is known")
        try requireEqual(failures[Redrive.otherFailures], 5, "the others")
    }

    private static func retiresRedrives(_ store: any RecordStore) async throws {
        for (index, id) in ["done", "cancelled", "running", "paused", "young"].enumerated() {
            _ = try await store.begin(redrive(id))
            let state = Redrive.State(rawValue: id) ?? .done
            _ = try await store.change(
                redrive: id, from: Redrive.Standing(.running), to: Redrive.Standing(state),
                at: now.advanced(by: .seconds(index)))
        }
        let limits = RecordRetention(
            journalBefore: now.advanced(by: .seconds(4)), auditBefore: now, lettersBefore: now)
        try requireEqual(try await store.enforceRetention(limits, batch: 1), 1, "in small steps")
        try requireEqual(try await store.enforceRetention(limits, batch: 5), 1, "the other")
        try requireEqual(try await store.enforceRetention(limits, batch: 5), 0, "done")
        let left = try await store.redrives(in: Set(Redrive.State.allCases), limit: 9).map(\.id)
        try requireEqual(left, ["young", "paused", "running"], "what is left")
    }
}
