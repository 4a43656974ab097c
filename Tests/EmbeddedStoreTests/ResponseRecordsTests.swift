import EmbeddedStore
import EnergyModel
import Foundation
import GRDB
import Ports
import SwitchyardTesting
import Testing

@Suite("Demand-response records in SQLite")
struct ResponseRecordsTests {
    private func history(_ name: String, _ seed: UInt64) throws -> RandomHistory {
        RandomHistory(event: try #require(DREventID(name)), seed: seed)
    }

    private func code(_ body: () async throws -> Void) async -> PortError.Code? {
        do {
            try await body()
            return nil
        } catch let error as PortError {
            return error.code
        } catch {
            Issue.record("an error of another type: \(error)")
            return nil
        }
    }

    /// Everything a store tells, but its errors.
    private func picture(_ store: any ResponseRecords, _ names: [DREventID]) async throws -> [String] {
        var lines = [
            String(describing: try await store.events(EventQuery(limit: 999))),
            String(describing: try await store.events(EventQuery(scope: .open, facility: FacilityID("F-2")))),
            String(describing: try await store.commands(of: nil)),
            String(describing: try await store.pendingNotices(limit: 9999)),
            String(describing: try await store.reports(of: nil, after: 0, limit: 999)),
        ]
        for name in names {
            lines.append(String(describing: try await store.transitions(of: name, after: 0, limit: 9999)))
            lines.append(String(describing: try await store.commands(of: name)))
            lines.append(String(describing: try await store.document(of: name)))
        }
        return lines
    }

    @Test(
        "it does what the store in memory does, also when it refuses, and after a kill",
        arguments: 0..<4 as Range<UInt64>)
    func twin(seed: UInt64) async throws {
        let place = try StorePlace()
        let (memory, embedded) = (MemoryResponseRecords(), try await place.open().records)
        var random = SplitMix64(seed: seed)
        var histories = [try history("a", seed), try history("b", seed + 100), try history("C", seed + 200)]
        let names = histories.map(\.event)
        for step in 0..<20 {
            let index = Int(random.next() % 3)
            let next = histories[index].next(Int(random.next() % 6))
            let event = histories[index].nextEvent(isSettled: random.next() % 4 == 0)
            let document = random.next() % 2 == 0 ? EventDocument(body: [UInt8(step)], receivedAt: testNow) : nil
            // A wrong one first now and then: its refusal must leave no trace.
            let isForked = random.next() % 4 == 0
            let wrong = isForked ? next + next.prefix(1) : next
            let isPut = random.next() % 4 == 0
            for store in [memory as any ResponseRecords, embedded] {
                if isPut { _ = try await store.put(event, document: document) }
                let refusal = await code { try await store.append(wrong, of: event) }
                #expect(refusal == (isForked && !next.isEmpty ? .superseded : nil))
                if refusal != nil { try await store.append(next, of: event) }
                try await store.markDone(try await store.pendingNotices(limit: 2).map(\.id))
            }
        }
        let expected = try await picture(memory, names)
        #expect(try await picture(embedded, names) == expected)
        // A process that was killed closes nothing: another opens the same files.
        let reopened = try await place.open().records
        #expect(try await picture(reopened, names) == expected)
    }

    @Test("text columns hold text, and what has a NUL in it whole, as bytes")
    func wholeText() async throws {
        let place = try StorePlace()
        let store = try await place.open().records
        for seed in 0..<4 as Range<UInt64> {
            var history = try history("e-\(seed)", seed)
            try await store.append(history.next(60), of: history.nextEvent())
            _ = try await store.put(
                (0..<9).map { _ in history.nextPoint() }, of: #require(FacilityID("F")), readAt: testNow)
        }
        let names = ["dr_events", "dr_event_transitions", "dr_notices", "bms_commands", "building_points"]
        try await DatabaseQueue(path: place.file("records.sqlite")).read { database in
            var withNUL = 0
            for table in names {
                let columns = try database.columns(in: table).filter { $0.type == "TEXT" }.map(\.name)
                #expect(!columns.isEmpty)
                for column in columns {
                    let rows = try Row.fetchAll(
                        database,
                        sql: """
                            SELECT typeof(\(column)), instr(CAST(\(column) AS BLOB), x'00') > 0 FROM \(table)
                            """)
                    for row in rows {
                        let (type, hasNUL): (String, Bool) = (row[0], row[1] ?? false)
                        #expect(type == "null" || type == (hasNUL ? "blob" : "text"), "\(table).\(column)")
                        withNUL += hasNUL ? 1 : 0
                    }
                }
            }
            #expect(withNUL > 20)
        }
    }

    @Test("what is no number is refused, and nothing of it is stored")
    func notFinite() async throws {
        let place = try StorePlace()
        let store = try await place.open().records
        var history = try history("e", 1)
        let good = history.next(2)
        for figure in [Double.nan, .infinity] {
            var event = history.nextEvent()
            event.achieved = Power(kilowatts: figure)
            let odd = event
            #expect(await code { _ = try await store.put(odd, document: nil) } == .invalid)
            #expect(await code { try await store.append(good, of: odd) } == .invalid)
            var transition = good[0]
            transition.notices = [
                .discrepancy(try #require(FacilityID("F")), recorded: .zero, measured: Power(kilowatts: figure))
            ]
            let (sane, bad) = (history.nextEvent(), transition)
            #expect(await code { try await store.append([bad], of: sane) } == .invalid)
        }
        #expect(try await store.events(EventQuery()).isEmpty)
        #expect(try await store.pendingNotices(limit: 9).isEmpty)
    }

    @Test("no room is .full, stores nothing of the transaction, and the same goes through once there is room")
    func full() async throws {
        let place = try StorePlace()
        let store = try await place.open()
        var history = try history("e", 3)
        let (first, event) = (history.next(3), history.nextEvent())
        try await store.records.append(first, of: event)
        let more = history.next(400)
        try await store.limitPages(of: "records.sqlite", to: 60)
        #expect(await code { try await store.records.append(more, of: event) } == .full)
        #expect(try await store.records.transitions(of: event.id, after: 0, limit: 999) == first)
        try await store.limitPages(of: "records.sqlite", to: 1_000_000)
        try await store.records.append(more, of: event)
        #expect(try await store.records.transitions(of: event.id, after: 0, limit: 999) == first + more)
    }

    @Test("of many who append at once the refused one takes back its own and nobody else's")
    func together() async throws {
        let place = try StorePlace()
        let store = try await place.open().records
        let memory = MemoryResponseRecords()
        let names = try (0..<90).map { try #require(DREventID("e-\($0)")) }
        let refused = try await withThrowingTaskGroup(of: Int.self) { group in
            for (number, name) in names.enumerated() {
                var history = RandomHistory(event: name, seed: UInt64(number))
                let (good, event) = (history.next(5), history.nextEvent())
                var wrong = good
                switch number % 3 {
                case 0: wrong.append(good[1])
                case 1:
                    wrong[4].change = .command(
                        try #require(FacilityID("F-0")), sequence: 999, CommandProgress(phase: .failed))
                default: break
                }
                let transitions = wrong
                group.addTask {
                    let isRefused = await code { try await store.append(transitions, of: event) } != nil
                    #expect(isRefused == (number % 3 != 2))
                    if !isRefused { try await memory.append(good, of: event) }
                    return isRefused ? 1 : 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(refused == 60)
        #expect(try await store.events(EventQuery(limit: 99)) == memory.events(EventQuery(limit: 99)))
        for name in names {
            let expected = try await memory.transitions(of: name, after: 0, limit: 99)
            #expect(try await store.transitions(of: name, after: 0, limit: 99) == expected)
            #expect(try await store.commands(of: name) == memory.commands(of: name))
        }
    }

    @Test("open commands are found through the index of open events, and none is sorted among other events' ones")
    func queryPlan() async throws {
        let place = try StorePlace()
        _ = try await place.open()
        let steps = try await DatabaseQueue(path: place.file("records.sqlite")).read { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(openCommandsSQL)").map { $0["detail"] as String }
        }
        #expect(steps.count == 3)
        #expect(steps.first?.contains("USING INDEX dr_events_open") == true, "\(steps)")
        #expect(steps.dropFirst().first?.contains("USING PRIMARY KEY (event=?)") == true, "\(steps)")
        #expect(steps.last?.contains("RIGHT PART OF ORDER BY") == true, "\(steps)")
    }

    @Test("who gave lately is found through the index of windows and the key of commands")
    func shedsPlan() async throws {
        let place = try StorePlace()
        _ = try await place.open()
        let steps = try await DatabaseQueue(path: place.file("records.sqlite")).read { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(shedsSQL)", arguments: [0, 1])
                .map { $0["detail"] as String }
        }
        #expect(steps.contains { $0.contains("dr_events_by_window (window_start>?)") }, "\(steps)")
        #expect(steps.contains { $0.contains("USING PRIMARY KEY (event=?)") }, "\(steps)")
        #expect(!steps.contains { $0.contains("ORDER BY") }, "\(steps)")
    }

    @Test("transitions and reports can be neither changed nor removed")
    func appendOnly() async throws {
        let place = try StorePlace()
        let store = try await place.open().records
        var history = try history("e", 3)
        try await store.append(history.next(3), of: history.nextEvent())
        try await store.append(
            ParticipationRecord(
                event: history.event, facility: #require(FacilityID("F")), version: 1, at: testNow, body: "{}",
                previousHash: nil, hash: "sha256:0"))
        let outside = try DatabaseQueue(path: place.file("records.sqlite"))
        for sql in [
            "UPDATE dr_event_transitions SET reason = ''", "DELETE FROM dr_event_transitions",
            "UPDATE participation_reports SET body = ''", "DELETE FROM participation_reports",
        ] {
            #expect(throws: DatabaseError.self) { try outside.write { try $0.execute(sql: sql) } }
        }
    }

    @Test("the way back to the schema before keeps facilities, and up again is empty of events")
    func wayBack() async throws {
        let database = try DatabaseQueue()
        try await database.writeWithoutTransaction { database in
            try Schema.records.migrate(database)
            try database.execute(
                sql: """
                    INSERT INTO facilities VALUES (1, 'F', 'n', 'hospital', 'west', 'UTC', NULL, NULL, 1, 52.5, 13.4);
                    INSERT INTO dr_events VALUES ('e', 'dr', NULL, 'p', '', NULL, 'json', 0, 1, 'active', 1, 0, 0, 0, 0,
                        NULL, NULL, NULL, NULL, NULL);
                    INSERT INTO dr_event_transitions VALUES (1, 'e', 1, 'a', 'b', 0, 'engine', NULL, 'r', '{}', NULL);
                    """)
            try Schema.records.revert(database, to: 2)
            try Schema.records.migrate(database)
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM facilities") == 1)
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM dr_events") == 0)
        }
    }
}
