import EnergyModel
import Ports
import Synchronization

/// A link with the engine behind it: the engine's time stands still, a snapshot comes at least every second.
package struct LinkedEngine: Sendable {
    package let link: any OperatorLink
    /// The same engine's link inside its process: what it says is the truth.
    package let engine: any OperatorLink
    /// Known to the engine, with readings, a meter and points that can be commanded.
    package let facility: FacilityID
    package let meter: MeterID
    /// Scheduled, for that facility.
    package let event: DREventID
    package let now: UTCInstant
    /// Ends the engine and waits for it.
    package let stop: @Sendable () async -> Void

    package init(
        link: any OperatorLink, engine: any OperatorLink, facility: FacilityID, meter: MeterID, event: DREventID,
        now: UTCInstant, stop: @escaping @Sendable () async -> Void
    ) {
        self.link = link
        self.engine = engine
        self.facility = facility
        self.meter = meter
        self.event = event
        self.now = now
        self.stop = stop
    }
}

/// What every operator's link does, inside the engine's process and from far away.
package enum OperatorLinkContract {
    package static let cases: [ContractCase<LinkedEngine>] = [
        ContractCase("every question has the engine's answer") { try await questions($0) },
        ContractCase("letters, journal and redrives have the engine's answer") { try await searches($0) },
        ContractCase("demand response has the engine's answer") { try await response($0) },
        ContractCase("an error keeps its code and its sentence") { try await errors($0) },
        ContractCase("the same key twice acts once, however it comes") { try await sameKey($0) },
        ContractCase("what is refused says why") { try await refusals($0) },
        ContractCase("what one has armed is held from the next until it is given back") { try await arming($0) },
        ContractCase("snapshots begin at once and follow a command") { try await follow($0) },
        ContractCase("a slow reader gets the newest, not the backlog") { try await coalesce($0) },
        ContractCase("two readers see the same, and one that goes leaves the other") { try await twoReaders($0) },
        ContractCase("snapshots end with their task") { try await cancellation($0) },
        ContractCase("when the engine ends, its readers are told") { try await lost($0) },
    ]

    // MARK: - Questions

    private static func questions(_ subject: LinkedEngine) async throws {
        let (link, engine) = (subject.link, subject.engine)
        let hour = TimeRange(start: subject.now.advanced(by: .seconds(-3600)), end: subject.now)
        for subjectOfSeries in [SeriesRequest.Subject.facility(subject.facility), .meter(subject.meter)] {
            for resolution in [SeriesRequest.Resolution.rollup(.minute), .rollup(.hour)] {
                let request = SeriesRequest(subject: subjectOfSeries, resolution: resolution, range: hour)
                try await same(link, engine) { link throws(PortError) in try await link.series(request) }
            }
        }
        let raw = SeriesRequest(subject: .meter(subject.meter), resolution: .raw, range: hour)
        let points = try await link.series(raw).points
        try require(!points.isEmpty, "the meter's readings of the last hour should be there")
        try await same(link, engine) { link throws(PortError) in try await link.series(raw) }
        try await same(link, engine) { link throws(PortError) in try await link.meters(of: subject.facility) }
        try await same(link, engine) { link throws(PortError) in
            try await link.forecast(ForecastQuery(facility: subject.facility))
        }
        try await same(link, engine) { link throws(PortError) in
            try await link.backtest(BacktestRequest(facility: subject.facility, weeks: 1))
        }
        try await same(link, engine) { link throws(PortError) in
            var snapshot = try await link.snapshot(at: subject.now)
            // Counted up with each one made.
            snapshot.sequence = 0
            snapshot.health.residentBytes = 0
            snapshot.health.latencies = []
            return snapshot
        }
    }

    private static func searches(_ subject: LinkedEngine) async throws {
        let (link, engine) = (subject.link, subject.engine)
        try await same(link, engine) { link throws(PortError) in
            try await link.deadLetters(DeadLetterQuery(limit: 10)).letters
        }
        let letters = try await link.deadLetters(DeadLetterQuery(limit: 10))
        guard let number = letters.letters.first?.number else {
            throw ContractViolation(description: "there is a dead letter")
        }
        try await same(link, engine) { link throws(PortError) in try await link.deadLetter(number) }
        try await same(link, engine) { link throws(PortError) in
            try await link.check(deadLetter: number, payload: nil)
        }
        try await same(link, engine) { link throws(PortError) in
            try await link.check(deadLetter: number, payload: Array("{\"kw\": 1, \u{7}\u{202E}".utf8))
        }
        try await same(link, engine) { link throws(PortError) in
            try await link.dryRun(.matching(DeadLetterQuery(), through: .max))
        }
        try requireEqual(try await link.deadLetter(.max), nil, "a letter that is not there")
        try await same(link, engine) { link throws(PortError) in try await link.redrives() }
        try await same(link, engine) { link throws(PortError) in
            try await link.journal(JournalQuery(kinds: [.audit, .note], limit: 50))
        }
    }

    private static func response(_ subject: LinkedEngine) async throws {
        let (link, engine) = (subject.link, subject.engine)
        try require(try await !link.events(EventQuery()).isEmpty, "the scheduled event should be there")
        try await same(link, engine) { link throws(PortError) in try await link.events(EventQuery()) }
        try await same(link, engine) { link throws(PortError) in try await link.event(subject.event) }
        try await same(link, engine) { link throws(PortError) in try await link.reports(of: subject.event) }
        try await same(link, engine) { link throws(PortError) in try await link.building(subject.facility) }
        try requireEqual(try await link.event(try id("none-such")), nil, "an event that is not there")
        let request = EventRequest(
            id: try id("preview-1"), program: "p", start: subject.now.advanced(by: .seconds(7200)),
            duration: .seconds(3600), target: Power(kilowatts: 40), facilities: [subject.facility])
        try await same(link, engine) { link throws(PortError) in try await link.preview(request) }
        let building = try await link.building(subject.facility)
        guard let point = building.points.first?.point.id else {
            throw ContractViolation(description: "the building has a point")
        }
        let override = OverrideRequest(
            facility: subject.facility, point: point, value: 24, until: subject.now.advanced(by: .seconds(900)))
        try await same(link, engine) { link throws(PortError) in try await link.preview(override) }
    }

    private static func errors(_ subject: LinkedEngine) async throws {
        let (link, engine) = (subject.link, subject.engine)
        guard let stranger = FacilityID("F-stranger"), let meter = MeterID("M-stranger") else { return }
        let backwards = TimeRange(start: subject.now, end: subject.now.advanced(by: .seconds(-60)))
        for request in [
            SeriesRequest(subject: .facility(stranger), resolution: .rollup(.minute), range: backwards),
            SeriesRequest(subject: .meter(meter), resolution: .raw, range: backwards),
            SeriesRequest(subject: .facility(subject.facility), resolution: .raw, range: backwards),
        ] {
            try await same(link, engine) { link throws(PortError) in try await link.series(request) }
        }
        try await same(link, engine) { link throws(PortError) in try await link.building(stranger) }
        try await same(link, engine) { link throws(PortError) in
            try await link.backtest(BacktestRequest(facility: stranger, weeks: 9000))
        }
        try await same(link, engine) { link throws(PortError) in
            try await link.preview(
                OverrideRequest(
                    facility: stranger, point: try point("P-1"), value: .infinity, until: subject.now))
        }
    }

    // MARK: - Commands

    private static func sameKey(_ subject: LinkedEngine) async throws {
        let command = note("contract-same-key", subject)
        let first = await subject.link.submit(command)
        guard case .done = first else { throw ContractViolation(description: "a note should be taken: \(first)") }
        try requireEqual(await subject.link.submit(command), first, "the second time")
        let crowded = note("contract-crowd", subject)
        let outcomes = await withTaskGroup(of: CommandOutcome.self) { group in
            for _ in 0..<5 { group.addTask { await subject.link.submit(crowded) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        try requireEqual(Set(outcomes).count, 1, "outcomes of one key")
        let notes = try await subject.engine.journal(JournalQuery(kinds: [.note], limit: 100))
        for key in [command.key, crowded.key] {
            // A gateway puts whose it is before the key.
            let mine = notes.count { $0.commandKey?.hasSuffix(key) ?? false }
            try requireEqual(mine, 1, "notes under \(key)")
        }
    }

    private static func refusals(_ subject: LinkedEngine) async throws {
        let actions: [OperatorCommand.Action] = [
            .cancelEvent(try id("none-such")), .tripBreaker("none-such"), .pauseRedrive("none-such"),
            .recompute(TimeRange(start: subject.now, end: subject.now)),
        ]
        for (number, action) in actions.enumerated() {
            func command(_ side: String) -> OperatorCommand {
                OperatorCommand(
                    key: "contract-refused-\(side)-\(number)", author: "operator:ana", reason: "trial", action: action)
            }
            let outcome = await subject.link.submit(command("far"))
            guard case .refused(let sentence) = outcome, !sentence.isEmpty else {
                throw ContractViolation(description: "\(action) should be refused: \(outcome)")
            }
            try requireEqual(await subject.engine.submit(command("near")), outcome, "the refusal of \(action)")
        }
    }

    private static func arming(_ subject: LinkedEngine) async throws {
        let action = OperatorCommand.Action.releaseBuilding(subject.facility)
        func request(_ key: String) -> ArmRequest { ArmRequest(key: key, author: "operator:ana", action: action) }
        guard case .armed = try await subject.link.arm(request("contract-arm-1")) else {
            throw ContractViolation(description: "the first should arm")
        }
        guard case .held = try await subject.link.arm(request("contract-arm-2")) else {
            throw ContractViolation(description: "the second should find it held")
        }
        try await subject.link.disarm(key: "contract-arm-1")
        guard case .armed = try await subject.link.arm(request("contract-arm-2")) else {
            throw ContractViolation(description: "it should be free again")
        }
        try await subject.link.disarm(key: "contract-arm-2")
        try await subject.link.disarm(key: "contract-none")
    }

    // MARK: - Snapshots

    private static func follow(_ subject: LinkedEngine) async throws {
        var updates = SnapshotReader(subject.link)
        let first = try await updates.snapshot()
        try require(first.facilities.contains { $0.id == subject.facility }, "the facility should be in a snapshot")
        try require(first.openEvents.contains { $0.id == subject.event }, "the event should be in a snapshot")
        guard let added = FacilityID("F-contract") else { return }
        let description = FacilityDescription(
            id: added, name: "né \u{202E}", kind: .school, region: "", timeZone: "UTC", contractDemand: nil,
            buildingEndpoint: nil, meters: [])
        let outcome = await subject.link.submit(
            OperatorCommand(
                key: "contract-import", author: "operator:ana", reason: "trial",
                action: .importFacilities([description])))
        guard case .done = outcome else { throw ContractViolation(description: "\(outcome)") }
        _ = try await updates.snapshot { $0.facilities.contains { $0.id == added && $0.name == description.name } }
    }

    private static func coalesce(_ subject: LinkedEngine) async throws {
        var (slow, quick) = (SnapshotReader(subject.link), SnapshotReader(subject.link))
        let began = try await slow.snapshot().sequence
        let newest = try await quick.snapshot { $0.sequence >= began + 5 }.sequence
        // One may have been on its way already.
        _ = try await slow.snapshot()
        let next = try await slow.snapshot().sequence
        try require(next >= newest, "after what was on its way the newest should come: \(next) and not \(newest)")
    }

    private static func twoReaders(_ subject: LinkedEngine) async throws {
        var (first, second) = (SnapshotReader(subject.link), SnapshotReader(subject.link))
        let one = try await first.snapshot()
        let two = try await second.snapshot { $0.sequence >= one.sequence }
        try requireEqual(one.facilities.map(\.id), two.facilities.map(\.id), "what both see")
        first = second
        _ = try await second.snapshot { $0.sequence > two.sequence }
    }

    private static func cancellation(_ subject: LinkedEngine) async throws {
        let reading = Task { for await _ in subject.link.snapshots() {} }
        var reader = SnapshotReader(subject.link)
        _ = try await reader.snapshot()
        reading.cancel()
        // Hangs here, until the suite's limit, when a reader does not end.
        await reading.value
    }

    private static func lost(_ subject: LinkedEngine) async throws {
        var updates = subject.link.snapshots().makeAsyncIterator()
        while case let update? = await updates.next() { if case .snapshot = update { break } }
        await subject.stop()
        while let update = await updates.next() {
            if case .lost(let sentence) = update {
                return try require(!sentence.isEmpty, "a loss says what is lost")
            }
        }
        throw ContractViolation(description: "the snapshots ended without a word")
    }

    // MARK: - Parts

    private static func note(_ key: String, _ subject: LinkedEngine) -> OperatorCommand {
        OperatorCommand(
            key: key, author: "operator:ana", reason: "né \u{0}\n", action: .addNote(facility: subject.facility))
    }

    private static func id(_ text: String) throws(PortError) -> DREventID {
        guard let id = DREventID(text) else { throw PortError(.invalid, "\(text) is no id") }
        return id
    }

    private static func point(_ text: String) throws(PortError) -> PointID {
        guard let id = PointID(text) else { throw PortError(.invalid, "\(text) is no id") }
        return id
    }

    /// Both answer alike, or fail alike.
    private static func same<Answer: Equatable & Sendable>(
        _ link: any OperatorLink, _ engine: any OperatorLink, line: UInt = #line,
        _ ask: (any OperatorLink) async throws(PortError) -> Answer
    ) async throws {
        func result(_ link: any OperatorLink) async -> Result<Answer, PortError> {
            do throws(PortError) { return .success(try await ask(link)) } catch { return .failure(error) }
        }
        switch (await result(link), await result(engine)) {
        case (.success(let found), .success(let expected)):
            try requireEqual(found, expected, "the answer", line: line)
        case (.failure(let found), .failure(let expected)):
            try requireEqual(found.code, expected.code, "the code", line: line)
            try requireEqual(found.sentence, expected.sentence, "the sentence", line: line)
        case (.failure(let error), .success): throw ContractViolation(description: "line \(line): \(error)")
        case (.success, .failure(let error)):
            throw ContractViolation(description: "line \(line): an answer where the engine says \(error)")
        }
    }
}

/// Reads the snapshots of a link one by one.
struct SnapshotReader {
    private var updates: AsyncStream<LinkUpdate>.Iterator

    init(_ link: any OperatorLink) { updates = link.snapshots().makeAsyncIterator() }

    /// The next one that is as wanted.
    mutating func snapshot(_ isWanted: (OperatorSnapshot) -> Bool = { _ in true }) async throws -> OperatorSnapshot {
        while let update = await updates.next() {
            if case .snapshot(let snapshot) = update, isWanted(snapshot) { return snapshot }
        }
        throw ContractViolation(description: "the snapshots ended")
    }
}
