import EnergyModel
import GatewayWire
import Ports
import SwitchyardTesting
import Testing

@testable import RemoteOperator

@Suite("When a link connects, and what it says")
struct LinkStateMachineTests {
    private let position = StreamPosition(epoch: 1, tick: 9)

    @Test("a link that has just worked is tried again at once, from where it stood")
    func immediate() {
        var machine = LinkStateMachine()
        #expect(machine.begin() == .connect(resume: nil))
        machine.opened()
        machine.received(position)
        let (action, sentence) = machine.ended(.lost("cut"), random: 0.5)
        #expect(action == .connect(resume: position))
        #expect(sentence == "cut")
        machine.opened()
        #expect(machine.reconnects == 1)
    }

    @Test("an engine that stays away is tried at least every 1.5 s and told of once")
    func away() {
        var machine = LinkStateMachine()
        machine.opened()
        machine.received(position)
        var told: [String] = []
        var waits: [Duration] = []
        for _ in 0..<50 {
            let (action, sentence) = machine.ended(.lost("away"), random: 0.999)
            if let sentence { told.append(sentence) }
            guard case .wait(let span) = action else { continue }
            waits.append(span)
            #expect(machine.waited() == .connect(resume: position))
        }
        #expect(told == ["away"])
        #expect(waits.count == 49)
        #expect(waits.allSatisfy { $0 > .zero && $0 <= .milliseconds(1500) })
        #expect(waits[0] < .milliseconds(200))
    }

    @Test("what does not fit begins anew at once; when it never fits, it is said and not hurried")
    func mismatch() {
        var machine = LinkStateMachine()
        machine.opened()
        machine.received(position)
        #expect(machine.ended(.mismatch, random: 0).action == .connect(resume: nil))
        machine.opened()
        let (_, sentence) = machine.ended(.mismatch, random: 0)
        #expect(sentence?.contains("same version") == true)
        machine.opened()
        guard case .wait = machine.ended(.mismatch, random: 0.5).action else { Issue.record("it hurries"); return }
    }

    @Test("who is not let in stays out")
    func refused() {
        var machine = LinkStateMachine()
        let (action, sentence) = machine.ended(.refused("run `switchyard login`"), random: 0)
        #expect(action == .end)
        #expect(sentence == "run `switchyard login`")
        #expect(machine.phase == .ended)
    }
}

@Suite("How far two clocks are apart")
struct ClockFilterTests {
    private func sample(offset: Int64, there: Int64, back: Int64, at: Int64 = 1_000_000) -> ClockFilter.Sample {
        let sent = UTCInstant(milliseconds: at)
        let received = UTCInstant(milliseconds: at + there + offset)
        return ClockFilter.Sample(
            sent: sent, received: received, answered: UTCInstant(milliseconds: received.milliseconds + 3),
            returned: UTCInstant(milliseconds: at + there + 3 + back))
    }

    @Test("the error is at most half of the round trip", arguments: UInt64(1)...20)
    func bounded(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let offset = Int64(random.next() % 100_000) - 50_000
        var filter = ClockFilter()
        for _ in 0..<20 {
            filter.take(sample(offset: offset, there: Int64(random.next() % 400), back: Int64(random.next() % 400)))
            let best = try #require(filter.best)
            let error = best.offset - .milliseconds(offset)
            #expect(error <= best.roundTrip / 2 && error >= .zero - best.roundTrip / 2)
        }
        #expect(filter.samples.count == ClockFilter.depth)
    }

    @Test("the shortest way is believed")
    func shortest() {
        var filter = ClockFilter()
        filter.take(sample(offset: 5, there: 300, back: 10))
        filter.take(sample(offset: 5, there: 4, back: 4))
        filter.take(sample(offset: 5, there: 10, back: 200))
        #expect(filter.best?.offset == .milliseconds(5))
        #expect(filter.newest?.roundTrip == .milliseconds(210))
    }

    @Test("a clock that was set makes what was measured before worthless")
    func step() {
        var filter = ClockFilter()
        filter.take(sample(offset: 5, there: 1, back: 1))
        filter.take(sample(offset: 5000, there: 20, back: 20))
        #expect(filter.samples.count == 1)
        #expect(filter.best?.offset == .milliseconds(5000))
    }
}

@Suite("What listeners of a link hear")
struct UpdateBoardTests {
    private func snapshot(_ sequence: UInt64) -> LinkUpdate {
        var snapshot = RandomSnapshot(seed: 1, facilities: 0).snapshot
        snapshot.sequence = sequence
        return .snapshot(snapshot)
    }

    private func words(_ updates: AsyncStream<LinkUpdate>) async -> [String] {
        await updates.reduce(into: []) { words, update in
            switch update {
            case .snapshot(let snapshot): words.append("\(snapshot.sequence)")
            case .lost(let sentence): words.append(sentence)
            case .standing: words.append("standing")
            }
        }
    }

    @Test("a slow one misses old snapshots, and nothing else")
    func slow() async {
        let board = UpdateBoard()
        let updates = board.listen()
        for sequence in 1...5 { board.tell(snapshot(UInt64(sequence))) }
        board.tell(.lost(sentence: "lost"))
        board.finish()
        #expect(await words(updates) == ["5", "lost"])
    }

    @Test("what was lost is forgotten once a snapshot is there")
    func recovered() async {
        let board = UpdateBoard()
        let updates = board.listen()
        board.tell(snapshot(1))
        board.tell(.lost(sentence: "lost"))
        board.tell(snapshot(2))
        let late = board.listen()
        board.finish()
        #expect(await words(updates) == ["2"])
        #expect(await words(late) == ["2"])
    }

    @Test("one who comes late hears what is known, one after the end hears it and ends")
    func late() async {
        let board = UpdateBoard()
        board.tell(snapshot(1))
        board.tell(.lost(sentence: "lost"))
        board.finish()
        #expect(await words(board.listen()) == ["1", "lost"])
    }
}
