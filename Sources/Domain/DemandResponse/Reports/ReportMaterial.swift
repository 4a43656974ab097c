import EnergyModel

/// What the figures of a report are made of, gathered by the engine.
package struct ReportMaterial: Sendable {
    package var event: DemandResponseEvent
    package var facility: Facility
    package var leg: LegProgress
    package var commands: [BuildingCommand]
    /// All of the event's, ascending.
    package var history: [DRTransition]
    package var rule: BaselineRule
    /// `event` of the request is the stretch that is reported; its exclusions are added from `otherEvents`.
    package var request: BaselineRequest
    /// Other events in which the facility was commanded, in the look-back and on the event's day.
    package var otherEvents: [OtherEvent]
    package var dataQuality: ParticipationReport.DataQuality
    package var overrides: [ParticipationReport.Override]

    package struct OtherEvent: Hashable, Sendable {
        package var id: DREventID
        package var window: TimeRange
        package init(id: DREventID, window: TimeRange) { (self.id, self.window) = (id, window) }
    }

    package init(
        event: DemandResponseEvent, facility: Facility, leg: LegProgress, commands: [BuildingCommand],
        history: [DRTransition], rule: BaselineRule, request: BaselineRequest, otherEvents: [OtherEvent],
        dataQuality: ParticipationReport.DataQuality, overrides: [ParticipationReport.Override]
    ) {
        self.event = event
        self.facility = facility
        self.leg = leg
        self.commands = commands
        self.history = history
        self.rule = rule
        self.request = request
        self.otherEvents = otherEvents
        self.dataQuality = dataQuality
        self.overrides = overrides
    }

    /// The report without version and issue.
    package func figures() -> ParticipationReport {
        var request = request
        request.commitment = expected
        for other in otherEvents {
            request.exclusions += BaselineExclusion.days(
                of: other.window, kind: .demandResponse, note: other.id.text, zone: request.zone)
        }
        let settlement = Settlement(rule: rule, request: request, disturbances: disturbances)
        return ParticipationReport(
            event: .init(
                id: event.id.text, programID: event.program, source: event.source,
                modificationDateTime: event.modifiedAt.iso8601, status: event.status.rawValue,
                start: request.event.start.iso8601, end: request.event.end.iso8601),
            facility: .init(id: facility.id.text, timeZone: request.zone.name), timeline: timeline(),
            commitment: .init(kw: thousandths(expected.kilowatts)), baseline: settlement.baseline,
            intervals: settlement.intervals, result: settlement.result, commands: commands.map(line),
            overrides: overrides, optState: leg.ending == .optedOut ? "out" : "in", dataQuality: dataQuality)
    }

    /// What else moved load in the hours that the rule looks at.
    private var disturbances: [String] {
        var sentences = otherEvents.filter { other in
            !rule.influenceWindows(
                touchedBy: other.window, event: request.event, notifiedAt: request.notifiedAt, zone: request.zone
            ).isEmpty
        }.map { "event \($0.id) lies in the hours that adjust the baseline" }
        if let first = commands.compactMap(\.progress.firstSentAt).min(), first < request.event.start,
            !rule.influenceWindows(
                touchedBy: TimeRange(start: first, end: request.event.start), event: request.event,
                notifiedAt: request.notifiedAt, zone: request.zone
            ).isEmpty
        {
            sentences.append("commands began in the hours that adjust the baseline")
        }
        return sentences
    }

    /// What the newest plan promised of the facility before anything was taken back.
    private var expected: Power {
        let plans = history.compactMap { transition -> LegPlan? in
            guard case .plan(let plan) = transition.change else { return nil }
            return plan.legs.first { $0.facility == facility.id }
        }
        return plans.last { $0.expected > .zero }?.expected ?? plans.last?.expected ?? .zero
    }

    private func timeline() -> ParticipationReport.Timeline {
        .init(
            receivedAt: event.receivedAt.iso8601,
            dispatchStart: commands.compactMap(\.progress.firstSentAt).min()?.iso8601,
            firstConfirmed: commands.compactMap(\.progress.confirmedAt).min()?.iso8601,
            released: commands.compactMap { $0.releasedAt(history) }.max()?.iso8601)
    }

    private func line(_ command: BuildingCommand) -> ParticipationReport.Command {
        let progress = command.progress
        let outcome =
            progress.confirmedAt != nil
            ? "confirmed" : progress.isAmbiguous ? "unknown" : progress.generation == 0 ? "not_sent" : "failed"
        return .init(
            id: command.key.text, point: command.plan.point.text, value: command.plan.value,
            priority: command.plan.slot.rawValue, sentAt: progress.firstSentAt?.iso8601,
            executionId: progress.executionID, outcome: outcome, releasedAt: command.releasedAt(history)?.iso8601)
    }
}

extension BuildingCommand {
    /// When its building gave the point back, by the history of its event; nil while it has not.
    package func releasedAt(_ history: [DRTransition]) -> UTCInstant? {
        history.last { transition in
            guard case .command(let facility, let sequence, let progress) = transition.change else { return false }
            return facility == self.facility && sequence == plan.sequence && progress.phase == .released
        }?.at
    }
}

/// To a thousandth, a watt-hour in kilowatt-hours: so that the text does not depend on the last bit of a sum.
func thousandths(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
