import DemandResponse
import EnergyModel
import Ports

/// Gathers what reports are made of: the event's history, the other events of its buildings, and their load.
struct ReportSources: Sendable {
    let records: any ResponseRecords
    let series: any SeriesStore
    let facilities: FacilityIndex
    let directory: FleetDirectory
    /// Baseline rules by the name of a facility, a programme or a utility.
    let programs: [String: BaselineRule]
    let settings: EngineSettings
    let time: Timekeeper

    /// An event that is over, with the buildings that were commanded or opted out.
    struct File: Sendable {
        struct Part: Sendable {
            var facility: Facility
            var leg: LegProgress
            var commands: [BuildingCommand]
        }
        var event: DemandResponseEvent
        var history: [DRTransition]
        var settledAt: UTCInstant
        var parts: [Part]
        var overrides: [FacilityID: [ParticipationReport.Override]]

        /// What is reported: the window, cut where the event was ended before its time.
        var span: TimeRange {
            let end = min(event.window.end, settledAt)
            return TimeRange(start: event.window.start, end: end > event.window.start ? end : event.window.end)
        }

        var utility: String? { event.utility }
    }

    /// Commands of other events that were looked up for one building of this one already.
    struct Known { var commands: [DREventID: [BuildingCommand]] = [:] }

    /// Nil for what is no demand-response event or is not settled.
    func file(of id: DREventID) async throws(PortError) -> File? {
        guard let event = try await read({ [records] () throws(PortError) in try await records.event(id) }),
            event.kind == .demandResponse
        else { return nil }
        let history = try await history(of: id)
        guard let settledAt = history.last(where: { $0.notices.contains(.settled) })?.at else { return nil }
        let saga: SagaStateMachine
        do throws(SagaHistoryError) {
            saga = try SagaStateMachine(event: id, history: history, rules: settings.response.saga)
        } catch {
            throw PortError(.corrupt, error.description)
        }
        let parts = saga.facilities.compactMap { name -> File.Part? in
            let commands = saga.commands.filter { $0.facility == name }
            guard let facility = facilities[name], let leg = saga.leg(name),
                commands.contains(where: { $0.progress.generation > 0 }) || leg.ending == .optedOut
            else { return nil }
            return File.Part(facility: facility, leg: leg, commands: commands)
        }
        return File(
            event: event, history: history, settledAt: settledAt, parts: parts,
            overrides: try await overrides(during: event.window))
    }

    func material(
        of part: File.Part, in file: File, _ known: inout Known
    ) async throws(PortError) -> ReportMaterial {
        let rule = rule(for: part.facility.id, in: file)
        let zone = zone(of: part.facility, around: file.span.start)
        let range = loadRange(rule, file.span, zone)
        let load = try await EventLoad(sources: self, facility: part.facility, span: file.span).read(range)
        return ReportMaterial(
            event: file.event, facility: part.facility, leg: part.leg, commands: part.commands, history: file.history,
            rule: rule,
            request: BaselineRequest(
                event: file.span, notifiedAt: file.event.receivedAt, zone: zone,
                holidays: settings.response.report.holidays.table, load: load.samples),
            otherEvents: try await otherEvents(of: part.facility.id, besides: file.event.id, in: range, &known),
            dataQuality: load.quality, overrides: file.overrides[part.facility.id] ?? [])
    }

    /// What holds for the building, for the programme, for the utility, for all: the first there is.
    private func rule(for facility: FacilityID, in file: File) -> BaselineRule {
        programs[facility.text] ?? programs[file.event.program] ?? file.utility.flatMap { programs[$0] }
            ?? settings.response.report.rule
    }

    /// An unknown zone counts as UTC, and the report says which was taken.
    private func zone(of facility: Facility, around moment: UTCInstant) -> ZoneOffsets {
        let reach = Duration.seconds(100 * 86_400)
        let span = TimeRange(start: moment.advanced(by: .zero - reach), end: moment.advanced(by: reach))
        return ZoneDatabase.offsets(of: facility.timeZone, within: span) ?? .utc
    }

