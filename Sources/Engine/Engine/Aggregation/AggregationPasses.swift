import EnergyModel
import Logging
import Metering
import Ports

extension AggregationService {
    /// The windows as they were: offsets and late hours from the store's progress, open windows from stored readings.
    func rebuild(from progress: SeriesProgress) async throws(PortError) -> AggregationState {
        var rules = WindowRules()
        rules.grace = settings.aggregation.grace
        rules.idleTimeout = settings.aggregation.idleTimeout
        var state = AggregationState(
            rules: rules, progress: progress, poisonAttempts: settings.aggregation.poisonAttempts)
        state.setRegisterLimits(of: directory.current.meters)
        guard !progress.processed.isEmpty || progress.closedUntil != nil else { return state }
        let start = progress.closedUntil.map(WindowStateMachine.restoreStart) ?? .distantPast
        let newest: [Reading] = try await start == .distantPast ? [] : predecessors(before: start)
        state.beginRestore(from: start, predecessors: newest)
        var current = try await slice(from: start, after: nil)
        while let cursor = current.next {
            health.beat("aggregation")
            // The next slice is read while this one is folded in.
            async let following = outcome(from: start, after: cursor)
            state.restore(current.readings, now: time.now())
            current = try await following.get()
        }
        state.restore(current.readings, now: time.now())
        return state
    }

    private func outcome(from start: UTCInstant, after cursor: ReadingCursor) async -> Result<ReadingSlice, PortError> {
        do throws(PortError) {
            return .success(try await slice(from: start, after: cursor))
        } catch {
            return .failure(error)
        }
    }

    /// One block nobody can read must not keep the others from being worked: what aggregation reads at its start, and for
    /// late hours, is looked through. Health tells what was set aside.
    func setDamageAside() async {
        do throws(PortError) {
            let progress = try await query { [series] () throws(PortError) in try await series.progress() }
            let open = progress.closedUntil.map(WindowStateMachine.restoreStart) ?? time.now()
            let oldest = min(progress.lateHours.map(\.hour).min() ?? open, open)
            let end = time.now().advanced(by: .seconds(86_400))
            var day = oldest.advanced(by: .zero - WindowRules().predecessorReach)
            var moved = 0
            while day < end, isRunning {
                health.beat("aggregation")
                let range = TimeRange(start: day, end: day.advanced(by: .seconds(86_400)))
                moved += try await bounded(by: .seconds(30), "setting damage aside", time: time) {
                    [series] () throws(PortError) in try await series.setAsideDamage(in: range)
                }
                day = range.end
            }
            logger.error("unreadable blocks of readings were set aside", metadata: ["blocks": "\(moved)"])
        } catch {
            logger.error("unreadable blocks not set aside", metadata: ["error": "\(error)"])
        }
    }

    private func predecessors(before start: UTCInstant) async throws(PortError) -> [Reading] {
        let reach = WindowRules().predecessorReach
        return try await bounded(by: .seconds(30), "reading the newest readings", time: time) {
            [series] () throws(PortError) in
            try await series.newestReadings(at: start.advanced(by: .milliseconds(-1)), lookback: reach)
        }
    }

    private func slice(
        from start: UTCInstant, after cursor: ReadingCursor?
    ) async throws(PortError) -> ReadingSlice {
        let range = TimeRange(start: start, end: UTCInstant(milliseconds: .max))
        let limit = settings.aggregation.sliceReadings
        return try await bounded(by: .seconds(30), "reading open windows", time: time) {
            [series] () throws(PortError) in try await series.readings(in: range, after: cursor, limit: limit)
        }
    }

