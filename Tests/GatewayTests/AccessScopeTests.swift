import EnergyModel
import Foundation
import Ports
import Synchronization
import Testing

@testable import Gateway

private let now = Story.now
private let (one, two) = (Story.one, Story.two)

private func identity(_ role: OperatorRole, _ scope: FacilityScope) -> OperatorIdentity {
    OperatorIdentity(name: "ana", role: role, scope: scope)
}

/// What a scope makes of a member of the link, asked about something of one facility.
private struct Member: Sendable, CustomTestStringConvertible {
    /// As it stands in the protocol, up to its first parameter's label.
    let name: String
    /// True when the caller sees it, false when it is as if it did not exist.
    let sees: @Sendable (ScopedLink, FacilityID) async throws -> Bool
    var testDescription: String { name }

    init(_ name: String, _ sees: @escaping @Sendable (ScopedLink, FacilityID) async throws -> Bool) {
        self.name = name
        self.sees = sees
    }
}

private func event(of facility: FacilityID) -> DREventID { Story.event(facility == one ? "mine" : "theirs") }
private func letter(of facility: FacilityID) -> Int64 { facility == one ? 1 : 2 }
private let range = TimeRange(start: now, end: now.advanced(by: .seconds(60)))

private let members: [Member] = [
    Member("snapshots(") { link, facility in
        for await case .snapshot(let snapshot) in link.snapshots() {
            return snapshot.facilities.contains { $0.id == facility }
                && snapshot.openEvents.contains { $0.id == event(of: facility) }
        }
        return false
    },
    Member("series(") { link, facility in
        for subject in [SeriesRequest.Subject.facility(facility), .meter(Story.meters[facility] ?? Story.meter("M-0"))]
        {
            _ = try await link.series(SeriesRequest(subject: subject, resolution: .raw, range: range))
        }
        return true
    },
    Member("meters(") { link, facility in try await !link.meters(of: facility).isEmpty },
    Member("deadLetters(") { link, facility in
        try await link.deadLetters(DeadLetterQuery()).letters.contains { $0.facility == facility }
    },
    Member("deadLetter(") { link, facility in try await link.deadLetter(letter(of: facility)) != nil },
    Member("check(") { link, facility in
        try await link.check(deadLetter: letter(of: facility), payload: nil) == .passes([])
    },
    Member("dryRun(") { link, facility in
        _ = try await link.dryRun(.matching(DeadLetterQuery(facility: facility), through: 9))
        _ = try await link.dryRun(.numbers([letter(of: facility)]))
        return true
    },
    Member("redrives(") { link, facility in
        try await link.redrives().contains { $0.id == (facility == one ? "of-one" : "of-two") }
    },
    Member("forecast(") { link, facility in
        _ = try await link.forecast(ForecastQuery(facility: facility))
        return true
    },
    Member("backtest(") { link, facility in
        _ = try await link.backtest(BacktestRequest(facility: facility))
        return true
    },
    Member("journal(") { link, facility in
        let all = try await link.journal(JournalQuery())
        let own = try await link.journal(JournalQuery(facility: facility))
        return all.contains { $0.facility == facility } && own.count == 1
    },
    Member("snapshot(") { link, facility in
        try await link.snapshot(at: now).facilities.contains { $0.id == facility }
    },
    Member("events(") { link, facility in
        let all = try await link.events(EventQuery())
        let own = try await link.events(EventQuery(facility: facility))
        return all.contains { $0.id == event(of: facility) } && own.count == 2
    },
    Member("event(") { link, facility in try await link.event(event(of: facility)) != nil },
    Member("preview(_ request: EventRequest") { link, facility in
        _ = try await link.preview(
            EventRequest(
                id: Story.event("new"), program: "p", start: now, duration: .seconds(60),
                target: Power(kilowatts: 1), facilities: [facility]))
        return true
    },
    Member("preview(_ request: OverrideRequest") { link, facility in
        _ = try await link.preview(
            OverrideRequest(facility: facility, point: Story.point, value: 1, until: now))
        return true
    },
    Member("building(") { link, facility in try await link.building(facility).facility == facility },
    Member("reports(") { link, facility in
        try await link.reports(of: Story.event("both")).contains { $0.facility == facility }
    },
    Member("arm(") { link, facility in
        let request = ArmRequest(key: "k", author: "x", action: .releaseBuilding(facility))
        return try await link.arm(request) == .armed(for: .seconds(1))
    },
    Member("disarm(") { link, facility in
        // Of one's own keys: nothing of any facility.
        try await link.disarm(key: "k")
        return link.identity.scope.contains(facility)
    },
    Member("submit(") { link, facility in
        let command = OperatorCommand(key: "k", author: "x", reason: "r", action: .releaseBuilding(facility))
        if case .done = await link.submit(command) { return true }
        return false
    },
]

