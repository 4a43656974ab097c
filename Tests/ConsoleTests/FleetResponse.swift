import EnergyModel
import Ports

/// Demand response as a busy evening leaves it: two events under way, one of them badly, one that waits for a person, an
/// override, and what is over.
extension Fleet {
    static let evening = DREventID("evening-peak-1121")!
    static let north = DREventID("north-feeder-7")!
    static let waiting = DREventID("capacity-test-3")!
    static let held = DREventID("override-40217")!

    private static func minutes(_ count: Int64) -> UTCInstant { now.advanced(by: .seconds(count * 60)) }

    private static func window(_ from: Int64, _ to: Int64) -> TimeRange {
        TimeRange(start: minutes(from), end: minutes(to))
    }

    static func openEvents() -> [DemandResponseEvent] {
        [
            DemandResponseEvent(
                id: evening, utilityRequestID: "REQ-88121", program: "Capacity Bidding", name: "Evening peak",
                priority: 1, source: "openadr-3.1", window: window(-19, 41), status: .active, ordinal: 41,
                receivedAt: minutes(-52), modifiedAt: minutes(-52), target: Power(kilowatts: 820),
                expected: Power(kilowatts: 846.5), achieved: Power(kilowatts: 764.2), forecastQuality: .normal,
                traceID: "4bf92f3577b34da6"),
            DemandResponseEvent(
                id: north, program: "Emergency", name: "North feeder relief", priority: 0, source: "openadr-3.0",
                window: window(-7, 113), status: .degraded, ordinal: 22, receivedAt: minutes(-9),
                modifiedAt: minutes(-8), target: Power(kilowatts: 300), expected: Power(kilowatts: 280),
                achieved: Power(kilowatts: 118.4), forecastQuality: .heuristic),
            DemandResponseEvent(
                id: waiting, program: "Capacity Bidding", name: "", source: "json", window: window(35, 95),
                status: .scheduled, ordinal: 3, awaitsApproval: true, receivedAt: minutes(-3),
                modifiedAt: minutes(-3), target: Power(kilowatts: 500), expected: Power(kilowatts: 431),
                forecastQuality: .degraded),
            DemandResponseEvent(
                id: held, kind: .override, program: "override", name: "01/AHU-1/CLG_SP at F-002",
                source: "operator:ana", window: window(-23, 97), status: .active, ordinal: 6,
                receivedAt: minutes(-23), modifiedAt: minutes(-23)),
        ]
    }

    static func settledEvents() -> [DemandResponseEvent] {
        let endings: [(DREventStatus, Double, Double?)] = [
            (.completed, 640, 655.1), (.failed, 200, nil), (.cancelled, 350, 12), (.optedOut, 90, nil),
            (.superseded, 410, 60), (.completed, 700, 498.7),
        ]
        return (0..<36).map { index in
            let (status, target, achieved) = endings[index % endings.count]
            let start = -1440 * Int64(index + 1) + 30
            return DemandResponseEvent(
                id: DREventID("day-ahead-\(400 - index)")!, program: index % 2 == 0 ? "Day-Ahead" : "Capacity Bidding",
                name: index % 3 == 0 ? "Day-ahead call \(400 - index)" : "", source: "openadr-3.1",
                window: window(start, start + 60), status: status, ordinal: 50, isSettled: true,
                receivedAt: minutes(start - 720), modifiedAt: minutes(start - 720), target: Power(kilowatts: target),
                expected: Power(kilowatts: target * 1.02), achieved: achieved.map { Power(kilowatts: $0) },
                forecastQuality: .normal)
        }
    }

    static func events(_ query: EventQuery) -> [DemandResponseEvent] {
        Array((openEvents() + settledEvents()).prefix(query.limit))
    }

    /// Puts the buildings of both events into a snapshot.
    static func addResponse(_ snapshot: inout OperatorSnapshot) {
        snapshot.openEvents = openEvents()
        func part(_ event: DREventID, _ state: LegState, _ expected: Double, _ achieved: Double?, _ baseline: Double?)
            -> FacilityResponse
        {
            let window = openEvents().first { $0.id == event }?.window ?? window(0, 1)
            return FacilityResponse(
                event: event, state: state, window: window, expected: Power(kilowatts: expected),
                achieved: achieved.map { Power(kilowatts: $0) }, baseline: baseline.map { Power(kilowatts: $0) })
        }
        snapshot.facilities[0].response = part(evening, .active, 120, 117.3, 3074)
        snapshot.facilities[1].response = part(evening, .active, 450, 410.4, 1310)
        snapshot.facilities[8].response = part(evening, .active, 180.5, 236.5, 943)
        snapshot.facilities[2].response = part(evening, .failed, 96, nil, nil)
        snapshot.facilities[6].response = part(north, .degraded, 150, 40.2, 530)
        snapshot.facilities[7].response = part(north, .pendingExecution, 130, nil, nil)
        snapshot.facilities[9].response = part(waiting, .planned, 431, nil, nil)
    }

