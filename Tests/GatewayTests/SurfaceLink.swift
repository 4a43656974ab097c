import EnergyModel
import Ports
import Synchronization

/// An engine that knows one of everything the REST surface tells: F-1 with every number known, F-2 with none.
final class SurfaceLink: OperatorLink {
    private struct State {
        var commands: [OperatorCommand] = []
        var outcomes: [String: CommandOutcome] = [:]
        var letter = SurfaceStory.letter
    }
    private let state = Mutex(State())
    /// Refuses every command with this sentence.
    let refusal: String?
    let events: [DemandResponseEvent]

    init(refusal: String? = nil, events: [DemandResponseEvent] = SurfaceStory.details.map(\.event)) {
        self.refusal = refusal
        self.events = events
    }

    var commands: [OperatorCommand] { state.withLock { $0.commands } }

    func snapshots() -> AsyncStream<LinkUpdate> {
        AsyncStream { $0.yield(.snapshot(SurfaceStory.snapshot)) }
    }
    func series(_ request: SeriesRequest) async throws(PortError) -> SeriesAnswer {
        let step: Int64 =
            if case .rollup(let granularity) = request.resolution { granularity.milliseconds } else { 15_000 }
        let count = Int(request.range.duration.milliseconds / step)
        let points = (0..<count).filter { $0 != 1 }.map { index in
            SeriesAnswer.Point(
                start: UTCInstant(milliseconds: request.range.start.milliseconds + Int64(index) * step),
                mean: Double(index), low: 0, high: 9, kilowattHours: 0.25,
                qualityShare: index.isMultiple(of: 2) ? 1 : 0.7)
        }
        return SeriesAnswer(request: request, stepMilliseconds: step, points: points, answeredAt: fixedNow)
    }
    func meters(of facility: FacilityID) async throws(PortError) -> [MeterSnapshot] {
        guard facility == Story.one else { throw PortError(.notFound, "no facility \(facility) is known") }
        return SurfaceStory.meters
    }
    func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage {
        let letter = state.withLock { $0.letter }
        let shown = query.before.map { $0 > 7 } ?? true
        return DeadLetterPage(letters: shown ? [letter] : [], matching: 1)
    }
    func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter? {
        number == 7 ? state.withLock { $0.letter } : nil
    }
    func check(deadLetter number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck {
        payload == nil
            ? .fails([.init(reason: "malformed_json", sentence: "no brace", offset: 3)]) : .passes(["a reading"])
    }
    func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun {
        DryRun(
            rows: [
                .init(reason: nil, count: 2, example: 7, sentence: "would be taken"),
                .init(reason: "malformed_json", count: 1, example: 8, sentence: "no brace"),
            ], matching: 3, examined: 3)
    }
    func redrives() async throws(PortError) -> [Redrive] { [SurfaceStory.redrive] }
    func forecast(_ query: ForecastQuery) async throws(PortError) -> ForecastAnswer {
        ForecastAnswer(
            forecast: query.facility == Story.one ? SurfaceStory.forecast : nil, dayAhead: [],
            profile: query.facility == Story.one ? SurfaceStory.profile : nil, standing: nil, answeredAt: fixedNow)
    }
    func backtest(_ request: BacktestRequest) async throws(PortError) -> BacktestAnswer {
        BacktestAnswer(request: request, daysKnown: 0, models: [], answeredAt: fixedNow)
    }
    func trace(_ id: TraceID) async throws(PortError) -> [TraceSpan] { [] }
    func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary] { [] }
    func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry] {
        let entries = (1...3).reversed().map { number in
            JournalEntry(
                number: Int64(number), at: fixedNow, kind: .audit, actor: "operator:ana", subject: "note",
                text: "noted", facility: Story.one, commandKey: "k", traceID: "t")
        }
        let before = query.before ?? .max
        return Array(entries.filter { ($0.number ?? 0) < before }.prefix(query.limit))
    }
    func snapshot(at moment: UTCInstant) async throws(PortError) -> OperatorSnapshot { SurfaceStory.snapshot }
    func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] {
        let found = events.filter { event in
            if let kind = query.kind, event.kind != kind { return false }
            return query.startsBefore.map { event.window.start < $0 } ?? true
        }
        return Array(found.sorted { ($0.window.start, $0.id) > ($1.window.start, $1.id) }.prefix(query.limit))
    }
    func event(_ id: DREventID) async throws(PortError) -> EventDetail? {
        SurfaceStory.details.first { $0.event.id == id }
    }
    func preview(_ request: EventRequest) async throws(PortError) -> PlanPreview { Story.preview }
    func preview(_ request: OverrideRequest) async throws(PortError) -> PlanPreview { Story.preview }
    func building(_ facility: FacilityID) async throws(PortError) -> BuildingView { SurfaceStory.building }
    func reports(of event: DREventID) async throws(PortError) -> [ParticipationRecord] {
        event.text == "evt-1" ? SurfaceStory.reports : []
    }
    func arm(_ request: ArmRequest) async throws(PortError) -> ArmAnswer { .armed(for: .seconds(30)) }
    func disarm(key: String) async throws(PortError) {}
    func submit(_ command: OperatorCommand) async -> CommandOutcome {
        state.withLock { state in
            if let outcome = state.outcomes[command.key] { return outcome }
            state.commands.append(command)
            if case .editDeadLetter(_, let payload, let edition) = command.action {
                state.letter.edit = .init(
                    payload: payload, author: command.author, at: fixedNow, edition: edition + 1)
            }
            let outcome: CommandOutcome = refusal.map { .refused(sentence: $0) } ?? .done(sentence: "done", affected: 1)
            state.outcomes[command.key] = outcome
            return outcome
        }
    }
}

