import EnergyModel
import Ports

/// What every event log does. Each case wants an empty log.
package enum EventLogContract {
    package static let cases: [ContractCase<any EventLog>] = [
        ContractCase("records come back as they were appended") { try await recordsComeBack($0) },
        ContractCase("order is kept inside a partition") { try await orderIsKept($0) },
        ContractCase("what is not acknowledged comes again to the next consumer") { try await comesAgain($0) },
        ContractCase("a rewind brings back what is not acknowledged and refuses old batches") { try await rewinds($0) },
        ContractCase("a second consumer supersedes the first") { try await supersedes($0) },
        ContractCase("acknowledging a batch acknowledges those before it") { try await acknowledgesInOrder($0) },
        ContractCase("at most 512 batches are unacknowledged") { try await boundsUnacknowledged($0) },
        ContractCase("lag counts items, bytes and the oldest") { try await lags($0) },
        ContractCase("a consumer may start below its committed offset, never above") { try await startsLower($0) },
        ContractCase("retention keeps what a group needs") { try await retainsUnconsumed($0) },
        ContractCase("retention ages by the moment of appending, not by event time") { try await agesByAppend($0) },
        ContractCase("retention by bytes drops the oldest, even unconsumed when told") { try await retainsByBytes($0) },
        ContractCase("what no group has come for yet is unconsumed") { try await awaitsItsGroup($0) },
        ContractCase("groups and topics do not see each other") { try await separates($0) },
        ContractCase("a waiting consumer wakes when a record comes") { try await wakes($0) },
        ContractCase("a record without items is refused") { try await refusesEmpty($0) },
    ]

    private static let topic = Topic.sensorReadings
    private static let start = UTCInstant(seconds: 1_790_000_000)

    private static func record(_ key: String, _ number: Int, items: Int = 1, minute: Int64 = 0) -> LogRecord {
        LogRecord(
            key: key, value: [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)],
            time: start.advanced(by: .seconds(60 * minute)), items: items)
    }

    /// Everything there is, acknowledged or not.
    private static func drain(
        _ consumer: any LogConsumer, items: Int = 100, acknowledging: Bool = true
    ) async throws -> [StoredRecord] {
        var all: [StoredRecord] = []
        while let batch = try await consumer.next(items: items, wait: .zero) {
            all += batch.records
            if acknowledging { try await consumer.acknowledge(batch) }
        }
        return all
    }

    private static func recordsComeBack(_ log: any EventLog) async throws {
        let hostile = "né \u{0} ';--\n\u{202E}\u{1F600}"
        let record = LogRecord(
            key: "F-1", value: Array(0...255), headers: ["traceparent": "00-1", "": "", hostile: hostile], time: start,
            items: 3)
        let empty = LogRecord(key: "", value: [], time: UTCInstant(milliseconds: -5))
        try await log.append([record, empty], to: topic)
        let found = try await drain(try await log.consumer(of: topic, group: "g"))
        try requireEqual(Set(found.map(\.record)), [record, empty], "both records, byte for byte")
    }

    private static func orderIsKept(_ log: any EventLog) async throws {
        for round in 0..<10 {
            try await log.append((0..<20).map { record("F-\($0 % 4)", round * 20 + $0, items: 2) }, to: topic)
        }
        let consumer = try await log.consumer(of: topic, group: "g")
        var next: [Partition: Int64] = [:]
        var lastByKey: [String: Int] = [:]
        var count = 0
        while let batch = try await consumer.next(items: 7, wait: .zero) {
            try require(batch.items <= 7, "a batch holds about as many items as asked for")
            for stored in batch.records {
                try requireEqual(stored.offset, next[batch.partition] ?? 0, "offsets count items without holes")
                next[batch.partition] = stored.endOffset
                let number = Int(stored.record.value[0]) + Int(stored.record.value[1]) << 8
                try require(number > lastByKey[stored.record.key] ?? -1, "the order of appending")
                lastByKey[stored.record.key] = number
                count += 1
            }
            try await consumer.acknowledge(batch)
        }
        try requireEqual(count, 200, "every record once")
    }

    private static func comesAgain(_ log: any EventLog) async throws {
        try await log.append([record("A", 1), record("A", 2)], to: topic)
        let first = try await log.consumer(of: topic, group: "g")
        let batch = try await first.next(items: 1, wait: .zero)
        try requireEqual(batch?.records.count, 1, "one item asked for")
        await first.close()
        let again = try await drain(try await log.consumer(of: topic, group: "g"))
        try requireEqual(again.map(\.offset), [0, 1], "from the committed offset")
    }

    private static func rewinds(_ log: any EventLog) async throws {
        try await log.append((0..<3).map { record("A", $0) }, to: topic)
        let consumer = try await log.consumer(of: topic, group: "g")
        guard let kept = try await consumer.next(items: 1, wait: .zero),
            let lost = try await consumer.next(items: 1, wait: .zero)
        else { throw ContractViolation(description: "two batches expected") }
        try await consumer.acknowledge(kept)
        try await consumer.rewind()
        try await requireCode(.superseded) { try await consumer.acknowledge(lost) }
        try requireEqual(try await drain(consumer).map(\.offset), [1, 2], "what was not acknowledged")
    }

    private static func supersedes(_ log: any EventLog) async throws {
        try await log.append([record("A", 0)], to: topic)
        let first = try await log.consumer(of: topic, group: "g")
        guard let batch = try await first.next(items: 1, wait: .zero) else {
            throw ContractViolation(description: "a batch expected")
        }
        let second = try await log.consumer(of: topic, group: "g")
        try await requireCode(.superseded) { try await first.acknowledge(batch) }
        try requireEqual(try await drain(second).count, 1, "the record comes to the second")
    }

    private static func acknowledgesInOrder(_ log: any EventLog) async throws {
        try await log.append((0..<3).map { record("A", $0) }, to: topic)
        let consumer = try await log.consumer(of: topic, group: "g")
        _ = try await consumer.next(items: 1, wait: .zero)
        guard let second = try await consumer.next(items: 1, wait: .zero) else {
            throw ContractViolation(description: "a batch expected")
        }
        try await consumer.acknowledge(second)
        try await consumer.rewind()
        try requireEqual(try await drain(consumer).map(\.offset), [2], "both are acknowledged")
    }

    private static func boundsUnacknowledged(_ log: any EventLog) async throws {
        try await log.append((0..<520).map { record("A", $0) }, to: topic)
        let consumer = try await log.consumer(of: topic, group: "g")
        var batches: [LogBatch] = []
        while let batch = try await consumer.next(items: 1, wait: .zero) { batches.append(batch) }
        try requireEqual(batches.count, 512, "batches before the bound")
        try await consumer.acknowledge(batches[0])
        try require(try await consumer.next(items: 1, wait: .zero) != nil, "room for one more after an acknowledgement")
        try require(try await consumer.next(items: 1, wait: .zero) == nil, "and for no other")
    }

    private static func lags(_ log: any EventLog) async throws {
        try requireEqual(try await log.lag(of: topic, group: "g").count, 0, "partitions of an empty topic")
        let records = (0..<4).map { record("A", $0, items: 5) }
        try await log.append(records, to: topic)
        let size = records[0].storedBytes
        try requireEqual(try await log.storedBytes(of: topic), 4 * size, "stored bytes")
        let before = try await log.lag(of: topic, group: "g")
        try requireEqual(before.map(\.items), [20], "items")
        try requireEqual(before.map(\.unconsumedBytes), [4 * size], "bytes")
        try require(before.first?.oldestUnconsumed != nil, "the oldest is known")
        let consumer = try await log.consumer(of: topic, group: "g")
        guard let batch = try await consumer.next(items: 5, wait: .zero) else {
            throw ContractViolation(description: "a batch expected")
        }
        try await consumer.acknowledge(batch)
        let after = try await log.lag(of: topic, group: "g")
        try requireEqual(after.map(\.items), [15], "items after an acknowledgement")
        try requireEqual(after.map(\.unconsumedBytes), [3 * size], "bytes after an acknowledgement")
        _ = try await drain(consumer)
        let done = try await log.lag(of: topic, group: "g")
        try requireEqual(done.map(\.items), [0], "items at the end")
        try require(done.allSatisfy { $0.oldestUnconsumed == nil && $0.unconsumedBytes == 0 }, "nothing is unconsumed")
    }

    private static func startsLower(_ log: any EventLog) async throws {
        try await log.append((0..<6).map { record("A", $0) }, to: topic)
        let first = try await log.consumer(of: topic, group: "g")
        guard let batch = try await first.next(items: 4, wait: .zero) else {
            throw ContractViolation(description: "a batch expected")
        }
        try await first.acknowledge(batch)
        let lower = try await log.consumer(of: topic, group: "g", startingAt: [batch.partition: 2])
        try requireEqual(
            try await drain(lower, acknowledging: false).map(\.offset), [2, 3, 4, 5], "from the lower offset")
        try requireEqual(
            try await log.lag(of: topic, group: "g").map(\.committedOffset), [4], "the committed offset stays")
        let higher = try await log.consumer(of: topic, group: "g", startingAt: [batch.partition: 6])
        try requireEqual(try await drain(higher).map(\.offset), [4, 5], "from the committed offset")
    }

    private static func retainsUnconsumed(_ log: any EventLog) async throws {
        try await log.append((0..<4).map { record("A", $0, minute: Int64($0)) }, to: topic)
        let consumer = try await log.consumer(of: topic, group: "g")
        guard let batch = try await consumer.next(items: 1, wait: .zero) else {
            throw ContractViolation(description: "a batch expected")
        }
        try await consumer.acknowledge(batch)
        let limit = try await afterAppending(log)
        let outcome = try await log.enforceRetention(
            of: topic, olderThan: limit, maximumBytes: .max, evenUnconsumed: false)
        try requireEqual(outcome.droppedItems, 1, "only what is acknowledged")
        try requireEqual(outcome.droppedUnconsumedItems, 0, "nothing unconsumed")
        let hard = try await log.enforceRetention(of: topic, olderThan: limit, maximumBytes: .max, evenUnconsumed: true)
        try requireEqual([hard.droppedItems, hard.droppedUnconsumedItems], [3, 3], "what is old, even unconsumed")
        try requireEqual(
            hard.remainingBytes, try await log.storedBytes(of: topic), "remaining bytes are the stored bytes")
        try await log.append([record("A", 4)], to: topic)
        let rest = try await drain(try await log.consumer(of: topic, group: "g"))
        try requireEqual(rest.map(\.offset), [4], "offsets stay; reading goes on at the oldest kept")
    }

    /// Just after the moment the oldest unconsumed record was appended at.
    private static func afterAppending(_ log: any EventLog) async throws -> UTCInstant {
        guard let appended = try await log.lag(of: topic, group: "g").compactMap(\.oldestUnconsumed).min() else {
            throw ContractViolation(description: "the oldest unconsumed record expected")
        }
        return appended.advanced(by: .milliseconds(1))
    }

    private static func agesByAppend(_ log: any EventLog) async throws {
        let month: Int64 = 30 * 24 * 60
        try await log.append([record("A", 0, minute: -month), record("A", 1, minute: month)], to: topic)
        let after = try await afterAppending(log)
        let early = try await log.enforceRetention(
            of: topic, olderThan: after.advanced(by: .milliseconds(-1)), maximumBytes: .max, evenUnconsumed: true)
        try requireEqual(early.droppedItems, 0, "a back-filled record is as young as its appending")
        let late = try await log.enforceRetention(
            of: topic, olderThan: after, maximumBytes: .max, evenUnconsumed: true)
        try requireEqual(late.droppedItems, 2, "a record from the future ages like the others")
    }

    private static func retainsByBytes(_ log: any EventLog) async throws {
        let records = (0..<6).map { record("A", $0) }
        for record in records { try await log.append([record], to: topic) }
        let size = records[0].storedBytes
        _ = try await log.consumer(of: topic, group: "g")
        let soft = try await log.enforceRetention(
            of: topic, olderThan: .distantPast, maximumBytes: 2 * size, evenUnconsumed: false)
        try requireEqual(soft.droppedItems, 0, "nothing while it is unconsumed")
        let hard = try await log.enforceRetention(
            of: topic, olderThan: .distantPast, maximumBytes: 2 * size, evenUnconsumed: true)
        try requireEqual([hard.droppedItems, hard.droppedUnconsumedItems], [4, 4], "down to the cap, no further")
        try requireEqual(try await log.storedBytes(of: topic), 2 * size, "stored bytes at the cap")
    }

    private static func awaitsItsGroup(_ log: any EventLog) async throws {
        try await log.append([record("A", 0), record("A", 1)], to: topic)
        let soft = try await log.enforceRetention(
            of: topic, olderThan: .distantPast, maximumBytes: 0, evenUnconsumed: false)
        try requireEqual(soft.droppedItems, 0, "its group may yet come")
        let hard = try await log.enforceRetention(
            of: topic, olderThan: .distantPast, maximumBytes: 0, evenUnconsumed: true)
        try requireEqual([hard.droppedItems, hard.droppedUnconsumedItems], [2, 2], "told as unconsumed")
    }

    private static func separates(_ log: any EventLog) async throws {
        let other = Topic("other'topic\u{7}")
        try await log.append([record("A", 1)], to: topic)
        try await log.append([record("A", 2), record("A", 3)], to: other)
        let one = try await drain(try await log.consumer(of: topic, group: "one"))
        let two = try await drain(try await log.consumer(of: topic, group: "two'; DROP"))
        let three = try await drain(try await log.consumer(of: other, group: "one"))
        try requireEqual([one.count, two.count, three.count], [1, 1, 2], "each group of each topic reads all of it")
    }

    private static func wakes(_ log: any EventLog) async throws {
        let consumer = try await log.consumer(of: topic, group: "g")
        try await withThrowingTaskGroup(of: Int.self) { tasks in
            tasks.addTask { try await consumer.next(items: 10, wait: .seconds(30))?.items ?? 0 }
            tasks.addTask {
                try await log.append([record("A", 1)], to: topic)
                return 1
            }
            for try await count in tasks { try requireEqual(count, 1, "the record reaches the waiting consumer") }
        }
    }

    private static func refusesEmpty(_ log: any EventLog) async throws {
        try await requireCode(.invalid) { try await log.append([record("A", 1, items: 0)], to: topic) }
    }
}

/// Throws unless `body` throws a `PortError` of this code.
func requireCode(_ code: PortError.Code, line: UInt = #line, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as PortError {
        return try requireEqual(error.code, code, "the error's code", line: line)
    }
    throw ContractViolation(description: "line \(line): an error \(code) expected")
}
