import EnergyModel
import Gateway
import Ports
import RemoteOperator
import SwitchyardTesting
import Synchronization
import Testing

@Suite("A link over a bad network", .timeLimit(.minutes(3)))
struct FaultTests {
    @Test("no command is lost or done twice, whatever happens on the way", arguments: UInt64(1)...2)
    func commands(seed: UInt64) async throws {
        let world = try LinkWorld()
        try await world.run { running in
            try await world.furnish(running)
            let random = Mutex(SplitMix64(seed: seed))
            let proxy = try FaultProxy(to: running.port) { _ in random.withLock { fault(&$0) } }
            defer { proxy.close() }
            let link = FarLink.make(port: proxy.port, token: world.token.text)
            let keys = (0..<24).map { "fault-\(seed)-\($0)" }
            let outcomes = await withTaskGroup(of: (String, CommandOutcome).self) { group in
                for key in keys {
                    group.addTask { (key, await link.submit(note(key))) }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            let notes = try await running.engine.journal(JournalQuery(kinds: [.note], limit: 200))
            for key in keys {
                let count = notes.count { $0.commandKey?.hasSuffix("/\(key)") ?? false }
                let outcome = try #require(outcomes[key])
                #expect(count <= 1, "\(key) was carried out \(count) times")
                switch outcome {
                case .done: #expect(count == 1, "\(key) is said to be done and is not")
                // Only when luck was against it for 15 s; then it says what it does not know.
                case .refused(let sentence): #expect(count == 0 || sentence.contains("not known"), "\(sentence)")
                }
            }
            #expect(outcomes.values.count { if case .done = $0 { true } else { false } } >= 20)
        }
    }

    @Test("snapshots stay whole over a line that slices, delays and breaks")
    func stream() async throws {
        let world = try LinkWorld()
        try await world.run { running in
            try await world.furnish(running)
            let faults: [FaultProxy.Fault] = [
                .slices(bytes: 7), .cuts(afterAnswer: 900, reset: true), .delays(milliseconds: 20),
                .cuts(afterAnswer: 2000, reset: false), .cutsQuestion(after: 40),
            ]
            let proxy = try FaultProxy(to: running.port) { faults[$0 % faults.count] }
            defer { proxy.close() }
            try await FarLink.with(port: proxy.port, token: world.token.text) { link in
                var updates = link.snapshots().makeAsyncIterator()
                var sequence: UInt64 = 0
                for round in 0..<6 {
                    var isSeen = false
                    while !isSeen, let update = await updates.next() {
                        guard case .snapshot(let snapshot) = update else { continue }
                        #expect(snapshot.facilities.first?.name == "Harbour")
                        isSeen = snapshot.sequence > sequence
                        sequence = max(sequence, snapshot.sequence)
                    }
                    #expect(isSeen)
                    if round.isMultiple(of: 2) { proxy.cutAll() }
                }
            }
        }
    }

    @Test("when the engine ends it is said at once, and when it is back the link goes on by itself")
    func restart() async throws {
        let world = try LinkWorld()
        let port = try await world.run { running in
            try await world.furnish(running)
            return running.port
        }
        // Taken while the engine is away: the link finds it whenever it comes.
        try await FarLink.with(port: port, token: world.token.text) { link in
            var updates = link.snapshots().makeAsyncIterator()
            for round in 0..<2 {
                let sentence = try #require(await lost(&updates))
                #expect(sentence.contains("127.0.0.1:\(port)"))
                try await world.run(port: port) { running in
                    let listening = ContinuousClock.now
                    while case let update? = await updates.next() { if case .snapshot = update { break } }
                    print("resumed \(ContinuousClock.now - listening) after the engine listened")
                    let outcome = await link.submit(note("restart-\(round)"))
                    #expect(outcome == .done(sentence: "note added", affected: 1))
                }
            }
            _ = try #require(await lost(&updates))
        }
    }

    @Test("a wrong credential ends the link with a sentence that says what to do")
    func stranger() async throws {
        let world = try LinkWorld()
        try await world.run { running in
            try await FarLink.with(port: running.port, token: "swl_wrong") { link in
                var updates = link.snapshots().makeAsyncIterator()
                let sentence = try #require(await lost(&updates))
                #expect(sentence.contains("switchyard login"))
                #expect(await updates.next() == nil)
                let outcome = await link.submit(note("stranger"))
                guard case .refused(let refusal) = outcome else { Issue.record("\(outcome)"); return }
                #expect(refusal.contains("switchyard login"))
            }
        }
    }

    @Test("the link tells who one is and how far the clocks are apart")
    func standing() async throws {
        let world = try LinkWorld()
        try await world.run { running in
            try await FarLink.with(port: running.port, token: world.token.text) { link in
                for await update in link.snapshots() {
                    guard case .standing(let standing) = update else { continue }
                    #expect(standing.identity.role == .supervisor)
                    #expect(standing.endpoint == "http://127.0.0.1:\(running.port)")
                    #expect(standing.roundTrip >= .zero)
                    let bound = standing.roundTrip / 2 + .milliseconds(5)
                    #expect(standing.clockOffset <= bound && standing.clockOffset >= .zero - bound)
                    break
                }
            }
        }
    }

    private func lost(_ updates: inout AsyncStream<LinkUpdate>.Iterator) async -> String? {
        while let update = await updates.next() { if case .lost(let sentence) = update { return sentence } }
        return nil
    }
}

private func note(_ key: String) -> OperatorCommand {
    OperatorCommand(key: key, author: "operator:ana", reason: "trial", action: .addNote(facility: nil))
}

/// Half of the connections are well.
private func fault(_ random: inout SplitMix64) -> FaultProxy.Fault {
    switch random.next() % 12 {
    case 0: .delays(milliseconds: 30)
    case 1: .slices(bytes: 1 + Int(random.next() % 40))
    case 2: .cuts(afterAnswer: 1, reset: true)
    case 3: .cuts(afterAnswer: Int(random.next() % 400), reset: false)
    case 4: .cutsQuestion(after: Int(random.next() % 600))
    case 5: .cuts(afterAnswer: 300, reset: true)
    default: .none
    }
}