enum SurfaceStory {
    static let window = TimeRange(start: fixedNow, end: fixedNow.advanced(by: .seconds(3600)))
    static let hostile = "x\u{1b}[2J\u{202e}\"\n"

    static let snapshot = OperatorSnapshot(
        at: fixedNow.advanced(by: .seconds(-1)), sequence: 1, isHistorical: false, facilities: [known, unknown],
        deadLetters: [], deadLettersPerMinute: 0,
        health: HealthSnapshot(
            version: "1", startedAt: fixedNow, mode: "test",
            dependencies: [DependencyStatus(name: "log", state: .up, detail: hostile, checkedAt: fixedNow)],
            breakers: [
                BreakerStatus(
                    name: "log", state: .halfOpen, consecutiveFailures: 0, calls: 1, failures: 0, since: fixedNow,
                    nextProbe: fixedNow)
            ], queues: [QueueStatus(name: "spool", items: 1, bytes: 2, capBytes: 3, isRefusing: false)],
            feeds: [
                FeedStatus(
                    name: "mqtt", state: .backingOff, endpoint: "mqtt://x", detail: "", since: fixedNow, received: 1,
                    acknowledged: 1)
            ],
            partitions: [
                PartitionStatus(
                    topic: "t", group: "g", index: 0, lag: 4, endOffset: 9, secondsToRetentionLoss: nil)
            ], rates: [RateStatus(name: "readings", perSecond: 1.5, history: [])],
            latencies: [
                LatencyStatus(name: "append", p50Milliseconds: 1, p99Milliseconds: 2, maxMilliseconds: 3, count: 4)
            ], counters: [CounterStatus(name: "readings.late", value: 5)], residentBytes: 1, diskFreeBytes: 2,
            diskTotalBytes: 3))

    static let known = FacilitySnapshot(
        id: Story.one, name: hostile, kind: .dataCentre, region: "west", timeZone: "America/Los_Angeles",
        isDescribed: true, contractDemand: Power(kilowatts: 200), load: Power(kilowatts: 150),
        newest: fixedNow.advanced(by: .seconds(-10)), meters: 2, freshMeters: 1, usableMeters: 2, qualityShare: 0.9,
        lastHour: [1, nil, 2.5], peakToday: Power(kilowatts: 180),
        response: FacilityResponse(
            event: Story.event("evt-1"), state: .active, window: window, expected: Power(kilowatts: 20),
            achieved: nil, baseline: Power(kilowatts: 170), baselineMethod: "same-day-hour-before"),
        forecast: ForecastBrief(
            peak: Power(kilowatts: 190), peakHigh: Power(kilowatts: 199), peakAt: fixedNow, mode: .normal, quality: 0.9,
            issuedAt: fixedNow))

