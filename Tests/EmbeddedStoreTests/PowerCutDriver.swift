import EmbeddedStore
import EnergyModel
import Foundation
import Ports
import Testing

/// The program under the power-cut shim (scripts/powercut/selftest): one test writes and tells a witness file what it was
/// acknowledged, the other checks a directory rebuilt after a cut against the witness. Both run only when asked to.
@Suite("Power cuts", .enabled(if: environment("POWERCUT_STORE") != nil))
struct PowerCutDriver {
    private let path = environment("POWERCUT_STORE") ?? ""
    private let witness = Witness(path: (environment("POWERCUT_STORE") ?? "") + "/acknowledged.marker")

    private func open() async throws -> EmbeddedStore {
        var options = EmbeddedStoreOptions()
        options.partitions = 3
        options.synchronous = environment("POWERCUT_SYNCHRONOUS").flatMap { .init(rawValue: $0) } ?? .full
        return try await EmbeddedStore.open(directory: path, options: options) { testNow }
    }

    @Test("write", .enabled(if: environment("POWERCUT_ROLE") == "write"))
    func write() async throws {
        let store = try await open()
        let consumer = try await store.log.consumer(of: .sensorReadings, group: "aggregation")
        for round in 0..<60 {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for part in 0..<4 {
                    tasks.addTask { try await append(round * 4 + part, to: store) }
                }
                try await tasks.waitForAll()
            }
            while let batch = try await consumer.next(items: 1000, wait: .zero) {
                try await aggregate(batch, into: store)
                try await consumer.acknowledge(batch)
                try witness.tell("committed \(batch.partition.index) \(batch.nextOffset)")
            }
            if round % 10 == 9 {
                _ = try await store.log.enforceRetention(
                    of: .sensorReadings, olderThan: .distantPast, maximumBytes: 600_000, evenUnconsumed: false)
                try await store.series.compact()
            }
        }
    }

    private func append(_ number: Int, to store: EmbeddedStore) async throws {
        let readings = (0..<100).map { reading(number, $0) }
        let record = LogRecord(
            key: "F-\(number % 7)", value: ReadingBlock.encode(readings), headers: ["number": String(number)],
            time: testNow,
            items: readings.count)
        try await store.log.append([record], to: .sensorReadings)
        try witness.tell("appended \(number)")
        let note = JournalEntry(at: testNow, kind: .note, actor: "a", subject: "s", text: "n\(number)")
        try await store.records.append([note])
        try witness.tell("noted \(number)")
    }

    private func reading(_ number: Int, _ slot: Int) -> Reading {
        Reading(
            time: testNow.advanced(by: .seconds(15 * slot)), meter: MeterNumber(rawValue: UInt32(number)),
            facility: FacilityNumber(rawValue: 1), kilowatts: Double(slot))
    }

    private func aggregate(_ batch: LogBatch, into store: EmbeddedStore) async throws {
        var write = SeriesWrite()
        for stored in batch.records { write.readings += try ReadingBlock.decode(stored.record.value) }
        write.processed = [batch.partition: batch.nextOffset]
        try await store.series.write(write)
        for stored in batch.records {
            try witness.tell("stored \(stored.record.headers["number"] ?? "?")")
        }
    }

    @Test("check", .enabled(if: environment("POWERCUT_ROLE") == "check"))
    func check() async throws {
        let store = try await open()
        let faults = try await store.integrityFaults()
        #expect(faults.isEmpty)
        let seen = try witness.facts()
        let noted = Set(try await store.records.journal(JournalQuery(limit: 10_000)).map(\.text))
        let series = try await store.series.progress()
        for lag in try await store.log.lag(of: .sensorReadings, group: "aggregation") {
            // I4: what is committed is stored; what was told to be committed still is.
            #expect(lag.committedOffset <= series.processed[lag.partition] ?? 0)
            let told = seen.committed[lag.partition.index] ?? 0
            #expect(lag.committedOffset >= told)
        }
        var kept: Set<Int> = []
        let consumer = try await store.log.consumer(of: .sensorReadings, group: "checker")
        while let batch = try await consumer.next(items: 10_000, wait: .zero) {
            kept.formUnion(batch.records.compactMap { $0.record.headers["number"].flatMap { Int($0) } })
            try await consumer.acknowledge(batch)
        }
        for number in seen.noted where !noted.contains("n\(number)") { Issue.record("note \(number) is lost") }
        for number in seen.stored {
            let range = TimeRange(start: testNow, end: testNow.advanced(by: .seconds(86_400)))
            let found = try await store.series.readings(
                of: MeterNumber(rawValue: UInt32(number)), in: range, limit: 1000)
            if found.count != 100 { Issue.record("readings of \(number): \(found.count) of 100 are left") }
        }
        for number in seen.appended where !kept.contains(number) && !seen.stored.contains(number) {
            Issue.record("record \(number) is lost")
        }
    }
}

/// What the outside world was told, line by line.
private struct Witness {
    struct Facts {
        var appended: Set<Int> = []
        var noted: Set<Int> = []
        var stored: Set<Int> = []
        var committed: [Int: Int64] = [:]
    }

    let path: String

    func tell(_ line: String) throws {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
        defer { close(descriptor) }
        let bytes = Array((line + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw CocoaError(.fileWriteUnknown) }
    }

    func facts() throws -> Facts {
        var facts = Facts()
        guard FileManager.default.fileExists(atPath: path) else { return facts }
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 2, let number = Int(words[1]) else { continue }
            switch words[0] {
            case "appended": facts.appended.insert(number)
            case "noted": facts.noted.insert(number)
            case "stored": facts.stored.insert(number)
            default: facts.committed[number] = max(Int64(words[2]) ?? 0, facts.committed[number] ?? 0)
            }
        }
        return facts
    }
}

func environment(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }
