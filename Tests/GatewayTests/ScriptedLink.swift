import EnergyModel
import Ports
import Synchronization

/// An engine with two facilities, F-1 and F-2, and everything there is of each. Remembers what it was asked to do.
final class ScriptedLink: OperatorLink {
    let commands = Mutex<[OperatorCommand]>([])
    let asked = Mutex<[String]>([])
    /// Events cannot be asked for.
    let isAway = Mutex(false)
    /// The newest snapshot, once.
    let updates: [LinkUpdate]

    init(updates: [LinkUpdate] = [.snapshot(Story.snapshot), .lost(sentence: "gone")]) { self.updates = updates }

    private func note(_ what: some Any) { asked.withLock { $0.append("\(what)") } }

    func snapshots() -> AsyncStream<LinkUpdate> {
        AsyncStream { continuation in
            for update in updates { continuation.yield(update) }
            continuation.finish()
        }
    }

    func series(_ request: SeriesRequest) async throws(PortError) -> SeriesAnswer {
        SeriesAnswer(request: request, stepMilliseconds: 60_000, points: [], answeredAt: Story.now)
    }
    func meters(of facility: FacilityID) async throws(PortError) -> [MeterSnapshot] {
        guard let meter = Story.meters[facility] else { throw PortError(.notFound, "not known") }
        return [
            MeterSnapshot(
                id: meter, kilowatts: 1, registerKilowattHours: nil, volts: nil, quality: nil, newest: nil,
                missingSlotsLastHour: 0)
        ]
    }
    func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage {
        note(query.among as Any)
        let letters = Story.letters.filter { letter in
            (query.facility == nil || letter.facility == query.facility)
                && (query.among.map { among in letter.facility.map(among.contains) ?? false } ?? true)
        }
        return DeadLetterPage(letters: letters, matching: letters.count)
    }
    func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter? {
        Story.letters.first { $0.number == number }
    }
    func check(deadLetter number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck { .passes([]) }
    func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun {
        note(selection)
        return DryRun(rows: [], matching: 0, examined: 0)
    }
    func redrives() async throws(PortError) -> [Redrive] { Story.redrives }
    func forecast(_ query: ForecastQuery) async throws(PortError) -> ForecastAnswer {
        ForecastAnswer(forecast: nil, dayAhead: [], profile: nil, standing: nil, answeredAt: Story.now)
    }
    func backtest(_ request: BacktestRequest) async throws(PortError) -> BacktestAnswer {
        BacktestAnswer(request: request, daysKnown: 0, models: [], answeredAt: Story.now)
    }
    func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry] {
        Story.journal.filter { entry in
            (query.facility == nil || entry.facility == query.facility)
                && (query.among.map { among in entry.facility.map(among.contains) ?? false } ?? true)
        }
    }
    func trace(_ id: TraceID) async throws(PortError) -> [TraceSpan] { [] }
    func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary] { [] }
    func snapshot(at moment: UTCInstant) async throws(PortError) -> OperatorSnapshot { Story.snapshot }
    func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] {
        note("events")
        if isAway.withLock(\.self) { throw PortError(.unavailable, "away") }
        return Story.details.filter { detail in
            let facilities = detail.legs.map(\.facility)
            return (query.facility.map(facilities.contains) ?? true)
                && (query.among.map { !$0.isDisjoint(with: facilities) } ?? true)
        }.map(\.event)
    }
    func event(_ id: DREventID) async throws(PortError) -> EventDetail? { Story.details.first { $0.event.id == id } }
    func preview(_ request: EventRequest) async throws(PortError) -> PlanPreview { Story.preview }
    func preview(_ request: OverrideRequest) async throws(PortError) -> PlanPreview { Story.preview }
    func building(_ facility: FacilityID) async throws(PortError) -> BuildingView {
        BuildingView(facility: facility, endpoint: nil, points: [], readAt: nil, failure: nil)
    }
    func reports(of event: DREventID) async throws(PortError) -> [ParticipationRecord] {
        (Story.details.first { $0.event.id == event }?.legs ?? []).map { leg in
            ParticipationRecord(
                event: event, facility: leg.facility, version: 1, at: Story.now, body: "{}", previousHash: nil,
                hash: "sha256:0")
        }
    }
    func arm(_ request: ArmRequest) async throws(PortError) -> ArmAnswer {
        note("\(request.author) arms \(request.key)")
        return .armed(for: .seconds(1))
    }
    func disarm(key: String) async throws(PortError) { note("disarm \(key)") }
    func submit(_ command: OperatorCommand) async -> CommandOutcome {
        commands.withLock { $0.append(command) }
        return .done(sentence: "Done.", affected: 1)
    }
}

/// What the scripted engine knows.
enum Story {
    static let now = UTCInstant(milliseconds: 1_795_000_000_000)
    static let one = facility("F-1")
    static let two = facility("F-2")
    static let meters = [one: meter("M-1"), two: meter("M-2")]
    static let point = PointID("AHU-1") ?? { preconditionFailure("a point id") }()