    // MARK: - One event whole

    private struct Leg {
        var facility: String
        var state: LegState
        var commands: [CommandProgress.Phase]
        var expected: Double
        var achieved: Double?
        var baseline: Double?
        var isLow = false
        var isDiscrepant = false
    }

    private static let legs: [Leg] = [
        Leg(
            facility: "F-001", state: .active, commands: [.confirmed, .confirmed, .confirmed], expected: 120,
            achieved: 117.3, baseline: 3074),
        Leg(
            facility: "F-002", state: .active, commands: [.confirmed, .confirmed, .accepted, .confirmed], expected: 450,
            achieved: 410.4, baseline: 1310, isDiscrepant: true),
        Leg(
            facility: "F-003", state: .failed, commands: [.failed, .failed], expected: 96, achieved: nil, baseline: nil),
        Leg(
            facility: "F-009", state: .degraded,
            commands: [.confirmed, .failed, .asking, .retrying, .writing, .planned], expected: 180.5,
            achieved: 36.5, baseline: 943, isLow: true),
        Leg(
            facility: "F-012", state: .waiting, commands: [.planned, .planned], expected: 60, achieved: nil,
            baseline: nil),
    ]

    static let points = [
        "01/AHU-1/CLG_SP", "01/AHU-2/CLG_SP", "02/LIGHTS/LEVEL", "03/CHILLER/ENABLE", "04/AHU-7/HTG_SP",
        "05/EV-CHARGERS/ENABLE",
    ]
    private static let kinds2: [PointKind] = [
        .coolingSetPoint, .coolingSetPoint, .lightLevel, .switchedLoad, .heatingSetPoint, .switchedLoad,
    ]
    private static let values = [26.0, 25.5, 0.6, 0, 19.0, 0]

    static func detail(_ id: DREventID) -> EventDetail? {
        guard let event = (openEvents() + settledEvents()).first(where: { $0.id == id }) else { return nil }
        guard id == evening || id == north else { return small(event) }
        var commands: [BuildingCommand] = []
        for leg in legs {
            for (index, phase) in leg.commands.enumerated() {
                commands.append(command(leg, index, phase, sequence: commands.count + 1, of: id))
            }
        }
        let views = legs.map { leg in
            EventLegView(
                facility: FacilityID(leg.facility)!,
                progress: LegProgress(
                    state: leg.state, activeSince: leg.achieved == nil ? nil : minutes(-18),
                    isUnderDelivering: leg.isLow, isDiscrepant: leg.isDiscrepant),
                expected: Power(kilowatts: leg.expected), confirmed: Power(kilowatts: leg.expected * 0.9),
                achieved: leg.achieved.map { Power(kilowatts: $0) },
                baseline: leg.baseline.map { Power(kilowatts: $0) },
                baselineMethod: leg.baseline.map { _ in "same-day-hour-before" },
                commands: leg.commands.count, confirmedCommands: leg.commands.count { $0 == .confirmed },
                failedCommands: leg.commands.count { $0 == .failed })
        }
        return EventDetail(
            event: event,
            progress: EventProgress(status: event.status, firstConfirmedAt: minutes(-18), isUnderDelivering: false),
            legs: views, commands: commands, transitions: transitions(event),
            remarks: [
                "F-006 left out: no meter has reported since 20:10.",
                "F-004 left out: 2 of its zones are critical and the third is held by an operator.",
                "The window touches the baseline's adjustment hours of F-002: its ratio will be capped.",
            ])
    }

    /// One building, nothing sent yet.
    private static func small(_ event: DemandResponseEvent) -> EventDetail {
        let leg = Leg(
            facility: "F-010", state: .planned, commands: [.planned, .planned, .planned], expected: 431, achieved: nil,
            baseline: nil)
        let isOver = event.isSettled
        return EventDetail(
            event: event, progress: EventProgress(status: event.status, isSettled: isOver),
            legs: isOver
                ? []
                : [
                    EventLegView(
                        facility: FacilityID(leg.facility)!, progress: LegProgress(), expected: Power(kilowatts: 431),
                        confirmed: .zero, achieved: nil, baseline: nil, commands: 3, confirmedCommands: 0,
                        failedCommands: 0)
                ],
            commands: isOver ? [] : (0..<3).map { command(leg, $0, .planned, sequence: $0 + 1, of: event.id) },
            transitions: Array(transitions(event).suffix(2)),
            remarks: isOver ? [] : ["69 kW of the target are missing: one zone is already at its limit."])
    }

