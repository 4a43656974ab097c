import EnergyModel

extension WindowStateMachine {
    /// Where to read stored readings from at start, given the stored `closedUntil`: the start of the oldest open hour.
    package static func restoreStart(_ closedUntil: UTCInstant) -> UTCInstant {
        Granularity.hour.windowStart(of: closedUntil)
    }

    /// Begins a restore on a fresh machine, register limits set or not: nothing before `start`, an hour's start, will be in
    /// memory. `predecessors` are each meter's newest stored reading before it.
    package mutating func beginRestore(from start: UTCInstant, predecessors: some Sequence<Reading>) {
        floor = start.milliseconds
        for reading in predecessors where reading.meter.rawValue < rules.maximumNumber && reading.time < start {
            let index = Int(reading.meter.rawValue)
            makeRoom(meter: index)
            meters[index].fold.predecessor = Predecessor(reading)
            meters[index].facility = reading.facility
        }
    }

    /// Folds in stored readings from `start` on, by time; call it slice by slice. Meter windows that had closed are not
    /// emitted again (they were stored with the readings that closed them), but facility hours that leave memory are.
    package mutating func restore(_ readings: [Reading], now: UTCInstant, into output: inout WindowOutput) {
        sink.removeAll()
        for reading in readings where reading.time.milliseconds >= floor {
            take(reading, now.milliseconds, isRestoring: true, &output)
        }
        handOverEvicted(&output)
    }
}