@Suite("The link as one caller may use it", .timeLimit(.minutes(2)))
struct AccessScopeTests {
    @Test("own facilities are seen and foreign ones do not exist, at every member of the link", arguments: members)
    fileprivate func scope(member: Member) async throws {
        let mine = ScopedLink(ScriptedLink(), identity: identity(.supervisor, .only([one])))
        #expect(try await member.sees(mine, one))
        await #expect(isHidden(member, mine, two))
        let all = ScopedLink(ScriptedLink(), identity: identity(.supervisor, .all))
        #expect(try await member.sees(all, one))
        #expect(try await member.sees(all, two))
        let nobody = ScopedLink(ScriptedLink(), identity: identity(.supervisor, .only([])))
        await #expect(isHidden(member, nobody, one))
    }

    private func isHidden(_ member: Member, _ link: ScopedLink, _ facility: FacilityID) async -> Bool {
        do {
            return try await !member.sees(link, facility)
        } catch {
            return (error as? PortError)?.code == .notFound
        }
    }

    @Test("the table above has every member of the protocol")
    func complete() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Engine/Ports/OperatorLink.swift")
        let text = try String(contentsOf: path, encoding: .utf8)
        let body = text.prefix { _ in true }.split(separator: "package enum LinkUpdate")[0]
        let declared = body.split(separator: "\n").compactMap { line in
            line.trimmingPrefix(while: \.isWhitespace).hasPrefix("func ")
                ? String(line.trimmingPrefix(while: \.isWhitespace).dropFirst(5)) : nil
        }
        // Traces are for those alone who may see all facilities: see below.
        let others = declared.filter { !$0.hasPrefix("trace(") && !$0.hasPrefix("traces(") }
        #expect(others.count == members.count && declared.count == members.count + 2)
        for name in others { #expect(members.contains { name.hasPrefix($0.name) }, "\(name) is not in the table") }
    }

    @Test("traces run through all buildings of an event, so only who may see all facilities sees them")
    func traces() async throws {
        let some = ScopedLink(ScriptedLink(), identity: identity(.supervisor, .only([one])))
        await #expect(throws: PortError.self) { try await some.traces(TraceQuery()) }
        await #expect(throws: PortError.self) { try await some.trace(TraceID(high: 1, low: 2)) }
        let all = ScopedLink(ScriptedLink(), identity: identity(.viewer, .all))
        #expect(try await all.traces(TraceQuery()).isEmpty)
    }

    @Test("a snapshot loses foreign facilities, events and breakers, and what is counted over all")
    func snapshot() async throws {
        let link = ScopedLink(ScriptedLink(), identity: identity(.supervisor, .only([one])))
        var updates: [LinkUpdate] = []
        for await update in link.snapshots() { updates.append(update) }
        #expect(updates.count == 2)
        guard case .snapshot(let snapshot) = updates.first, case .lost = updates.last else {
            Issue.record("a snapshot and a loss expected")
            return
        }
        #expect(snapshot.facilities.map(\.id) == [one])
        #expect(snapshot.openEvents.map(\.id.text) == ["mine", "both"])
        #expect(snapshot.openEvents.allSatisfy { $0.target == nil && $0.expected == nil && $0.achieved == nil })
        #expect(snapshot.deadLetters.isEmpty && snapshot.deadLettersPerMinute == 0 && snapshot.forecast == nil)
        #expect(snapshot.health.breakers.map(\.name) == ["event-log", "building:F-1"])
        #expect(snapshot.health.dependencies.map(\.name) == ["event-log"])
        #expect(snapshot.health.version == Story.snapshot.health.version)
        let text = String(decoding: try JSONEncoder().encode(snapshot), as: UTF8.self)
        #expect(!text.contains("F-2") && !text.contains("theirs"))
    }