    private static func command(
        _ leg: Leg, _ index: Int, _ phase: CommandProgress.Phase, sequence: Int, of event: DREventID
    ) -> BuildingCommand {
        let isOpen = phase == .asking || phase == .retrying || phase == .accepted
        return BuildingCommand(
            event: event, facility: FacilityID(leg.facility)!,
            plan: CommandPlan(
                sequence: sequence, step: index / 3, point: PointID(points[index])!, kind: kinds2[index],
                value: values[index], slot: .demandResponse, startsAt: minutes(-19), endsAt: minutes(41),
                expiresAt: minutes(56), expected: Power(kilowatts: leg.expected / Double(leg.commands.count))),
            progress: CommandProgress(
                phase: phase, due: isOpen ? now.advanced(by: .seconds(phase == .asking ? -4 : 22)) : nil,
                attempts: phase == .planned ? 0 : phase == .failed ? 5 : phase == .retrying ? 3 : 1,
                confirmedAt: phase == .confirmed ? minutes(-18) : nil,
                executionID: phase == .confirmed ? "EX-\(9000 + sequence)" : nil, isAmbiguous: phase == .asking))
    }

    private static func transitions(_ event: DemandResponseEvent) -> [EventTransitionView] {
        let start = event.window.start
        let received = event.receivedAt
        let lines: [(UTCInstant, String, String, String, String, String)] = [
            (received.advanced(by: .milliseconds(240)), "event", "none", "pending", event.source, "Received."),
            (
                received.advanced(by: .seconds(2)), "event", "pending", "scheduled", "engine",
                "Planned 5 buildings, 17 commands."
            ),
            (start, "event", "scheduled", "pending_execution", "engine", "Its window begins."),
            (
                start.advanced(by: .seconds(1)), "F-001 #1", "planned", "sent", "engine",
                "Attempt 1 of 5 to write the set-point."
            ),
            (start.advanced(by: .seconds(3)), "F-001 #1", "sent", "confirmed", "engine", "The building confirmed."),
            (
                start.advanced(by: .seconds(3)), "event", "pending_execution", "active", "engine",
                "A building confirmed."
            ),
            (
                start.advanced(by: .seconds(64)), "F-003 #8", "planned", "failed", "engine",
                "Refused the connection 5 times: 10.2.0.3:8080."
            ),
            (
                start.advanced(by: .seconds(64)), "F-003", "pending_execution", "failed", "engine",
                "No command confirmed."
            ),
            (
                start.advanced(by: .seconds(301)), "F-009", "active", "degraded", "engine",
                "20 % of what was expected is measured."
            ),
        ]
        return lines.enumerated().map { index, line in
            EventTransitionView(
                ordinal: index + 1, at: line.0, subject: line.1, from: line.2, to: line.3, actor: line.4,
                reason: line.5)
        }.reversed()
    }

    /// Three versions of one building's report and one of another's, as the engine writes them.
    static func reports(_ id: DREventID) -> [ParticipationRecord] {
        let hashes = ["1f", "a7", "5c", "e0"].map { "sha256:" + String(repeating: $0, count: 32) }
        func body(_ facility: String, _ version: Int, _ issue: String, _ baseline: String) -> String {
            """
            {"baseline":{\(baseline)},"event":{"id":"\(id)"},"facility":{"id":"\(facility)"},"issue":{\(issue)},\
            "reportVersion":\(version),"result":{"averageKW":117.3,"percentOfCommitment":97.7}}
            """
        }
        let rule = """
            "days":[{"date":"2026-11-20","isUsed":true,"verdict":"kept, rank 1"},\
            {"date":"2026-11-19","isUsed":false,"verdict":"dropped: a day with an event"}],\
            "preset":"caiso-10-in-10","quality":"settlement"
            """
        let heuristic = """
            "preset":"same-day-hour-before","quality":"heuristic",\
            "reason":"caiso-10-in-10 could not be followed: 2 of 10 days have load"
            """
        let bodies = [
            ("F-001", 1, body("F-001", 1, "\"by\":\"engine\",\"state\":\"provisional\"", rule)),
            ("F-002", 1, body("F-002", 1, "\"by\":\"engine\",\"state\":\"provisional\"", heuristic)),
            (
                "F-001", 2,
                body(
                    "F-001", 2,
                    "\"by\":\"engine\",\"reason\":\"late data changed 2 of 4 intervals\",\"state\":\"recomputed\"", rule
                )
            ),
            (
                "F-001", 3,
                body(
                    "F-001", 3,
                    "\"by\":\"operator:ana\",\"reason\":\"meter repaired (the baseline of 4 intervals changed)\","
                        + "\"state\":\"recomputed\"", rule)
            ),
        ]
        return bodies.enumerated().map { index, report in
            ParticipationRecord(
                number: Int64(41 + index), event: id, facility: FacilityID(report.0)!, version: report.1,
                at: minutes(Int64(index) - 10), body: report.2, previousHash: index == 0 ? nil : hashes[index - 1],
                hash: hashes[index],
                delivery: index == 3 ? ReportDelivery(.taken, at: minutes(-1), note: "taken as r-7") : nil)
        }
    }