    static func facility(_ text: String) -> FacilityID {
        guard let id = FacilityID(text) else { preconditionFailure(text) }
        return id
    }
    static func meter(_ text: String) -> MeterID {
        guard let id = MeterID(text) else { preconditionFailure(text) }
        return id
    }
    static func event(_ text: String) -> DREventID {
        guard let id = DREventID(text) else { preconditionFailure(text) }
        return id
    }

    static let letters: [DeadLetter] = [(1, one), (2, two), (3, nil)].map { number, facility in
        DeadLetter(
            number: number, topic: "sensor-readings-dlt", payload: [], headers: [:], reason: "malformed_json",
            message: "bad", facility: facility, firstSeen: now)
    }

    static let redrives: [Redrive] = [
        redrive("of-one", .matching(DeadLetterQuery(facility: one), through: 9), by: "operator:ben"),
        redrive("of-two", .matching(DeadLetterQuery(among: [one, two]), through: 9), by: "operator:ben"),
        redrive("of-all", .matching(DeadLetterQuery(), through: 9), by: "operator:ben"),
        redrive("named", .numbers([1]), by: "operator:ben"), redrive("own", .numbers([1]), by: "operator:ana"),
    ]
    private static func redrive(_ id: String, _ selection: LetterSelection, by author: String) -> Redrive {
        Redrive(id: id, selection: selection, perSecond: 1, author: author, reason: "", begunAt: now, total: 1)
    }

    static let journal: [JournalEntry] = [one, two, nil].map { facility in
        JournalEntry(
            at: now, kind: .audit, actor: "engine", subject: "x", text: "\(facility?.text ?? "all")", facility: facility
        )
    }

    /// `mine` is of F-1, `theirs` of F-2, `both` of both.
    static let details = [("mine", [one]), ("theirs", [two]), ("both", [one, two])].map { name, facilities in
        detail(name, facilities)
    }

    private static func detail(_ name: String, _ facilities: [FacilityID]) -> EventDetail {
        let id = event(name)
        let window = TimeRange(start: now, end: now.advanced(by: .seconds(3600)))
        let row = DemandResponseEvent(
            id: id, program: "p", source: "utility:acme", window: window, ordinal: 3, receivedAt: now, modifiedAt: now,
            target: Power(kilowatts: 100), expected: Power(kilowatts: 90), achieved: Power(kilowatts: 80))
        let legs = facilities.map { facility in
            EventLegView(
                facility: facility, progress: LegProgress(), expected: Power(kilowatts: 30),
                confirmed: Power(kilowatts: 30), achieved: Power(kilowatts: 20), baseline: nil, commands: 1,
                confirmedCommands: 1, failedCommands: 0)
        }
        let subjects = ["event"] + facilities.flatMap { [$0.text, "\($0) #1"] }
        let transitions = subjects.enumerated().map { ordinal, subject in
            EventTransitionView(
                ordinal: ordinal, at: now, subject: subject, from: "", to: "active", actor: "engine",
                reason: subject == "event" ? "confirmed by \(facilities.map(\.text))" : "")
        }
        return EventDetail(
            event: row, progress: EventProgress(), legs: legs, commands: [], transitions: transitions,
            remarks: ["F-2 holds back."])
    }

    static let preview = PlanPreview(
        plan: DispatchPlan(
            event: event("mine"), version: 1, window: TimeRange(start: now, end: now), target: nil,
            forecastQuality: .normal, legs: []),
        expected: .zero, optimistic: .zero, missing: .zero, remarks: [])

    static let snapshot = OperatorSnapshot(
        at: now, sequence: 1, isHistorical: false, facilities: [one, two].map(row),
        deadLetters: [
            DeadLetterCount(topic: "t", reason: "r", state: .pending, count: 3, newest: now)
        ], deadLettersPerMinute: 2,
        health: HealthSnapshot(
            version: "1", startedAt: now, mode: "test",
            dependencies: [
                DependencyStatus(name: "event-log", state: .up, detail: "", checkedAt: now),
                DependencyStatus(name: "building:F-2", state: .down, detail: "", checkedAt: now),
            ],
            breakers: ["event-log", "building:F-1", "building:F-2"].map { name in
                BreakerStatus(
                    name: name, state: .closed, consecutiveFailures: 0, calls: 0, failures: 0, since: now,
                    nextProbe: nil)
            }, queues: [], feeds: [], partitions: [], rates: [], latencies: [], counters: [], residentBytes: 1,
            diskFreeBytes: 1, diskTotalBytes: 1),
        openEvents: details.map(\.event),
        forecast: FleetForecast(peak: Power(kilowatts: 9), peakAt: now, facilities: 2, issuedAt: now))

    private static func row(_ id: FacilityID) -> FacilitySnapshot {
        FacilitySnapshot(
            id: id, name: id.text, kind: .office, region: "", timeZone: "UTC", isDescribed: true, contractDemand: nil,
            load: nil, newest: nil, meters: 1, freshMeters: 0, usableMeters: 0, qualityShare: 1, lastHour: [],
            peakToday: nil)
    }
}