    @Test("an event that others take part in shows the caller's part alone")
    func detail() async throws {
        let link = ScopedLink(ScriptedLink(), identity: identity(.supervisor, .only([one])))
        let both = try #require(try await link.event(Story.event("both")))
        #expect(both.legs.map(\.facility) == [one])
        #expect(both.event.target == nil && both.event.expected == Power(kilowatts: 30))
        #expect(both.event.achieved == Power(kilowatts: 20))
        #expect(both.transitions.map(\.subject) == ["event", "F-1", "F-1 #1"] && both.remarks.isEmpty)
        let text = String(decoding: try JSONEncoder().encode(both), as: UTF8.self)
        #expect(!text.contains("F-2"))
        let mine = try #require(try await link.event(Story.event("mine")))
        #expect(mine == Story.details[0])
    }

    @Test("one's own redrives are seen, and those that are of one's facilities alone")
    func redrives() async throws {
        let link = ScopedLink(ScriptedLink(), identity: identity(.supervisor, .only([one])))
        #expect(try await link.redrives().map(\.id) == ["of-one", "own"])
        let both = ScopedLink(ScriptedLink(), identity: identity(.supervisor, .only([one, two])))
        #expect(try await both.redrives().map(\.id) == ["of-one", "of-two", "own"])
    }

    @Test("a snapshot asks for the events anew only when one of them changed, and shows none that it does not know")
    func remembered() async throws {
        let engine = ScriptedLink()
        let events = VisibleEvents(narrowing: Narrowing(facilities: [one]))
        func asked() -> Int { engine.asked.withLock { $0.count { $0 == "events" } } }
        for _ in 0..<5 {
            #expect(
                await events.visible(of: Story.details.map(\.event), through: engine).map(\.id.text) == [
                    "mine", "both",
                ])
        }
        #expect(asked() == 1)
        var changed = Story.details.map(\.event)
        changed[0].ordinal += 1
        _ = await events.visible(of: changed, through: engine)
        #expect(asked() == 2)
        engine.isAway.withLock { $0 = true }
        changed[2].ordinal += 1
        #expect(await events.visible(of: changed, through: engine).map(\.id.text) == ["mine"])
    }

    @Test("whoever sees all is shown everything as it is")
    func unscoped() async throws {
        let link = ScopedLink(ScriptedLink(), identity: identity(.supervisor, .all))
        for await case .snapshot(let snapshot) in link.snapshots() { #expect(snapshot == Story.snapshot) }
        #expect(try await link.event(Story.event("both")) == Story.details[2])
        #expect(try await link.deadLetter(3)?.facility == nil)
        #expect(try await link.deadLetters(DeadLetterQuery()).letters.count == 3)
    }
}

/// A command and who may give it: whether it is of all facilities, of F-1, or of F-2.
private struct Deed: Sendable, CustomTestStringConvertible {
    enum Reach: Sendable { case own, foreign, whole }
    let action: OperatorCommand.Action
    let reach: Reach
    var testDescription: String { "\(action)" }

    init(_ action: OperatorCommand.Action, _ reach: Reach) {
        self.action = action
        self.reach = reach
    }
}

