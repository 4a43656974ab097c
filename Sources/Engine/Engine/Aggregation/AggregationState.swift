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
    /// Of the newest record, for all of them: a step costs one span however many readings it has.
    var traceparent: String?

    var isEmpty: Bool { write.isEmpty && acknowledge.isEmpty && poison.isEmpty }
}

/// Windows, processed offsets and late hours: everything aggregation remembers. Pure. What it holds is a function of what
/// its steps stored, so that after a crash it is rebuilt from the store alone.
struct AggregationState: Sendable {
    private(set) var machine: WindowStateMachine
    private(set) var processed: [Partition: Int64]
    /// Hours whose rollups lack a late reading.
    private(set) var lateHours: LateHourQueue
    private var output = WindowOutput()
    private var step = AggregationStep()
    private let poisonAttempts: Int
    /// Meters with a register limit: one that loses it must be told.
    private var limited: Set<MeterNumber> = []

    init(rules: WindowRules, progress: SeriesProgress, poisonAttempts: Int) {
        machine = WindowStateMachine(rules: rules)
        processed = progress.processed
        lateHours = LateHourQueue(progress.lateHours)
        self.poisonAttempts = poisonAttempts
    }

    mutating func setRegisterLimits(of meters: [Meter]) {
        for meter in meters where meter.registerLimit != nil || limited.contains(meter.number) {
            machine.setRegisterLimit(meter.registerLimit, of: meter.number)
            if meter.registerLimit == nil { limited.remove(meter.number) } else { limited.insert(meter.number) }
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
        step.traceparent = batches.last?.records.last?.record.headers[DeadLetterHeader.traceparent]
        machine.process(readings, now: now, into: &output)
        if step.write.readings.isEmpty { step.write.readings = readings } else { step.write.readings += readings }
    }

    /// Closes what is due and puts every changed open window into the step.
    mutating func checkpoint(now: UTCInstant) {
        machine.advance(to: now, into: &output)
        machine.checkpoint(into: &output)
    }

    /// Hours that another hand stored as late (AGG-10), to be worked as if a late reading had come for each.
    mutating func adopt(storedLateHours hours: some Sequence<LateHour>) {
        for hour in hours { lateHours.insert(hour) }
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
        for hour in output.clearedLateHours { lateHours.remove(hour) }
        for hour in output.lateHours { lateHours.insert(hour) }
        output.removeAll()
        return made
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