    /// One pass over late hours when it is due: everything made so far is written first, since the pass reads it back.
    func workLateHours(_ session: inout Session) async throws(PortError) {
        await adoptStoredLateHours(&session)
        guard !session.state.lateHours.isEmpty, time.uptime() >= session.latePassAt else { return }
        try await sink.outcome(of: session.pending, acknowledgedBy: session.consumer).get()
        session.pending = nil
        var hour: (start: UTCInstant, members: [FacilityNumber: Set<MeterNumber>])?
        for group in session.state.lateHours.groups(limit: settings.aggregation.lateHoursPerPass) {
            health.beat("aggregation")
            // Groups come by hour, so that each hour is asked for once.
            if hour?.start != group.hour { hour = (group.hour, try await members(ofHour: group.hour)) }
            let members = members(of: group.facility, late: group.meters, hour?.members ?? [:])
            session.state.recompute(
                try await load(group.facility, members: members, hour: group.hour, late: group.meters))
        }
        let step = session.state.takeStep()
        board.apply(readings: [], rollups: step.write.rollups, now: time.now())
        try await sink.outcome(of: step, acknowledgedBy: session.consumer).get()
        session.latePassAt = time.uptime() + settings.aggregation.latePassInterval
    }

    /// Looks for late hours that a command stored, in this process or another (AGG-10). What a pass has cleared in memory is
    /// cleared in the store as well by now, so nothing is worked twice. A failure waits for the next look.
    private func adoptStoredLateHours(_ session: inout Session) async {
        let isDue = session.state.lateHours.isEmpty && time.uptime() >= session.lateLookAt
        guard takeLookRequest() || isDue else { return }
        session.lateLookAt = time.uptime() + settings.aggregation.lateLookInterval
        do throws(PortError) {
            let progress = try await query { [series] () throws(PortError) in try await series.progress() }
            session.state.adopt(storedLateHours: progress.lateHours)
        } catch {
            logger.warning("stored late hours not read, trying again", metadata: ["error": "\(error)"])
        }
    }

    private func members(ofHour hour: UTCInstant) async throws(PortError) -> [FacilityNumber: Set<MeterNumber>] {
        let range = TimeRange(start: hour, end: hour.advanced(by: .seconds(3600)))
        return try await query { [series] () throws(PortError) in try await series.members(in: range) }
    }

    /// Whose readings made the facility's rollups of the hour: those stored with it, wherever the meters are now. A meter
    /// that is in it now but has no reading of the hour left counts by its own rollups, unless it was elsewhere then.
    private func members(
        of facility: FacilityNumber, late: [MeterNumber], _ stored: [FacilityNumber: Set<MeterNumber>]
    ) -> Set<MeterNumber> {
        let elsewhere = stored.reduce(into: Set<MeterNumber>()) { if $1.key != facility { $0.formUnion($1.value) } }
        let now = directory.current.meters.lazy.filter { $0.facility == facility }.map(\.number)
        return Set(now).subtracting(elsewhere).union(stored[facility] ?? []).union(late)
    }

    private func load(
        _ facility: FacilityNumber, members: Set<MeterNumber>, hour: UTCInstant, late: [MeterNumber]
    ) async throws(PortError) -> LateFacilityHour {
        var loaded = LateFacilityHour(facility: facility, hour: hour, lateMeters: [], readings: [], meterMinutes: [])
        let range = loaded.range
        for meter in members.sorted() {
            loaded.readings += try await query { [series] () throws(PortError) in
                try await series.readings(of: meter, in: range, limit: 100_000)
            }
            loaded.meterMinutes += try await query { [series] () throws(PortError) in
                try await series.rollups(of: .meter(meter), .minute, in: range, limit: 60)
            }
        }
        let after = TimeRange(start: range.end, end: range.end.advanced(by: WindowRules().predecessorReach))
        for meter in late {
            let predecessor = try await query { [series] () throws(PortError) in
                try await series.lastReading(of: meter, before: hour)
            }
            let successor = try await query { [series] () throws(PortError) in
                try await series.readings(of: meter, in: after, limit: 1).first
            }
            loaded.lateMeters.append(.init(meter: meter, predecessor: predecessor, successor: successor))
        }
        loaded.readings.removeAll { $0.facility != facility }
        return loaded
    }

    private func query<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        try await bounded(by: settings.series.writeTimeout, "reading a late hour", time: time, body)
    }
}