private let deeds: [Deed] = {
    let (mine, theirs, both) = (Story.event("mine"), Story.event("theirs"), Story.event("both"))
    func new(_ facilities: [FacilityID]) -> EventRequest {
        EventRequest(
            id: Story.event("new"), program: "p", start: now, duration: .seconds(60), target: Power(kilowatts: 1),
            facilities: facilities)
    }
    func value(_ facility: FacilityID) -> OverrideRequest {
        OverrideRequest(facility: facility, point: Story.point, value: 1, until: now)
    }
    func load(_ facility: FacilityID) -> LoadProfileRequest {
        LoadProfileRequest(facility: facility, kilowatts: Array(repeating: 1, count: 24), bandShare: 0.1, until: now)
    }
    return [
        Deed(.replayDeadLetters([1]), .own), Deed(.replayDeadLetters([1, 2]), .foreign),
        Deed(.replayDeadLetters([3]), .foreign), Deed(.replayDeadLetters([99]), .foreign),
        Deed(.discardDeadLetters(.numbers([1])), .own), Deed(.discardDeadLetters(.numbers([2])), .foreign),
        Deed(.discardDeadLetters(.matching(DeadLetterQuery(facility: two), through: 9)), .foreign),
        Deed(.editDeadLetter(1, payload: [], edition: 0), .own),
        Deed(.editDeadLetter(2, payload: [], edition: 0), .foreign),
        Deed(.redrive(.numbers([2]), perSecond: 1), .foreign),
        Deed(.pauseRedrive("of-one"), .own), Deed(.pauseRedrive("of-two"), .foreign),
        Deed(.resumeRedrive("own"), .own), Deed(.resumeRedrive("named"), .foreign),
        Deed(.cancelRedrive("own"), .own), Deed(.cancelRedrive("of-all"), .foreign),
        Deed(.addNote(facility: one), .own), Deed(.addNote(facility: two), .foreign),
        Deed(.addNote(facility: nil), .whole),
        Deed(.tripBreaker("event-log"), .whole), Deed(.resetBreaker("building:F-1"), .whole),
        Deed(.importFacilities([]), .whole), Deed(.enforceRetentionNow, .whole), Deed(.recompute(range), .whole),
        Deed(.createEvent(new([one])), .own), Deed(.createEvent(new([one, two])), .foreign),
        Deed(.createEvent(new([])), .whole),
        Deed(.approveEvent(mine), .own), Deed(.approveEvent(theirs), .foreign), Deed(.approveEvent(both), .whole),
        Deed(.cancelEvent(mine), .own), Deed(.cancelEvent(theirs), .foreign), Deed(.cancelEvent(both), .whole),
        Deed(.optOut(mine, nil), .own), Deed(.optOut(both, one), .own), Deed(.optOut(both, nil), .whole),
        Deed(.optOut(both, two), .foreign), Deed(.optOut(theirs, one), .foreign),
        Deed(.retryCommand(both, one, sequence: 1), .own), Deed(.retryCommand(both, two, sequence: 1), .foreign),
        Deed(.settleByHand(both, one), .own), Deed(.settleByHand(theirs, two), .foreign),
        Deed(.overridePoint(value(one)), .own), Deed(.overridePoint(value(two)), .foreign),
        Deed(.extendOverride(mine, until: now), .own), Deed(.extendOverride(theirs, until: now), .foreign),
        Deed(.releaseOverride(mine), .own), Deed(.releaseOverride(theirs), .foreign),
        Deed(.releaseBuilding(one), .own), Deed(.releaseBuilding(two), .foreign),
        Deed(.recomputeReports(mine, nil), .own), Deed(.recomputeReports(both, nil), .whole),
        Deed(.recomputeReports(both, two), .foreign),
        Deed(.enterProfile(load(one)), .own), Deed(.enterProfile(load(two)), .foreign),
        Deed(.removeProfile(one), .own), Deed(.removeProfile(two), .foreign),
    ]
}()

@Suite("Commands of one caller", .timeLimit(.minutes(2)))
struct AccessCommandTests {
    private func submit(
        _ action: OperatorCommand.Action, as identity: OperatorIdentity
    ) async -> (CommandOutcome, [OperatorCommand]) {
        let engine = ScriptedLink()
        let link = ScopedLink(engine, identity: identity)
        let outcome = await link.submit(
            OperatorCommand(key: "k-1", author: "operator:mallory", reason: "because", action: action))
        return (outcome, engine.commands.withLock { $0 })
    }