    /// From the oldest day that the rule may look at to the end of the event's day, or four hours past a late event.
    private func loadRange(_ rule: BaselineRule, _ span: TimeRange, _ zone: ZoneOffsets) -> TimeRange {
        let first = zone.date(at: span.start).advanced(by: -(rule.selection?.lookbackDays ?? 1))
        let lastMoment = UTCInstant(milliseconds: span.end.milliseconds - 1)
        let end = max(zone.day(zone.date(at: lastMoment)).end, span.end.advanced(by: .seconds(4 * 3600)))
        return TimeRange(start: zone.start(of: first), end: end)
    }

    /// Events of the range in which a building was really commanded; others left its load alone.
    private func otherEvents(
        of facility: FacilityID, besides id: DREventID, in range: TimeRange, _ known: inout Known
    ) async throws(PortError) -> [ReportMaterial.OtherEvent] {
        let events = try await read { [records] () throws(PortError) in
            try await records.events(
                EventQuery(kind: .demandResponse, facility: facility, startsBefore: range.end, limit: 1_000))
        }
        var others: [ReportMaterial.OtherEvent] = []
        for event in events
        where event.id != id && event.window.start < range.end && range.start < event.window.end {
            if known.commands[event.id] == nil {
                known.commands[event.id] = try await read { [records] () throws(PortError) in
                    try await records.commands(of: event.id)
                }
            }
            let commands = known.commands[event.id] ?? []
            guard commands.contains(where: { $0.facility == facility && $0.progress.generation > 0 }) else { continue }
            others.append(.init(id: event.id, window: event.window))
        }
        return others
    }

    /// Operators' values that stood in the window, by facility: from the building's confirmation until it gave the point back.
    /// What no building confirmed stood nowhere.
    private func overrides(
        during window: TimeRange
    ) async throws(PortError) -> [FacilityID: [ParticipationReport.Override]] {
        let query = EventQuery(kind: .override, startsBefore: window.end, limit: 500)
        let events = try await read { [records] () throws(PortError) in try await records.events(query) }
        var found: [FacilityID: [ParticipationReport.Override]] = [:]
        for event in events where window.start < event.window.end || !event.isSettled {
            let commands = try await read { [records] () throws(PortError) in try await records.commands(of: event.id) }
            // An extension is a further command at the same point.
            guard let command = commands.last, let from = commands.compactMap(\.progress.confirmedAt).min()
            else { continue }
            let to = command.releasedAt(try await history(of: event.id)) ?? event.window.end
            guard from < window.end, window.start < to else { continue }
            found[command.facility, default: []].append(
                .init(
                    id: event.id.text, point: command.plan.point.text, by: event.source, reason: event.name,
                    from: from.iso8601, to: to.iso8601))
        }
        return found
    }

    private func history(of id: DREventID) async throws(PortError) -> [DRTransition] {
        var history: [DRTransition] = []
        while true {
            let last = history.last?.ordinal ?? 0
            let page = try await read { [records] () throws(PortError) in
                try await records.transitions(of: id, after: last, limit: 1_000)
            }
            history += page
            if page.count < 1_000 { return history }
        }
    }

    /// True when every window that ends by `moment` has its rollups.
    func hasLoad(until moment: UTCInstant) async throws(PortError) -> Bool {
        let progress = try await bounded(by: settings.series.queryTimeout, "the series store", time: time) {
            [series] () throws(PortError) in try await series.progress()
        }
        return progress.closedUntil.map { $0 >= moment } ?? false
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        try await bounded(by: settings.response.commitTimeout, "the records of demand response", time: time, body)
    }
}

extension DemandResponseEvent {
    /// `acme` of `utility:acme openadr-3.1`; nil for an event by hand.
    package var utility: String? {
        guard source.hasPrefix("utility:") else { return nil }
        return source.dropFirst(8).split(separator: " ").first.map(String.init)
    }
}
