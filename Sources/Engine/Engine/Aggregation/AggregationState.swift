import EnergyModel
import Metering
import Ports

/// What one step of aggregation wants done, in this order: dead letters, write, acknowledge.
struct AggregationStep: Sendable {
    var write = SeriesWrite()
    var acknowledge: [LogBatch] = []
    /// Records that cannot be decoded, for the dead letters.
    var poison: [LogRecord] = []
    /// When the step's oldest record was appended.
    var oldestAppended: UTCInstant?
    var redelivered = 0
    var duplicates = 0
    var late = 0

    var isEmpty: Bool { write.isEmpty && acknowledge.isEmpty && poison.isEmpty }
}

/// Windows, processed offsets and late hours: everything aggregation remembers. Pure. What it holds is a function of what
/// its steps stored, so that after a crash it is rebuilt from the store alone.
struct AggregationState: Sendable {
    private(set) var machine: WindowStateMachine
    private(set) var processed: [Partition: Int64]
    /// Hours whose rollups lack a late reading, oldest first.
    private(set) var lateHours: Set<LateHour>
    private var output = WindowOutput()
    private var step = AggregationStep()
    private let poisonAttempts: Int

    init(rules: WindowRules, progress: SeriesProgress, poisonAttempts: Int) {
        machine = WindowStateMachine(rules: rules)
        processed = progress.processed
        lateHours = Set(progress.lateHours)
        self.poisonAttempts = poisonAttempts
    }

    mutating func setRegisterLimits(of meters: [Meter]) {
        for meter in meters where meter.registerLimit != nil {
            machine.setRegisterLimit(meter.registerLimit, of: meter.number)
        }
    }

    mutating func beginRestore(from start: UTCInstant, predecessors: [Reading]) {
        machine.beginRestore(from: start, predecessors: predecessors)
    }

    mutating func restore(_ readings: [Reading], now: UTCInstant) {
        machine.restore(readings, now: now, into: &output)
    }

    /// Takes batches in log order. Records whose effect is stored already are passed over (AGG-04, AGG-05).
    mutating func take(_ batches: [LogBatch], now: UTCInstant) {
        var readings: [Reading] = []
        readings.reserveCapacity(batches.reduce(0) { $0 + $1.items })
        for batch in batches {
            let done = processed[batch.partition] ?? 0
            for stored in batch.records {
                if stored.endOffset <= done {
                    step.redelivered += stored.record.items
                } else {
                    decode(stored, in: batch.partition, now: now, into: &readings)
                }
            }
            processed[batch.partition] = max(done, batch.nextOffset)
            step.write.processed[batch.partition] = processed[batch.partition]
            acknowledge(batch)
            if let first = batch.records.first?.appendedAt {
                step.oldestAppended = min(step.oldestAppended ?? first, first)
            }
        }
        machine.process(readings, now: now, into: &output)
        if step.write.readings.isEmpty { step.write.readings = readings } else { step.write.readings += readings }
    }

    /// Closes what is due and puts every changed open window into the step.
    mutating func checkpoint(now: UTCInstant) {
        machine.advance(to: now, into: &output)
        machine.checkpoint(into: &output)
    }

    /// Marks hours to be worked anew, as if a late reading had come for each.
    mutating func markLate(_ hours: some Sequence<LateHour>) {
        for hour in hours where lateHours.insert(hour).inserted { step.write.lateHours.append(hour) }
    }

    mutating func recompute(_ hour: LateFacilityHour) { machine.recompute(hour, into: &output) }

    /// What the calls since the last one want done.
    mutating func takeStep() -> AggregationStep {
        var made = step
        step = AggregationStep()
        made.duplicates = output.duplicates
        made.late = output.late
        made.write.rollups = output.rollups
        made.write.clearedLateHours = output.clearedLateHours
        made.write.lateHours += output.lateHours
        made.write.closedUntil = output.closedUntil
        lateHours.subtract(output.clearedLateHours)
        lateHours.formUnion(output.lateHours)
        output.removeAll()
        return made
    }

    /// Late hours for one pass, by facility and hour, oldest first; a facility at most once, since its next hour must be
    /// read after this one is written. About `limit` (meter, hour) pairs.
    func lateGroups(limit: Int) -> [(facility: FacilityNumber, hour: UTCInstant, meters: [MeterNumber])] {
        struct Group: Hashable {
            var facility: FacilityNumber
            var hour: UTCInstant
        }
        let groups = Dictionary(grouping: lateHours) { Group(facility: $0.facility, hour: $0.hour) }
        var chosen: [(facility: FacilityNumber, hour: UTCInstant, meters: [MeterNumber])] = []
        var facilities: Set<FacilityNumber> = []
        var count = 0
        for (group, hours) in groups.sorted(by: { ($0.key.hour, $0.key.facility) < ($1.key.hour, $1.key.facility) }) {
            guard count < limit else { break }
            guard facilities.insert(group.facility).inserted else { continue }
            chosen.append((group.facility, group.hour, hours.map(\.meter).sorted()))
            count += hours.count
        }
        return chosen
    }

    /// Decoding depends on nothing but the bytes; it is tried again at once in case they were read wrongly, and a record
    /// that fails every time is passed (AGG-15).
    private mutating func decode(
        _ stored: StoredRecord, in partition: Partition, now: UTCInstant, into readings: inout [Reading]
    ) {
        var failure: ReadingBlockError?
        for _ in 0..<max(1, poisonAttempts) {
            failure = stored.record.value.withUnsafeBytes { bytes in
                do throws(ReadingBlockError) {
                    try ReadingBlock.decode(bytes, into: &readings)
                    return nil
                } catch {
                    return error
                }
            }
            if failure == nil { return }
        }
        guard let failure else { return }
        step.poison.append(
            DeadLetterForm.record(ofPoison: stored, in: partition, error: failure, attempts: poisonAttempts, at: now))
    }

    /// The last batch of a partition stands for those before it.
    private mutating func acknowledge(_ batch: LogBatch) {
        if let index = step.acknowledge.firstIndex(where: { $0.partition == batch.partition }) {
            step.acknowledge[index] = batch
        } else {
            step.acknowledge.append(batch)
        }
    }
}