    @Test("a command passes when all that it touches is the caller's", arguments: deeds)
    fileprivate func reach(deed: Deed) async {
        let (_, anything) = await submit(deed.action, as: identity(.supervisor, .all))
        #expect(anything.map(\.action) == [deed.action], "whoever may act on all")
        let (outcome, passed) = await submit(deed.action, as: identity(.supervisor, .only([one])))
        switch deed.reach {
        case .own: #expect(passed.map(\.action) == [deed.action])
        case .foreign, .whole:
            #expect(passed.isEmpty)
            guard case .refused(let sentence) = outcome else {
                Issue.record("not refused")
                return
            }
            #expect(sentence.hasSuffix(".") && !sentence.contains("F-2 belongs"))
        }
    }

    @Test("a role below the action's is refused before anything is asked", arguments: deeds)
    fileprivate func roles(deed: Deed) async {
        for role in OperatorRole.allCases {
            let (outcome, passed) = await submit(deed.action, as: identity(role, .all))
            #expect(passed.isEmpty == (role < deed.action.role))
            guard role < deed.action.role else { continue }
            #expect(outcome == .refused(sentence: refusalSentence(deed.action.role, role)))
        }
    }

    private func refusalSentence(_ needed: OperatorRole, _ has: OperatorRole) -> String {
        "This needs the role \(needed.rawValue) and yours is \(has.rawValue); ask somebody who has it."
    }

    @Test("the table above has every action")
    func complete() {
        let names = Set(deeds.map { deed in "\(deed.action)".prefix { $0 != "(" } })
        // As many as OperatorCommand.Action has cases; the compiler holds `role` to them.
        #expect(names.count == 26)
    }

    @Test("the author is the caller, and one caller's key is never another's")
    func authorAndKey() async {
        let (_, passed) = await submit(.addNote(facility: nil), as: identity(.operator, .all))
        #expect(passed.map(\.author) == ["operator:ana"] && passed.map(\.reason) == ["because"])
        func key(_ name: String, _ key: String) -> String {
            ScopedLink(ScriptedLink(), identity: OperatorIdentity(name: name, role: .viewer, scope: .all)).key(key)
        }
        let keys = [("a", "b/c"), ("a/b", "c"), ("a", "1:a/b"), ("1:a", "b"), ("ana", "k"), ("ben", "k")]
        #expect(Set(keys.map { key($0.0, $0.1) }).count == keys.count)
        #expect(key("ana", "k") == key("ana", "k"))
    }

    @Test("what one arms and disarms is one's own, and needs the same role")
    func arming() async throws {
        let engine = ScriptedLink()
        let link = ScopedLink(engine, identity: identity(.operator, .only([one])))
        _ = try await link.arm(ArmRequest(key: "k", author: "operator:ben", action: .releaseBuilding(one)))
        try await link.disarm(key: "k")
        #expect(engine.asked.withLock { $0 } == ["operator:ana arms \(link.key("k"))", "disarm \(link.key("k"))"])
        let viewer = ScopedLink(engine, identity: identity(.viewer, .all))
        await #expect(throws: PortError.self) {
            try await viewer.arm(ArmRequest(key: "k", author: "x", action: .releaseBuilding(one)))
        }
    }

    @Test("a selection by query is cut down to the caller's letters")
    func selections() async {
        let everything = LetterSelection.matching(DeadLetterQuery(reason: "r"), through: 7)
        let expected = LetterSelection.matching(DeadLetterQuery(reason: "r", among: [one]), through: 7)
        let scope = identity(.operator, .only([one]))
        #expect(
            await submit(.redrive(everything, perSecond: 5), as: scope).1.map(\.action) == [
                .redrive(expected, perSecond: 5)
            ])
        #expect(
            await submit(.discardDeadLetters(everything), as: scope).1.map(\.action) == [
                .discardDeadLetters(expected)
            ])
        let wider = LetterSelection.matching(DeadLetterQuery(among: [one, two]), through: 7)
        #expect(
            await submit(.discardDeadLetters(wider), as: scope).1.map(\.action) == [
                .discardDeadLetters(.matching(DeadLetterQuery(among: [one]), through: 7))
            ])
        let many = LetterSelection.numbers(Array(1...201))
        #expect(await submit(.discardDeadLetters(many), as: scope).1.isEmpty)
    }
}
