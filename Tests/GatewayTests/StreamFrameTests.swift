import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import GatewayWire

@Suite("A snapshot as its difference from another")
struct StreamFrameTests {
    @Test("what comes out is what went in, over any base and over none", arguments: UInt64(1)...12)
    func exact(seed: UInt64) throws {
        var story = RandomSnapshot(seed: seed, facilities: 20)
        var known: [OperatorSnapshot?] = [nil]
        for _ in 0..<25 {
            let snapshot = story.snapshot
            for base in known.suffix(3) {
                let frame = try SnapshotFrame.encode(snapshot, over: base)
                #expect(try SnapshotFrame.decode(frame, over: base) == snapshot)
            }
            known.append(snapshot)
            story.change()
        }
    }

    @Test("a snapshot over itself is a few bytes")
    func nothing() throws {
        let snapshot = RandomSnapshot(seed: 3, facilities: 200).snapshot
        #expect(try SnapshotFrame.encode(snapshot, over: snapshot).count < 8)
    }

    @Test("every field has a column, so that none is forgotten")
    func columns() {
        func fields(_ value: some Any) -> Int { Mirror(reflecting: value).children.count }
        func check<Row>(_ codec: RecordCodec<Row>) {
            #expect(fields(codec.blank) == codec.columns.count, "\(Row.self)")
            #expect(Set(codec.columns.map(\.number)).count == codec.columns.count, "\(Row.self)")
        }
        check(RecordCodec<OperatorSnapshot>.snapshot)
        check(RecordCodec<FacilitySnapshot>.facility)
        check(RecordCodec<FacilityResponse>.response)
        check(RecordCodec<ForecastBrief>.brief)
        check(RecordCodec<HealthSnapshot>.health)
        check(RecordCodec<DependencyStatus>.dependency)
        check(RecordCodec<BreakerStatus>.breaker)
        check(RecordCodec<QueueStatus>.queue)
        check(RecordCodec<FeedStatus>.feed)
        check(RecordCodec<PartitionStatus>.partition)
        check(RecordCodec<RateStatus>.rate)
        check(RecordCodec<LatencyStatus>.latency)
        check(RecordCodec<CounterStatus>.counter)
    }

    @Test("a reader passes over columns of a later version")
    func laterColumns() throws {
        let later = RecordCodec(
            blank: CounterStatus(name: "", value: 0),
            [Column(1, \.name, .text), Column(9, \.name, .text), Column(2, \.value, .integer)])
        var writer = WireWriter()
        let row = CounterStatus(name: "readings", value: 7)
        try later.record.write(row, later.blank, &writer)
        var reader = WireReader(writer.bytes[...])
        let codec = RecordCodec<CounterStatus>.counter
        #expect(try codec.record.read(codec.blank, &reader) == row)
    }

