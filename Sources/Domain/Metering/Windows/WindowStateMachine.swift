import EnergyModel

/// The tumbling windows of every meter and facility: 1 min, 15 min, 1 h (ledger AGG-01..03, AGG-16, AGG-18). Pure: event
/// time comes with the readings, the wall clock as `now`. The rollups depend only on the set of distinct (meter,
/// timestamp) readings, not on order, repetition, batching, checkpoints or restarts.
///
/// The shell's loop:
/// 1. At start: load all readings from `restoreStart(closedUntil)` on (everything when nothing was ever closed), and each
///    meter's newest reading before it; `beginRestore`, `restore`; store that output with the next write.
/// 2. For each batch of the log: `process`; store its readings and the output in one transaction; acknowledge.
/// 3. Every few seconds and before stopping: `advance(to:)`, then `checkpoint`; store the output. Facility rollups and the
///    rollups of open windows come only from here.
/// 4. Late hours: mark them with the readings; when that is stored, load a `LateFacilityHour` and `recompute`.
package struct WindowStateMachine: Sendable {
    package let rules: WindowRules
    let energyRules: EnergyRules
    let grace: Int64
    private let facilityMemory: Int64
    /// By meter number.
    var meters: [MeterWindows] = []
    /// By facility number.
    var facilities: [FacilityPane] = []
    /// Nothing before this moment is in memory: the start of the restore.
    var floor = Int64.min
    /// Not after the oldest open window; `Int64.max` before the first reading.
    var closedUntil = Int64.max
    /// Scratch. While readings are processed `sink.rollups` is the output's own buffer: closed windows go there directly.
    var sink = FoldSink()
    var evicted: [Rollup] = []
    var openShares: [(facility: Int, share: MinuteShare)] = []

    package init(rules: WindowRules = WindowRules()) {
        self.rules = rules
        energyRules = EnergyRules(rules)
        grace = rules.grace.milliseconds
        facilityMemory = rules.facilityMemory.milliseconds
    }

    /// Highest register value of a meter before it starts again at zero; nil when unknown. Without one every fall of the
    /// register is a reset.
    package mutating func setRegisterLimit(_ limit: Energy?, of meter: MeterNumber) {
        guard meter.rawValue < rules.maximumNumber else { return }
        makeRoom(meter: Int(meter.rawValue))
        meters[Int(meter.rawValue)].fold.registerLimit = limit?.kilowattHours ?? .nan
    }

    /// Takes readings in log order: per facility roughly by time. Emits the meter windows that they close. Amortised O(1) a
    /// reading.
    package mutating func process(_ readings: [Reading], now: UTCInstant, into output: inout WindowOutput) {
        swap(&sink.rollups, &output.rollups)
        for reading in readings { take(reading, now.milliseconds, isRestoring: false, &output) }
        swap(&sink.rollups, &output.rollups)
        handOverEvicted(&output)
    }

    /// Closes the windows of idle meters that ended more than the grace before `now`. O(meters).
    package mutating func advance(to now: UTCInstant, into output: inout WindowOutput) {
        let limit = windowStart(now.milliseconds - grace, minuteStep)
        let idleSince = now.milliseconds - rules.idleTimeout.milliseconds
        swap(&sink.rollups, &output.rollups)
        for index in meters.indices where meters[index].isOpen && meters[index].lastSeen <= idleSince {
            closeIdle(index, limit: limit, &output)
        }
        swap(&sink.rollups, &output.rollups)
        handOverEvicted(&output)
    }

    /// Where a restore would have to read from if it began now; nil while there is nothing. O(meters).
    package var oldestOpen: UTCInstant? {
        let oldest = oldestOpenMinute
        return oldest == .max ? nil : Self.restoreStart(UTCInstant(milliseconds: oldest))
    }

    /// Meters with an open window. O(meters).
    package var openMeterCount: Int { meters.reduce(0) { $0 + ($1.isOpen ? 1 : 0) } }

    // MARK: - One reading

    @inline(__always)
    mutating func take(_ reading: Reading, _ now: Int64, isRestoring: Bool, _ output: inout WindowOutput) {
        guard reading.meter.rawValue < rules.maximumNumber, reading.facility.rawValue < rules.maximumNumber,
            reading.time.milliseconds.magnitude < 1 << 56
        else {
            output.refused += 1
            return
        }
        let index = Int(reading.meter.rawValue)
        if index >= meters.count { makeRoom(meter: index) }
        let reach = grace + minuteStep
        if meters[index].append(reading, now: now, reach: reach, closedUntil: closedUntil) { return }
        place(reading, index, isRestoring: isRestoring, &output)
    }

    private mutating func place(
        _ reading: Reading, _ index: Int, isRestoring: Bool, _ output: inout WindowOutput
    ) {
        let time = reading.time.milliseconds
        if time >= meters[index].fold.openFrom &+ (grace + minuteStep) { moveOn(index, to: time, isRestoring, &output) }
        guard time >= meters[index].fold.openFrom else { return noteLate(reading, &output) }
        if case .replaced = meters[index].hold(HeldReading(reading)) { output.duplicates += 1 }
        if meters[index].fold.openFrom < closedUntil {
            closedUntil = meters[index].fold.openFrom
            output.closedUntil = UTCInstant(milliseconds: closedUntil)
        }
    }

    /// Event time passed the grace of the meter's oldest open minute, or the meter is new.
    private mutating func moveOn(_ index: Int, to time: Int64, _ isRestoring: Bool, _ output: inout WindowOutput) {
        let limit = max(windowStart(time - grace, minuteStep), floor)
        guard meters[index].fold.hasBegun else { return meters[index].fold.begin(at: limit) }
        guard limit > meters[index].fold.openFrom else { return }
        close(index, until: limit, isRestoring: isRestoring, &output)
    }

    private mutating func noteLate(_ reading: Reading, _ output: inout WindowOutput) {
        let index = Int(reading.meter.rawValue)
        output.late += 1
        output.addLate(
            LateHour(
                meter: reading.meter, facility: reading.facility, hour: Granularity.hour.windowStart(of: reading.time)))
        if reading.time.milliseconds >= meters[index].fold.predecessor.time {
            meters[index].fold.predecessor = Predecessor(reading)
            meters[index].isChanged = true
        }
    }

    // MARK: - Closing

    /// The rollups stay in `sink`, whose buffer is the output's outside of a restore.
    private mutating func close(_ index: Int, until minute: Int64, isRestoring: Bool, _ output: inout WindowOutput) {
        sink.removeShares()
        meters[index].close(until: minute, of: MeterNumber(rawValue: UInt32(index)), energyRules, into: &sink)
        if isRestoring {
            sink.rollups.removeAll(keepingCapacity: true)
        } else {
            output.resets += sink.resets
            output.rollovers += sink.rollovers
        }
        addShares(of: index, &output)
    }

    private mutating func addShares(of index: Int, _ output: inout WindowOutput) {
        let facility = Int(meters[index].facility.rawValue)
        if facility >= facilities.count { makeRoom(facility: facility) }
        for share in sink.shares where !facilities[facility].close(share, memory: facilityMemory, evicted: &evicted) {
            let hour = UTCInstant(milliseconds: windowStart(share.start, hourStep))
            output.addLate(
                LateHour(
                    meter: MeterNumber(rawValue: UInt32(index)), facility: meters[index].facility, hour: hour))
        }
    }

    mutating func handOverEvicted(_ output: inout WindowOutput) {
        guard !evicted.isEmpty else { return }
        output.rollups.append(contentsOf: evicted)
        evicted.removeAll(keepingCapacity: true)
    }

    /// Closes only windows that hold something: a meter that sends a few minutes' readings at a time is not late with them.
    private mutating func closeIdle(_ index: Int, limit: Int64, _ output: inout WindowOutput) {
        if let last = meters[index].held.last {
            let end = min(limit, windowStart(last.time, minuteStep) + minuteStep)
            if end > meters[index].fold.openFrom { close(index, until: end, isRestoring: false, &output) }
        }
        guard meters[index].held.isEmpty else { return }
        for step in [quarterStep, hourStep] {
            let end = windowStart(meters[index].fold.openFrom, step) + step
            let isHeld = step == quarterStep ? meters[index].fold.quarter.count > 0 : meters[index].fold.hour.count > 0
            if isHeld, end <= limit { close(index, until: end, isRestoring: false, &output) }
        }
    }

    // MARK: - Room

    mutating func makeRoom(meter index: Int) {
        while meters.count <= index { meters.append(MeterWindows()) }
    }

    mutating func makeRoom(facility index: Int) {
        while facilities.count <= index {
            facilities.append(FacilityPane(number: FacilityNumber(rawValue: UInt32(facilities.count)), floor: floor))
        }
    }

    var oldestOpenMinute: Int64 {
        meters.reduce(Int64.max) { $1.isOpen ? min($0, $1.fold.openFrom) : $0 }
    }
}
