import EnergyModel
import Metering

/// A store and the loop the window machine's documentation asks of its shell, in memory. Each write is one transaction.
struct WindowShell {
    var machine: WindowStateMachine
    var output = WindowOutput()
    private(set) var stored: [MeterNumber: [UTCInstant: Reading]] = [:]
    private(set) var rollups: [RollupKey: Rollup] = [:]
    private(set) var lateHours: Set<LateHour> = []
    private(set) var closedUntil: UTCInstant?
    private(set) var duplicates = 0
    private(set) var late = 0
    let rules: WindowRules
    let limits: [MeterNumber: Double]

    init(rules: WindowRules = WindowRules(), limits: [MeterNumber: Double] = [:]) {
        self.rules = rules
        self.limits = limits
        machine = WindowStateMachine(rules: rules)
        setLimits()
    }

    private mutating func setLimits() {
        for (meter, limit) in limits { machine.setRegisterLimit(Energy(kilowattHours: limit), of: meter) }
    }

    mutating func process(_ batch: [Reading], now: UTCInstant) {
        machine.process(batch, now: now, into: &output)
        write(batch)
    }

    mutating func checkpoint(now: UTCInstant) {
        machine.advance(to: now, into: &output)
        machine.checkpoint(into: &output)
        write([])
    }

    /// Processes and dies before anything is stored.
    mutating func processAndCrash(_ batch: [Reading], now: UTCInstant) {
        machine.process(batch, now: now, into: &output)
        crash(now: now)
    }

    mutating func crash(now: UTCInstant) {
        output = WindowOutput()
        machine = WindowStateMachine(rules: rules)
        setLimits()
        let all = stored.values.flatMap(\.values).sorted { ($0.time, $0.meter) < ($1.time, $1.meter) }
        if let closedUntil {
            let start = WindowStateMachine.restoreStart(closedUntil)
            let before = stored.keys.compactMap { last(of: $0, before: start) }
            machine.beginRestore(from: start, predecessors: before)
            machine.restore(all.filter { $0.time >= start }, now: now, into: &output)
        } else {
            machine.restore(all, now: now, into: &output)
        }
    }

    mutating func recomputeLateHours() {
        while let any = lateHours.min(by: { ($0.hour, $0.facility, $0.meter) < ($1.hour, $1.facility, $1.meter) }) {
            let mates = lateHours.filter { $0.hour == any.hour && $0.facility == any.facility }
            machine.recompute(load(any, mates), into: &output)
            write([])
        }
    }

    private func load(_ any: LateHour, _ mates: Set<LateHour>) -> LateFacilityHour {
        let end = any.hour.advanced(by: .seconds(3600))
        let late = mates.map { mate in
            LateFacilityHour.LateMeter(
                meter: mate.meter, predecessor: last(of: mate.meter, before: any.hour),
                successor: stored[mate.meter, default: [:]].values.filter { $0.time >= end }.min { $0.time < $1.time })
        }
        let range = TimeRange(start: any.hour, end: end)
        let readings = stored.values.flatMap(\.values).filter { $0.facility == any.facility && range.contains($0.time) }
        let meters = Set(readings.map(\.meter))
        let minutes = rollups.values.filter {
            guard case .meter(let meter) = $0.series else { return false }
            return $0.granularity == .minute && range.contains($0.start) && meters.contains(meter)
        }
        return LateFacilityHour(
            facility: any.facility, hour: any.hour, lateMeters: late, readings: readings, meterMinutes: minutes)
    }

    private func last(of meter: MeterNumber, before time: UTCInstant) -> Reading? {
        stored[meter, default: [:]].values.filter { $0.time < time }.max { $0.time < $1.time }
    }

    private mutating func write(_ readings: [Reading]) {
        for reading in readings { stored[reading.meter, default: [:]][reading.time] = reading }
        for rollup in output.rollups { rollups[rollup.key] = rollup }
        lateHours.subtract(output.clearedLateHours)
        lateHours.formUnion(output.lateHours)
        closedUntil = output.closedUntil ?? closedUntil
        duplicates += output.duplicates
        late += output.late
        output.removeAll()
    }

    var readings: [Reading] { stored.values.flatMap(\.values) }
}
