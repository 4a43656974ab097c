import EnergyModel

/// The tumbling windows of every meter and facility: 1 min, 15 min, 1 h (ledger AGG-01..03, AGG-16, AGG-18). Pure: event
/// time comes with the readings, the wall clock as `now`. The rollups depend only on the set of distinct (meter,
/// timestamp) readings, not on order, repetition, batching, checkpoints or restarts.
///
/// The shell's loop:
/// 1. At start: load all readings from `restoreStart(closedUntil)` on (everything when nothing was ever closed), and each
///    meter's newest reading before it; `restore`, then store that output with the next write.
/// 2. For each batch of the log: `process`; store its readings and the output in one transaction; acknowledge.
/// 3. Every few seconds and before stopping: `advance(to:)`, then `checkpoint`; store the output. Facility rollups and the
///    rollups of open windows come only from here.
/// 4. Late hours: mark them with the readings; when that is stored, load a `LateFacilityHour` and `recompute`.
package struct WindowStateMachine: Sendable {
    package let rules: WindowRules

    package init(rules: WindowRules = WindowRules()) {
        self.rules = rules
    }

    /// Highest register value of a meter before it starts again at zero; nil when unknown. Without one every fall of the
    /// register is a reset.
    package mutating func setRegisterLimit(_ limit: Energy?, of meter: MeterNumber) {}

    /// Takes readings in log order: per facility roughly by time. Emits the meter windows that they close. Amortised O(1) a
    /// reading.
    package mutating func process(_ readings: some Sequence<Reading>, now: UTCInstant, into output: inout WindowOutput) {}

    /// Closes the windows of idle meters that ended more than the grace before `now`. O(meters).
    package mutating func advance(to now: UTCInstant, into output: inout WindowOutput) {}

    /// Emits every open window, meter or facility, that changed since it was last emitted, and sets `closedUntil`. Closes
    /// nothing. O(meters).
    package mutating func checkpoint(into output: inout WindowOutput) {}

    /// Works a facility's hour anew after late readings: emits its windows, all granularities, of the late meters and of
    /// the facility; brings open windows in memory up to date; clears its late hours. When the change reaches into a later
    /// hour, that hour becomes a late hour in `output`.
    package mutating func recompute(_ hour: LateFacilityHour, into output: inout WindowOutput) {}

    /// Where to read stored readings from at start, given the stored `closedUntil`: the start of the oldest open hour.
    package static func restoreStart(_ closedUntil: UTCInstant) -> UTCInstant {
        Granularity.hour.windowStart(of: closedUntil)
    }

    /// Begins a restore on a fresh machine: nothing before `start` is in memory, `predecessors` are each meter's newest
    /// stored reading before it.
    package mutating func beginRestore(from start: UTCInstant, predecessors: some Sequence<Reading>) {}

    /// Folds in stored readings from `start` on, by time; call it slice by slice. Windows that had closed are not emitted
    /// again (they were stored with the readings that closed them), but facility hours that leave memory are.
    package mutating func restore(_ readings: some Sequence<Reading>, now: UTCInstant, into output: inout WindowOutput) {}

    /// Where a restore would have to read from if it began now; nil while there is nothing.
    package var oldestOpen: UTCInstant? { nil }

    /// Meters with at least one reading held.
    package var openMeterCount: Int { 0 }
}
