import DemandResponse
import EnergyModel
import Testing

/// What a report is made of, around the customers of the baseline tests.
struct Participation {
    var rule = BaselineRule.caiso10In10
    var request: BaselineRequest
    var otherEvents: [ReportMaterial.OtherEvent] = []
    var firstSentAt: UTCInstant?
    var zoneName = "UTC"
    var name = "F-1"

    func figures() throws -> ParticipationReport {
        let facility = try #require(FacilityID(name))
        let event = try #require(DREventID("evt-1"))
        let point = try #require(PointID("AHU-1/CLG_SP"))
        var progress = CommandProgress()
        (progress.generation, progress.phase) = (1, .released)
        progress.firstSentAt = firstSentAt ?? request.event.start
        progress.confirmedAt = request.event.start
        let plan = CommandPlan(
            sequence: 1, step: 1, point: point, kind: .coolingSetPoint, value: 25, slot: .demandResponse,
            startsAt: request.event.start, endsAt: request.event.end, expiresAt: request.event.end,
            expected: Power(kilowatts: 50))
        let command = BuildingCommand(event: event, facility: facility, plan: plan, progress: progress)
        let dispatch = DispatchPlan(
            event: event, version: 1, window: request.event, target: Power(kilowatts: 50), forecastQuality: .normal,
            legs: [LegPlan(facility: facility, commands: [plan], expected: Power(kilowatts: 50), releaseOffset: .zero)])
        let planned = DRTransition(
            event: event, ordinal: 1, from: "pending", to: "scheduled", at: request.event.start, actor: "engine",
            traceID: nil, reason: "", change: .plan(dispatch))
        return ReportMaterial(
            event: DemandResponseEvent(
                id: event, program: "cbp", name: "", source: "utility:acme openadr-3.1", window: request.event,
                receivedAt: request.event.start, modifiedAt: request.event.start),
            facility: Facility(number: FacilityNumber(rawValue: 1), id: facility, name: "", timeZone: zoneName),
            leg: LegProgress(state: .completed), commands: [command], history: [planned], rule: rule, request: request,
            otherEvents: otherEvents, dataQuality: .init(expected: 480, ok: 480, estimated: 0, missing: 0),
            overrides: []
        ).figures()
    }
}

/// Ten weekdays at 100 kW before Thursday 2026-08-20, two event hours at 60 kW.
func tenWeekdays(_ change: (inout Customer) -> Void = { _ in }) -> BaselineRequest {
    var customer = Customer.weekdays(Array(repeating: 100, count: 10))
    customer.hours(14...15, of: "2026-08-20", 60)
    change(&customer)
    return customer.request("2026-08-20")
}