    @Test("bytes that are no frame are refused and never trap", arguments: UInt64(1)...40)
    func hostile(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let base = RandomSnapshot(seed: 5, facilities: 5).snapshot
        var story = RandomSnapshot(seed: 5, facilities: 5)
        story.change()
        let frame = try SnapshotFrame.encode(story.snapshot, over: base)
        for _ in 0..<40 {
            var broken = frame
            for _ in 0..<(1 + random.next() % 3) {
                broken[Int(random.next() % UInt64(broken.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            broken.removeLast(Int(random.next() % 4))
            // Whatever it says, it says it without a trap; most of it is refused.
            _ = try? SnapshotFrame.decode(broken, over: base)
        }
        #expect(throws: (any Error).self) { try SnapshotFrame.decode([0xFF, 0xFF, 0xFF, 0xFF, 0x7F], over: base) }
        #expect(throws: (any Error).self) { try SnapshotFrame.decode(Array(frame.dropLast(3)), over: base) }
    }

    @Test("1,000 facilities with a reading every 15 s are at most 4 kB a second")
    func budget() throws {
        var fleet = RestingFleet(facilities: 1000)
        var (bytes, first) = (0, 0)
        var last = fleet.snapshot
        first = try event(last, over: nil).count
        for _ in 0..<60 {
            fleet.second()
            let event = try event(fleet.snapshot, over: last)
            bytes += event.count
            last = fleet.snapshot
        }
        #expect(bytes / 60 <= 4000, "\(bytes / 60) bytes a second")
        #expect(first < 1 << 20, "\(first) bytes at first")
        print("operator view: \(bytes / 60) bytes a second, \(first) bytes at first")
    }

    private func event(_ snapshot: OperatorSnapshot, over base: OperatorSnapshot?) throws -> [UInt8] {
        let frame = try SnapshotFrame.encode(snapshot, over: base)
        return ServerSentEvent(
            id: StreamPosition(epoch: .max, tick: 123_456).text, name: SnapshotEvent.name,
            data: SnapshotEvent(base: 123_455, frame: frame).data
        ).bytes
    }
}

/// A fleet on an ordinary afternoon: each building's meters report every 15 s, one after another; each minute its window
/// closes; health moves as a running engine's does.
struct RestingFleet {
    private(set) var snapshot: OperatorSnapshot
    private var random = SplitMix64(seed: 11)
    private var seconds = 0

    init(facilities: Int) {
        var story = RandomSnapshot(seed: 2, facilities: facilities)
        story.change()
        snapshot = story.snapshot
        snapshot.openEvents = []
        for index in snapshot.facilities.indices {
            snapshot.facilities[index].load = Power(kilowatts: 400)
            snapshot.facilities[index].lastHour = (0..<60).map { _ in 400 + Float(random.next() % 1000) / 100 }
        }
        snapshot.health.rates = (0..<12).map {
            RateStatus(name: "rate.\($0)", perSecond: 0, history: Array(repeating: 0, count: 60))
        }
        snapshot.health.latencies = (0..<10).map {
            LatencyStatus(name: "latency.\($0)", p50Milliseconds: 1, p99Milliseconds: 2, maxMilliseconds: 3, count: 0)
        }
        snapshot.health.counters = (0..<40).map { CounterStatus(name: "counter.\($0)", value: 0) }
        snapshot.health.partitions = (0..<32).map {
            PartitionStatus(
                topic: "sensor-readings", group: "aggregation", index: $0, lag: 0, endOffset: 0,
                secondsToRetentionLoss: nil)
        }
        snapshot.health.dependencies = (0..<8).map {
            DependencyStatus(name: "dependency-\($0)", state: .up, detail: "answers", checkedAt: snapshot.at)
        }
    }

    mutating func second() {
        seconds += 1
        snapshot.at = snapshot.at.advanced(by: .seconds(1))
        snapshot.sequence += 1
        for index in snapshot.facilities.indices where index % 15 == seconds % 15 {
            let meters = (0..<6).map { _ in Double(Float(60 + Double(random.next() % 10_000) / 1000)) }
            snapshot.facilities[index].load = Power(kilowatts: meters.reduce(0, +))
            snapshot.facilities[index].newest = snapshot.at.advanced(by: .milliseconds(-Int64(random.next() % 900)))
            if index % 7 == 0 { snapshot.facilities[index].qualityShare = Double(random.next() % 60) / 60 }
        }
        if seconds % 60 == 30 {
            for index in snapshot.facilities.indices {
                snapshot.facilities[index].lastHour.removeFirst()
                snapshot.facilities[index].lastHour.append(400 + Float(random.next() % 10_000) / 1000)
            }
        }
        turnHealth()
    }

    private mutating func turnHealth() {
        for index in snapshot.health.rates.indices {
            let value = Float(random.next() % 1000) / 10
            snapshot.health.rates[index].perSecond = Double(value)
            snapshot.health.rates[index].history.removeFirst()
            snapshot.health.rates[index].history.append(value)
        }
        for index in snapshot.health.latencies.indices {
            snapshot.health.latencies[index].p50Milliseconds = Double(random.next() % 10_000) / 997
            snapshot.health.latencies[index].p99Milliseconds = Double(random.next() % 10_000) / 99
            snapshot.health.latencies[index].count += random.next() % 300
        }
        for index in snapshot.health.counters.indices where index % 3 == 0 {
            snapshot.health.counters[index].value += random.next() % 300
        }
        for index in snapshot.health.partitions.indices {
            snapshot.health.partitions[index].endOffset += Int64(random.next() % 30)
            snapshot.health.partitions[index].lag = Int64(random.next() % 30)
        }
        if seconds % 5 == 0 {
            for index in snapshot.health.dependencies.indices {
                snapshot.health.dependencies[index].checkedAt = snapshot.at
            }
        }
        snapshot.health.residentBytes += Int64(random.next() % 100_000)
        snapshot.health.diskFreeBytes -= Int64(random.next() % 100_000)
    }
}
