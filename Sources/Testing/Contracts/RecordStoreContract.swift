import EnergyModel
import Ports

/// What every record store does. Each case wants an empty store.
package enum RecordStoreContract {
    package static let cases: [ContractCase<any RecordStore>] =
        [
            ContractCase("an import adds and changes, keeps numbers, deletes nothing") { try await imports($0) },
            ContractCase("a meter registers with its facility once") { try await registers($0) },
            ContractCase("dead letters keep every byte and come once by origin") { try await deadLetters($0) },
            ContractCase("dead letters are found by every filter, newest first") { try await deadLetterQueries($0) },
            ContractCase("states change by compare and set") { try await compareAndSet($0) },
            ContractCase("the journal is append-only and found by every filter") { try await journal($0) },
            ContractCase("retention drops what is done with and old, and counts follow") { try await retires($0) },
            ContractCase("the first outcome of a command stays") { try await outcomes($0) },
            ContractCase("a lease has one owner at a time") { try await leases($0) },
        ] + letterCases

    static let now = UTCInstant(seconds: 1_790_000_000)
    static let hostile = "né '; DROP TABLE meters;-- \u{0}\u{202E}\u{1F600}\n=cmd()"

    private static func facilityID(_ text: String) throws -> FacilityID {
        guard let id = FacilityID(text) else { throw ContractViolation(description: "\(text) is no id") }
        return id
    }

    private static func meterID(_ text: String) throws -> MeterID {
        guard let id = MeterID(text) else { throw ContractViolation(description: "\(text) is no id") }
        return id
    }

    private static func describe(
        _ id: String, name: String = "n", meters: [String]
    ) throws -> FacilityDescription {
        FacilityDescription(
            id: try facilityID(id), name: name, kind: .hospital, region: "west", timeZone: "America/Los_Angeles",
            contractDemand: Power(kilowatts: 500.25), buildingEndpoint: nil,
            location: id == "F-1" ? Place(latitude: -33.8688, longitude: 151.2093) : nil,
            meters: try meters.map { .init(id: try meterID($0), registerLimit: Energy(kilowattHours: 999_999)) })
    }

    private static func imports(_ store: any RecordStore) async throws {
        try requireEqual(try await store.hasImportedFacilities(), false, "imported before")
        let first = try await store.importFacilities([
            try describe("F-1", meters: ["M-1", "M-2"]), try describe("F-2", meters: ["M-3"]),
        ])
        try requireEqual(
            first, ImportOutcome(facilitiesAdded: 2, facilitiesChanged: 0, metersAdded: 3, metersChanged: 0), "first")
        let numbers = try await store.meters().map(\.number)
        let second = try await store.importFacilities([
            try describe("F-1", name: hostile, meters: ["M-1", "M-3"]), try describe("F-2", meters: []),
        ])
        try requireEqual(
            second, ImportOutcome(facilitiesAdded: 0, facilitiesChanged: 1, metersAdded: 0, metersChanged: 1), "second")
        let (facilities, meters) = (try await store.facilities(), try await store.meters())
        try requireEqual(meters.map(\.number), numbers, "meter numbers stay")
        try requireEqual(facilities.first { $0.id.text == "F-1" }?.name, hostile, "the name, as it came")
        try requireEqual(facilities.first?.contractDemand, Power(kilowatts: 500.25), "contract demand")
        try requireEqual(
            facilities.map(\.location), [Place(latitude: -33.8688, longitude: 151.2093), nil], "places, where given")
        let moved = meters.first { $0.id.text == "M-3" }?.facility
        try requireEqual(moved, facilities.first { $0.id.text == "F-1" }?.number, "the moved meter's facility")
        try requireEqual(try await store.hasImportedFacilities(), true, "imported after")
    }

    private static func registers(_ store: any RecordStore) async throws {
        let (facility, meter) = try await store.register(meter: try meterID("M-9"), facility: try facilityID("F-9"))
        try requireEqual(facility.isDescribed, false, "described")
        let again = try await store.register(meter: meter.id, facility: facility.id)
        try requireEqual([again.1], [meter], "the same meter again")
        let (other, _) = try await store.register(meter: try meterID("M-10"), facility: try facilityID("F-10"))
        try await requireCode(.invalid) { _ = try await store.register(meter: meter.id, facility: other.id) }
        try requireEqual(try await store.facilities().count, 2, "facilities")
        let described = try await store.importFacilities([try describe("F-9", meters: ["M-9"])])
        try requireEqual([described.facilitiesAdded, described.facilitiesChanged], [0, 1], "described later")
        try requireEqual(try await store.facilities().first { $0.id == facility.id }?.number, facility.number, "number")
    }

    static func letter(
        _ offset: Int?, topic: String = "sensor-readings-dlt", reason: String = "malformed_json", payload: [UInt8] = [1]
    ) -> DeadLetter {
        var headers = [DeadLetterHeader.stage: "decode", "odd": hostile]
        if let offset {
            headers[DeadLetterHeader.topic] = "sensor-readings"
            headers[DeadLetterHeader.partition] = "3"
            headers[DeadLetterHeader.offset] = String(offset)
        }
        return DeadLetter(
            topic: topic, payload: payload, headers: headers, reason: reason, message: hostile,
            facility: FacilityID("F-1"),
            firstSeen: now.advanced(by: .seconds(offset ?? 0)))
    }

    private static func deadLetters(_ store: any RecordStore) async throws {
        let bytes = Array(UInt8.min...UInt8.max)
        let letters = [letter(1, payload: bytes), letter(2, payload: []), letter(nil), letter(nil), letter(1)]
        try requireEqual(try await store.add(letters), 4, "new letters; one origin came twice")
        try requireEqual(
            try await store.add([letter(2), letter(1, topic: "other")]), 1, "another topic is another letter")
        let page = try await store.deadLetters(DeadLetterQuery(topic: "sensor-readings-dlt"))
        try requireEqual(page.matching, 4, "matching")
        guard let oldest = page.letters.last, let number = oldest.number else {
            throw ContractViolation(description: "numbers expected")
        }
        var expected = letters[0]
        expected.number = number
        try requireEqual(oldest, expected, "the letter, byte for byte")
        try requireEqual(try await store.deadLetter(number), expected, "by number")
        try requireEqual(try await store.deadLetter(number + 999), nil, "an unknown number")
    }

    private static func deadLetterQueries(_ store: any RecordStore) async throws {
        let letters = [
            letter(1), letter(2, reason: "bad_range"), letter(3, topic: "bms-failures"),
            letter(4, payload: Array("needle 100%_".utf8)),
        ]
        _ = try await store.add(letters)
        func count(_ query: DeadLetterQuery) async throws -> Int { try await store.deadLetters(query).matching }
        try requireEqual(try await count(DeadLetterQuery(topic: "bms-failures")), 1, "by topic")
        try requireEqual(try await count(DeadLetterQuery(reason: "bad_range")), 1, "by reason")
        try requireEqual(try await count(DeadLetterQuery(state: .pending)), 4, "by state")
        try requireEqual(try await count(DeadLetterQuery(facility: FacilityID("F-2"))), 0, "by facility")
        try requireEqual(try await count(DeadLetterQuery(among: [])), 0, "among no facilities")
        let two = Set(["F-1", "F-2"].compactMap { FacilityID($0) })
        try requireEqual(try await count(DeadLetterQuery(among: two)), 4, "among facilities")
        try requireEqual(try await count(DeadLetterQuery(text: "NEEDLE 100%_")), 1, "by text of the payload")
        try requireEqual(try await count(DeadLetterQuery(text: "decode")), 4, "by text of a header")
        try requireEqual(try await count(DeadLetterQuery(text: "' OR 1=1 --")), 0, "text is text")
        let page = try await store.deadLetters(DeadLetterQuery(limit: 3))
        let numbers = page.letters.compactMap(\.number)
        try requireEqual(numbers, numbers.sorted(by: >), "newest first")
        let rest = try await store.deadLetters(DeadLetterQuery(before: numbers.last, limit: 3))
        try requireEqual([rest.letters.count, rest.matching], [1, 4], "the next page; matching counts all")
        let counts = try await store.deadLetterCounts()
        try requireEqual(counts.map(\.count), [1, 1, 2], "counts by topic, reason, state")
        try requireEqual(counts.last?.newest, now.advanced(by: .seconds(4)), "newest")
    }

    private static func compareAndSet(_ store: any RecordStore) async throws {
        _ = try await store.add([letter(1), letter(2)])
        let numbers = try await store.deadLetters(DeadLetterQuery()).letters.compactMap(\.number).sorted()
        let first = try await store.changeDeadLetters(
            numbers + [777], from: [.pending], to: .replayed, note: nil, countsAsAttempt: true)
        try requireEqual(first, numbers, "changed")
        let again = try await store.changeDeadLetters(
            numbers, from: [.pending], to: .discarded, note: "x", countsAsAttempt: false)
        try requireEqual(again, [], "no longer pending")
        let back = try await store.changeDeadLetters(
            [numbers[0]], from: [.replayed, .quarantined], to: .pending, note: "again", countsAsAttempt: true)
        try requireEqual(back, [numbers[0]], "one back")
        let letter = try await store.deadLetter(numbers[0])
        try requireEqual(letter?.attempts, 2, "attempts")
        try requireEqual(letter?.note, "again", "note")
    }

    private static func journal(_ store: any RecordStore) async throws {
        let entries = JournalEntry.Kind.allCases.enumerated().map { index, kind in
            JournalEntry(
                at: now.advanced(by: .seconds(index)), kind: kind, actor: "operator:ana", subject: "breaker:\(index)",
                text: hostile, facility: index == 0 ? FacilityID("F-1") : nil, commandKey: "k", traceID: "t")
        }
        try await store.append(entries)
        let all = try await store.journal(JournalQuery())
        try requireEqual(all.map(\.kind), Array(JournalEntry.Kind.allCases.reversed()), "newest first")
        var newest = entries[entries.count - 1]
        newest.number = all.first?.number
        try requireEqual(all.first, newest, "the entry as it came")
        func count(_ query: JournalQuery) async throws -> Int {
            let found: [JournalEntry] = try await store.journal(query)
            return found.count
        }
        try requireEqual(try await count(JournalQuery(kinds: [.audit, .note])), 2, "by kind")
        try requireEqual(try await count(JournalQuery(facility: FacilityID("F-1"))), 1, "by facility")
        let among = Set(["F-1", "F-9"].compactMap { FacilityID($0) })
        try requireEqual(try await count(JournalQuery(among: among)), 1, "among facilities")
        try requireEqual(try await count(JournalQuery(among: [])), 0, "among no facilities")
        try requireEqual(try await count(JournalQuery(text: "BREAKER:2")), 1, "by text")
        let range = TimeRange(start: now.advanced(by: .seconds(1)), end: now.advanced(by: .seconds(3)))
        try requireEqual(try await count(JournalQuery(range: range)), 2, "by time")
        try requireEqual(try await count(JournalQuery(before: all.last?.number)), 0, "before the first")
        try requireEqual(try await count(JournalQuery(limit: 3)), 3, "limited")
    }

    private static func retires(_ store: any RecordStore) async throws {
        _ = try await store.add([letter(1), letter(2), letter(3), letter(9)])
        let numbers = try await store.deadLetters(DeadLetterQuery()).letters.compactMap(\.number).sorted()
        _ = try await store.changeDeadLetters(
            [numbers[0], numbers[3]], from: [.pending], to: .discarded, note: "x", countsAsAttempt: false)
        _ = try await store.changeDeadLetters(
            [numbers[1]], from: [.pending], to: .replayed, note: nil, countsAsAttempt: true)
        let entries: [(Int, JournalEntry.Kind)] = [(1, .audit), (2, .note), (3, .audit), (8, .log)]
        try await store.append(
            entries.map { second, kind in
                JournalEntry(
                    at: now.advanced(by: .seconds(second)), kind: kind, actor: "a", subject: "s", text: "\(second)")
            })
        let limits = RecordRetention(
            journalBefore: now.advanced(by: .seconds(5)), auditBefore: now.advanced(by: .seconds(2)),
            lettersBefore: now.advanced(by: .seconds(5)))
        var steps: [Int] = []
        repeat { steps.append(try await store.enforceRetention(limits, batch: 3)) } while steps.last != 0
        try requireEqual(steps, [3, 1, 0], "in small steps")
        try requireEqual(try await store.journal(JournalQuery()).map(\.text), ["8", "3"], "audits live longer")
        let left = try await store.deadLetters(DeadLetterQuery()).letters.compactMap(\.number)
        try requireEqual(left, [numbers[3], numbers[2]], "a pending letter stays, however old")
        let counts = try await store.deadLetterCounts()
        try requireEqual(counts.map(\.state), [.discarded, .pending], "states that are left")
        try requireEqual(counts.map(\.count), [1, 1], "counts")
        try requireEqual(counts.map(\.newest), [9, 3].map { now.advanced(by: .seconds($0)) }, "newest")
        _ = try await store.add([letter(20)])
        let fresh = try await store.deadLetters(DeadLetterQuery()).letters.first?.number ?? 0
        try requireEqual(fresh > numbers[3], true, "numbers are not given twice")
    }

    private static func outcomes(_ store: any RecordStore) async throws {
        try requireEqual(try await store.outcome(ofCommand: "k"), nil, "before")
        let done = CommandOutcome.done(sentence: hostile, affected: 3)
        try await store.record(outcome: done, ofCommand: "k", at: now)
        try await store.record(outcome: .refused(sentence: "late"), ofCommand: "k", at: now)
        try requireEqual(try await store.outcome(ofCommand: "k"), done, "the first outcome")
    }

    private static func leases(_ store: any RecordStore) async throws {
        func claim(_ owner: String, _ second: Int64) async throws -> Bool {
            try await store.claim(
                lease: "nightly", owner: owner, now: now.advanced(by: .seconds(second)), duration: .seconds(30))
        }
        try requireEqual(try await claim("a", 0), true, "free")
        try requireEqual(try await claim("b", 10), false, "held")
        try requireEqual(try await claim("a", 20), true, "renewed")
        try requireEqual(try await claim("b", 40), false, "still held, for it was renewed")
        try requireEqual(try await claim("b", 50), true, "expired")
        try requireEqual(try await claim("a", 51), false, "another's now")
    }
}