    static let unknown = FacilitySnapshot(
        id: Story.two, name: "", kind: .other, region: "", timeZone: "UTC", isDescribed: false, contractDemand: nil,
        load: nil, newest: nil, meters: 0, freshMeters: 0, usableMeters: 0, qualityShare: 0, lastHour: [],
        peakToday: nil)

    static let meters = [
        MeterSnapshot(
            id: Story.meter("M-1"), kilowatts: 1.5, registerKilowattHours: 10, volts: 230, quality: .raw,
            newest: fixedNow, missingSlotsLastHour: 0),
        MeterSnapshot(
            id: Story.meter("M-9"), kilowatts: nil, registerKilowattHours: nil, volts: nil, quality: nil, newest: nil,
            missingSlotsLastHour: 240),
    ]

    static let letter = DeadLetter(
        number: 7, topic: "sensor-readings-dlt", payload: [0xff, 0x00], headers: ["a": hostile],
        reason: "malformed_json", message: hostile, facility: Story.one, firstSeen: fixedNow)

    static let redrive = Redrive(
        id: "k1", selection: .numbers([7]), perSecond: 5, author: "operator:ana", reason: "because",
        begunAt: fixedNow, total: 1)

    static let forecast = FacilityForecast(
        facility: Story.one, origin: fixedNow, issuedAt: fixedNow, model: "recipe-1", mode: .degraded, quality: 0.8,
        weather: .init(standing: .cached, provider: "noaa", asOf: fixedNow), remarks: ["Weather is old."],
        steps: [.init(low: 1, middle: 2, high: 3, calendar: 1, recent: 0.5)])

    static let profile = LoadProfile(
        facility: Story.one, kilowatts: Array(repeating: 5, count: 24), bandShare: 0.2, until: fixedNow,
        enteredAt: fixedNow, author: "operator:ana", reason: "because")

    static let point = BuildingPoint(id: Story.point, kind: .coolingSetPoint, zone: "Z-1", normal: 22)

    static let building = BuildingView(
        facility: Story.one, endpoint: "http://bms",
        points: [
            PointView(
                point: point,
                reading: PointReading(point: Story.point, value: 24, slots: [16: 22, 8: 24], at: fixedNow),
                holders: [
                    .init(
                        slot: .operatorOverride, event: Story.event("ovr-1"), author: "operator:ana", reason: "hot",
                        since: fixedNow, until: fixedNow, state: .confirmed)
                ]), PointView(point: point, reading: nil, holders: []),
        ], readAt: fixedNow, failure: nil)

    static let details = [detail("evt-1", .demandResponse), detail("ovr-1", .override)]

    private static func detail(_ id: String, _ kind: DemandResponseEvent.Kind) -> EventDetail {
        let id = Story.event(id)
        let command = BuildingCommand(
            event: id, facility: Story.one,
            plan: CommandPlan(
                sequence: 1, point: Story.point, kind: .coolingSetPoint, value: 24, slot: .operatorOverride,
                startsAt: fixedNow, endsAt: window.end, expiresAt: window.end, expected: .zero),
            progress: CommandProgress(phase: .confirmed, attempts: 1))
        return EventDetail(
            event: DemandResponseEvent(
                id: id, kind: kind, program: "p", name: hostile, source: "operator:ana", window: window,
                status: .active, ordinal: 5, receivedAt: fixedNow, modifiedAt: fixedNow),
            progress: EventProgress(status: .active),
            legs: [
                EventLegView(
                    facility: Story.one, progress: LegProgress(state: .active, ending: .windowOver),
                    expected: .zero, confirmed: .zero, achieved: nil, baseline: nil, commands: 1, confirmedCommands: 1,
                    failedCommands: 0)
            ], commands: [command],
            transitions: [
                EventTransitionView(
                    ordinal: 5, at: fixedNow, subject: "event", from: "pending", to: "active", actor: "engine",
                    reason: "")
            ], remarks: ["The plan rests on a heuristic."])
    }

    static let reports = (1...2).map { version in
        ParticipationRecord(
            number: Int64(version), event: Story.event("evt-1"), facility: Story.one, version: version, at: fixedNow,
            body: #"{"reportVersion":\#(version)}"#, previousHash: version == 1 ? nil : "sha256:0", hash: "sha256:1",
            delivery: ReportDelivery(.owed, at: fixedNow))
    }
}