    // MARK: - A building

    static func building(_ facility: FacilityID) -> BuildingView {
        let views = points.indices.map { point($0) }
        return BuildingView(
            facility: facility, endpoint: "http://127.0.0.1:9100/bms/\(facility)", points: views,
            readAt: now.advanced(by: .seconds(-2)), failure: nil)
    }

    /// The first is held by an operator above a DR value, the second by DR, the third by somebody at the building.
    private static func point(_ index: Int) -> PointView {
        let id = PointID(points[index])!
        let normal = [22.0, 22.5, 1, 1, 21.0, 1][index]
        let slots: [Int: Double] = [[8: 21.0, 10: 26.0], [10: 25.5], [5: 0.8], [16: 1], [:], [8: 0]][index]
        var holders: [PointView.Holder] = []
        if index == 0 {
            holders.append(
                PointView.Holder(
                    slot: .operatorOverride, event: held, author: "operator:ana",
                    reason: "Board meeting in the south wing", since: minutes(-23), until: minutes(97),
                    state: .confirmed))
        }
        if index < 2 {
            holders.append(
                PointView.Holder(
                    slot: .demandResponse, event: evening, author: "engine", reason: "Evening peak",
                    since: minutes(-19), until: minutes(41), state: .confirmed))
        }
        return PointView(
            point: BuildingPoint(
                id: id, kind: kinds2[index],
                zone: ["South wing", "North wing", "Hall", "Plant", "Ward 3", "Garage"][index],
                normal: normal, rated: Power(kilowatts: [45, 38.5, 22, 310, 12, 88][index]), isCritical: index == 4,
                isHeldByOperator: index == 0),
            reading: PointReading(
                point: id, value: slots.min { $0.key < $1.key }?.value ?? normal, slots: slots,
                at: now.advanced(by: .seconds(-2))),
            holders: holders)
    }

    // MARK: - Previews

    static func preview(_ request: EventRequest) -> PlanPreview {
        let end = request.start.advanced(by: request.duration)
        let legs = ["F-001", "F-002", "F-009"].enumerated().map { index, id in
            LegPlan(
                facility: FacilityID(id)!,
                commands: [plan(index + 1, value: values[index], slot: .demandResponse, end)],
                expected: Power(kilowatts: 120))
        }
        return PlanPreview(
            plan: DispatchPlan(
                event: request.id, version: 1, window: TimeRange(start: request.start, end: end),
                target: request.target, forecastQuality: .heuristic, legs: legs),
            expected: Power(kilowatts: 360), optimistic: Power(kilowatts: 425.5),
            missing: Power(kilowatts: max(0, request.target.kilowatts - 360)),
            remarks: ["F-003 left out: its breaker is open.", "F-005 left out: a data centre's zones are critical."])
    }

    /// Cooling set-points are clamped to 22...27 °C.
    static func preview(_ request: OverrideRequest) -> PlanPreview {
        let value = min(27, max(22, request.value))
        return PlanPreview(
            plan: DispatchPlan(
                event: DREventID("override-preview")!, version: 1,
                window: TimeRange(start: now, end: request.until), target: nil, forecastQuality: .normal,
                legs: [
                    LegPlan(
                        facility: request.facility,
                        commands: [plan(1, value: value, slot: .operatorOverride, request.until)], expected: .zero)
                ]),
            expected: .zero, optimistic: .zero, missing: .zero,
            remarks: value == request.value ? [] : ["Cooling set-points stay within 22.0 to 27.0 °C."])
    }

    private static func plan(_ sequence: Int, value: Double, slot: PrioritySlot, _ end: UTCInstant) -> CommandPlan {
        CommandPlan(
            sequence: sequence, point: PointID(points[0])!, kind: .coolingSetPoint, value: value, slot: slot,
            startsAt: now, endsAt: end, expiresAt: end.advanced(by: .seconds(900)), expected: .zero)
    }
}
