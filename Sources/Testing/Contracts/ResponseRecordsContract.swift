import EnergyModel
import Ports

/// What every store of demand-response records does. Each case wants an empty store.
package enum ResponseRecordsContract {
    package static let cases: [ContractCase<any ResponseRecords>] = [
        ContractCase("an event is new once; its summary is replaced and its document kept") { try await puts($0) },
        ContractCase("every field of an event comes back, whatever it holds") { try await eventFields($0) },
        ContractCase("an event is found by the utility's number, the newest received") { try await requests($0) },
        ContractCase("events come newest window first, by scope, kind and facility") { try await listing($0) },
        ContractCase("a history is read back equal, whole and in pages") { try await histories($0) },
        ContractCase("the outbox is the fold of plan and command transitions") { try await outbox($0) },
        ContractCase("a taken ordinal, a gap and a stranger store nothing") { try await conflicts($0) },
        ContractCase("the count of transitions is the store's own") { try await ordinals($0) },
        ContractCase("commands of all unsettled events come in order") { try await openCommands($0) },
        ContractCase("who gave in which event lately is told by confirmed commands") { try await sheds($0) },
        ContractCase("notices wait in order until they are done, each once") { try await notices($0) },
        ContractCase("a building's points are replaced whole") { try await points($0) },
        ContractCase("reports chain; a fork and a second of a version are refused") { try await reports($0) },
    ]

    private static let now = UTCInstant(seconds: 1_790_000_000)

    private static func id(_ text: String) throws -> DREventID {
        guard let id = DREventID(text) else { throw ContractViolation(description: "\(text) is no id") }
        return id
    }

    private static func facility(_ text: String) throws -> FacilityID {
        guard let id = FacilityID(text) else { throw ContractViolation(description: "\(text) is no id") }
        return id
    }

    private static func event(
        _ text: String, request: String? = nil, minute: Int = 0, isSettled: Bool = false,
        kind: DemandResponseEvent.Kind = .demandResponse
    ) throws -> DemandResponseEvent {
        let start = now.advanced(by: .seconds(minute * 60))
        return DemandResponseEvent(
            id: try id(text), kind: kind, utilityRequestID: request, program: "p", source: "json",
            window: TimeRange(start: start, end: start.advanced(by: .seconds(900))), isSettled: isSettled,
            receivedAt: start, modifiedAt: now)
    }

    private static func puts(_ store: any ResponseRecords) async throws {
        var event = try event("e-1")
        let document = EventDocument(body: Array(UInt8.min...UInt8.max), receivedAt: now)
        try requireEqual(try await store.event(event.id), nil, "before")
        try requireEqual(try await store.document(of: event.id), nil, "document before")
        try requireEqual(try await store.put(event, document: document), true, "new")
        event.status = .active
        event.name = "changed"
        try requireEqual(try await store.put(event, document: nil), false, "known")
        try requireEqual(try await store.event(event.id), event, "the newer summary")
        try requireEqual(try await store.document(of: event.id), document, "the document stays")
        let newer = EventDocument(body: [], receivedAt: now.advanced(by: .seconds(1)))
        _ = try await store.put(event, document: newer)
        try requireEqual(try await store.document(of: event.id), newer, "the newer document")
    }

    private static func eventFields(_ store: any ResponseRecords) async throws {
        for seed in 0..<40 {
            var history = RandomHistory(event: try id("e-\(seed)"), seed: UInt64(seed))
            let event = history.nextEvent(isSettled: seed % 2 == 0)
            _ = try await store.put(event, document: nil)
            try requireEqual(try await store.event(event.id), event, "event \(seed)")
        }
    }

    private static func requests(_ store: any ResponseRecords) async throws {
        for (name, minute) in [("b", 5), ("a", 9), ("c", 1)] {
            _ = try await store.put(try event(name, request: "R'\u{0}1", minute: minute), document: nil)
        }
        _ = try await store.put(try event("d", minute: 99), document: nil)
        try requireEqual(try await store.event(utilityRequest: "R'\u{0}1")?.id, try id("a"), "the newest")
        try requireEqual(try await store.event(utilityRequest: "R'"), nil, "a beginning is not the number")
        try requireEqual(try await store.event(utilityRequest: "d"), nil, "an event's id is not its request's")
    }

    private static func listing(_ store: any ResponseRecords) async throws {
        for (number, name) in ["b", "d", "a", "c"].enumerated() {
            let kind: DemandResponseEvent.Kind = number == 1 ? .override : .demandResponse
            let made = try event(name, minute: number / 2, isSettled: number == 2, kind: kind)
            _ = try await store.put(made, document: nil)
        }
        var history = RandomHistory(event: try id("d"), seed: 1)
        let plan = history.next()
        try await store.append([plan], of: try event("d", minute: 0, kind: .override))
        func ids(_ query: EventQuery) async throws -> [String] { try await store.events(query).map(\.id.text) }
        try requireEqual(try await ids(EventQuery()), ["c", "a", "d", "b"], "newest window first, then the higher id")
        try requireEqual(try await ids(EventQuery(scope: .open)), ["c", "d", "b"], "open ones")
        try requireEqual(try await ids(EventQuery(kind: .override)), ["d"], "by kind")
        try requireEqual(try await ids(EventQuery(facility: try facility("F-0"))), ["d"], "by facility")
        try requireEqual(try await ids(EventQuery(facility: try facility("F-x"))), [], "by another facility")
        let among = Set([try facility("F-0"), try facility("F-x")])
        try requireEqual(try await ids(EventQuery(among: among)), ["d"], "among facilities")
        try requireEqual(try await ids(EventQuery(among: [])), [], "among no facilities")
        try requireEqual(try await ids(EventQuery(scope: .open, kind: .demandResponse)), ["c", "b"], "by both")
        try requireEqual(try await ids(EventQuery(limit: 2)), ["c", "a"], "limited")
        let later = EventQuery(startsBefore: now.advanced(by: .seconds(60)), limit: 1)
        try requireEqual(try await ids(later), ["d"], "begun before the second minute")
    }

    private static func histories(_ store: any ResponseRecords) async throws {
        for seed in 0..<10 {
            var history = RandomHistory(event: try id("e-\(seed)"), seed: UInt64(seed))
            var all: [DRTransition] = []
            for step in 0..<12 {
                let next = history.next(step % 5 + 1)
                try await store.append(next, of: history.nextEvent())
                all += next
            }
            try requireEqual(
                try await store.transitions(of: history.event, after: 0, limit: 999), all, "history \(seed)")
            var paged: [DRTransition] = []
            while case let page = try await store.transitions(
                of: history.event, after: paged.last?.ordinal ?? 0, limit: 7), !page.isEmpty
            {
                paged += page
            }
            try requireEqual(paged, all, "history \(seed) in pages")
            try requireEqual(try await store.event(history.event)?.ordinal, all.count, "ordinal of the summary")
        }
        try requireEqual(try await store.transitions(of: try id("unknown"), after: 0, limit: 9), [], "unknown")
    }

    private static func outbox(_ store: any ResponseRecords) async throws {
        for seed in 0..<10 {
            var history = RandomHistory(event: try id("e-\(seed)"), seed: UInt64(seed))
            var all: [DRTransition] = []
            for _ in 0..<6 {
                let next = history.next(10)
                try await store.append(next, of: history.nextEvent())
                all += next
                try requireEqual(try await store.commands(of: history.event), folded(all), "outbox \(seed)")
            }
        }
    }

    /// Straight from the definition: for each command the newest plan that names it and the newest progress told.
    private static func folded(_ history: [DRTransition]) -> [BuildingCommand] {
        var commands: [Int: BuildingCommand] = [:]
        for transition in history {
            switch transition.change {
            case .event, .leg: continue
            case .command(_, let sequence, let progress): commands[sequence]?.progress = progress
            case .plan(let plan):
                for leg in plan.legs {
                    for command in leg.commands {
                        let old = commands[command.sequence]?.progress
                        commands[command.sequence] = BuildingCommand(
                            event: transition.event, facility: leg.facility, plan: command,
                            progress: old ?? CommandProgress())
                        if old == nil || old?.phase == .planned {
                            commands[command.sequence]?.progress.due = command.startsAt
                        }
                    }
                }
            }
        }
        return commands.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension ResponseRecordsContract {
    private static func conflicts(_ store: any ResponseRecords) async throws {
        var history = RandomHistory(event: try id("e"), seed: 4)
        let stored = history.next(5)
        let event = history.nextEvent()
        try await store.append(stored, of: event)
        let (sixth, seventh) = (history.next(), history.next())
        var changed = event
        changed.name = "somebody else's"
        var stranger = sixth
        stranger.event = try id("other")
        var unplanned = sixth
        unplanned.change = .command(try facility("F-0"), sequence: 9999, CommandProgress(phase: .failed))
        let refused: [(PortError.Code, [DRTransition], String)] = [
            (.superseded, [stored[4]], "the newest again"), (.superseded, [stored[0]], "the first again"),
            (.superseded, [seventh], "a gap"), (.superseded, [sixth, sixth], "the same twice"),
            (.superseded, [seventh, sixth], "out of order"),
            (.superseded, [sixth, stored[1]], "a good and a taken one"),
            (.invalid, [stranger], "of another event"), (.invalid, [unplanned], "a command that no plan named"),
        ]
        let (commands, pending) = (try await store.commands(of: event.id), try await store.pendingNotices(limit: 99))
        for (code, transitions, what) in refused {
            let again = changed
            try await requireCode(code) { try await store.append(transitions, of: again) }
            try requireEqual(try await store.transitions(of: event.id, after: 0, limit: 99), stored, what)
            try requireEqual(try await store.event(event.id)?.name, event.name, "summary after \(what)")
            try requireEqual(try await store.commands(of: event.id), commands, "outbox after \(what)")
            try requireEqual(try await store.pendingNotices(limit: 99), pending, "notices after \(what)")
        }
        try await store.append([sixth, seventh], of: changed)
        try requireEqual(try await store.event(event.id)?.ordinal, 7, "goes on")
    }

    private static func ordinals(_ store: any ResponseRecords) async throws {
        var history = RandomHistory(event: try id("e"), seed: 5)
        var event = try event("e")
        event.ordinal = 77
        _ = try await store.put(event, document: nil)
        try requireEqual(try await store.event(event.id)?.ordinal, 0, "nothing stored yet")
        try await store.append(history.next(3), of: event)
        try requireEqual(try await store.event(event.id)?.ordinal, 3, "three stored")
        event.ordinal = 1
        event.name = "put from an older picture"
        _ = try await store.put(event, document: nil)
        try await store.append([], of: event)
        event.ordinal = 3
        try requireEqual(try await store.event(event.id), event, "still three, the rest replaced")
        try await store.append([history.next()], of: event)
    }

    private static func openCommands(_ store: any ResponseRecords) async throws {
        var open: [BuildingCommand] = []
        for (number, name) in ["m", "a", "z", "k", "B"].enumerated() {
            var history = RandomHistory(event: try id(name), seed: UInt64(number))
            let transitions = history.next(30)
            let isSettled = name == "k"
            try await store.append(transitions, of: history.nextEvent(isSettled: isSettled))
            if !isSettled { open += folded(transitions) }
        }
        open.sort { ($0.event, $0.plan.sequence) < ($1.event, $1.plan.sequence) }
        try requireEqual(try await store.commands(of: nil), open, "of all that are open")
        try requireEqual(try await store.commands(of: try id("k")).isEmpty, false, "a settled one, asked for")
        try requireEqual(try await store.commands(of: try id("unknown")), [], "unknown")
    }

    private static func sheds(_ store: any ResponseRecords) async throws {
        var expected: [FacilityID: Set<DREventID>] = [:]
        // An old one, one at the very moment, an override, and two that count whether they are settled or not.
        for (number, name) in ["old", "at", "by-hand", "new", "newest"].enumerated() {
            var history = RandomHistory(event: try id(name), seed: UInt64(number))
            let transitions = history.next(60)
            let kind: DemandResponseEvent.Kind = number == 2 ? .override : .demandResponse
            let event = try event(name, minute: 10 * number, isSettled: number == 3, kind: kind)
            try await store.append(transitions, of: event)
            guard number > 0, number != 2 else { continue }
            for command in folded(transitions) where command.progress.confirmedAt != nil {
                expected[command.facility, default: []].insert(event.id)
            }
        }
        try require(expected.values.contains { $0.count > 1 }, "the histories confirm commands")
        let moment = now.advanced(by: .seconds(600))
        try requireEqual(try await store.sheds(since: moment), expected, "since the second window")
        let none = try await store.sheds(since: moment.advanced(by: .seconds(86_400)))
        try requireEqual(none, [:], "since tomorrow")
    }

    private static func notices(_ store: any ResponseRecords) async throws {
        var expected: [StoredNotice] = []
        for (number, name) in ["z", "a"].enumerated() {
            var history = RandomHistory(event: try id(name), seed: UInt64(number))
            let transitions = history.next(40)
            try await store.append(transitions, of: history.nextEvent())
            expected += transitions.flatMap { transition in
                transition.notices.enumerated().map { index, notice in
                    StoredNotice(
                        id: StoredNotice.ID(event: transition.event, ordinal: transition.ordinal, index: index),
                        at: transition.at, traceID: transition.traceID, notice: notice)
                }
            }
        }
        try require(expected.count > 10, "the history has notices")
        try requireEqual(try await store.pendingNotices(limit: 999), expected, "as stored")
        try requireEqual(try await store.pendingNotices(limit: 3), Array(expected.prefix(3)), "limited")
        let done = [expected[1], expected[4]].map(\.id)
        try await store.markDone(done)
        try await store.markDone(done + [StoredNotice.ID(event: try id("unknown"), ordinal: 1, index: 0)])
        let left = expected.filter { !done.contains($0.id) }
        try requireEqual(try await store.pendingNotices(limit: 999), left, "what is left")
        try await store.markDone(left.map(\.id))
        try requireEqual(try await store.pendingNotices(limit: 999), [], "all done")
        let history = try await store.transitions(of: try id("z"), after: 0, limit: 99)
        try require(history.contains { !$0.notices.isEmpty }, "the history keeps its notices")
    }

    private static func points(_ store: any ResponseRecords) async throws {
        var history = RandomHistory(event: try id("e"), seed: 8)
        let building = try facility("F-1")
        try requireEqual(try await store.points(of: building), nil, "before")
        let many = (0..<60).map { _ in history.nextPoint() }
        try await store.put(many, of: building, readAt: now)
        try await store.put([many[0]], of: try facility("F-2"), readAt: now)
        try requireEqual(try await store.points(of: building), BuildingPoints(points: many, readAt: now), "as read")
        let later = now.advanced(by: .seconds(30))
        try await store.put([many[1]], of: building, readAt: later)
        try requireEqual(
            try await store.points(of: building), BuildingPoints(points: [many[1]], readAt: later), "replaced whole")
        try await store.put([], of: building, readAt: later)
        try requireEqual(try await store.points(of: building)?.points, [], "a building without points is known")
    }

    private static func reports(_ store: any ResponseRecords) async throws {
        try requireEqual(try await store.newestReportHash(), nil, "before")
        var chain: [ParticipationRecord] = []
        for number in 1...6 {
            let body = RandomHistory.texts[number + 3]
            chain.append(
                ParticipationRecord(
                    number: Int64(number), event: try id("e-\(number % 2)"), facility: try facility("F-1"),
                    version: number, at: now.advanced(by: .seconds(number)), body: "{\"n\":\(number)}\(body)",
                    previousHash: chain.last?.hash, hash: "sha256:\(number)"))
        }
        for report in chain {
            var unnumbered = report
            unnumbered.number = 0
            try await store.append(unnumbered)
            try requireEqual(try await store.newestReportHash(), report.hash, "the newest")
        }
        var fork = chain[5]
        fork.version = 99
        for wrong in [nil, chain[4].hash, "sha256:?"] {
            fork.previousHash = wrong
            let forked = fork
            try await requireCode(.superseded) { try await store.append(forked) }
        }
        fork.previousHash = chain[5].hash
        fork.version = chain[5].version
        let second = fork
        try await requireCode(.invalid) { try await store.append(second) }
        try requireEqual(try await store.reports(of: nil, after: 0, limit: 99), chain, "the chain as it was")
        try requireEqual(try await store.reports(of: nil, after: 2, limit: 2), Array(chain[2...3]), "a page")
        let odd = chain.filter { $0.event.text == "e-1" }
        try requireEqual(try await store.reports(of: try id("e-1"), after: 0, limit: 99), odd, "of one event")
        try requireEqual(try await store.reports(of: try id("e-1"), after: 1, limit: 1), [chain[2]], "its page")
        try await deliveries(store, after: chain)
    }

    /// What is owed to a utility is kept with the report until somebody says what became of it.
    private static func deliveries(_ store: any ResponseRecords, after chain: [ParticipationRecord]) async throws {
        try requireEqual(try await store.owedReports(limit: 9), [], "owed to nobody")
        var owed: [ParticipationRecord] = []
        for version in 7...9 {
            var report = chain[0]
            (report.number, report.version) = (0, version)
            report.previousHash = owed.last?.hash ?? chain.last?.hash
            report.hash = "sha256:\(version)"
            report.signature = version == 8 ? nil : "hmac-sha256:acme:\(RandomHistory.texts[version])"
            report.delivery = ReportDelivery(.owed, at: now, note: "")
            try await store.append(report)
            report.number = Int64(version)
            owed.append(report)
        }
        try requireEqual(try await store.owedReports(limit: 9), owed, "all three")
        try requireEqual(try await store.owedReports(limit: 2), Array(owed.prefix(2)), "the first two")
        let taken = ReportDelivery(.taken, at: now.advanced(by: .seconds(5)), note: RandomHistory.texts[5])
        try await store.mark(taken, ofReport: 8)
        try requireEqual(try await store.owedReports(limit: 9).map(\.number), [7, 9], "without the one taken")
        try requireEqual(
            try await store.reports(of: nil, after: 7, limit: 1).first?.delivery, taken, "what became of it")
        try await store.mark(ReportDelivery(.refused, at: now, note: "late"), ofReport: 8)
        try requireEqual(try await store.reports(of: nil, after: 7, limit: 1).first?.delivery, taken, "the first word")
        try await store.mark(taken, ofReport: 1)
        try requireEqual(try await store.reports(of: nil, after: 0, limit: 1).first?.delivery, nil, "never owed")
        try await store.mark(taken, ofReport: 999)
    }
}
