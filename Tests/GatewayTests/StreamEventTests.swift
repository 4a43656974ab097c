import EnergyModel
import NIOCore
import Ports
import SwitchyardTesting
import Testing

@testable import Gateway
@testable import GatewayWire

@Suite("Events of the stream")
struct StreamEventTests {
    @Test("events come out of chunks that are cut anywhere", arguments: [1, 2, 3, 7, 1000])
    func chunks(size: Int) throws {
        let text =
            ":\n\nretry: 1000\n\nid: a-1\nevent: contract\ndata: one\ndata: two\n\n"
            + "data:three\r\n\r\ndata: four\rid: a-2\r\rid: a-3\n\nevent: none\n\n"
        var parser = ServerSentEventParser()
        var events: [ServerSentEvent] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += try parser.take(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(
            events == [
                ServerSentEvent(id: "a-1", name: "contract", data: "one\ntwo"), ServerSentEvent(data: "three"),
                ServerSentEvent(id: "a-2", data: "four"),
            ])
    }

    @Test("what is written is read again")
    func roundTrip() throws {
        let event = ServerSentEvent(id: "a-7", name: "snapshot", data: "x\n\ny")
        var parser = ServerSentEventParser()
        #expect(try parser.take(ServerSentEvent.heartbeat + event.bytes + ServerSentEvent.heartbeat) == [event])
    }

    @Test("an event without end is refused")
    func tooLong() throws {
        var parser = ServerSentEventParser(limit: 100)
        #expect(throws: WireFault.self) {
            for _ in 0..<20 { _ = try parser.take(Array("data: 0123456789".utf8)) }
        }
        parser = ServerSentEventParser(limit: 100)
        #expect(throws: WireFault.self) {
            for _ in 0..<20 { _ = try parser.take(Array("data: 0123456789\n".utf8)) }
        }
    }

    @Test("positions are read as they are written", arguments: ["", "1", "1-", "-1", "x-1", "1-x", "1-2-3", " 1-2"])
    func positions(text: String) {
        let position = StreamPosition(epoch: .max, tick: 42)
        #expect(StreamPosition(position.text) == position)
        #expect(StreamPosition(text) == nil)
    }

    @Test("JSON that nests too deep is told from brackets in strings")
    func depth() {
        #expect(isShallow("[[[\"[[[[[\\\"[[\"]]]".utf8, limit: 3))
        #expect(!isShallow("[[[[]]]]".utf8, limit: 3))
        #expect(throws: WireFault.self) {
            try LinkJSON.decode([Int].self, from: Array(repeating: UInt8(ascii: "["), count: 100_000))
        }
    }

    @Test("an error of the ports comes out as the same error", arguments: errors)
    func failures(error: PortError) {
        let failure = LinkFailure(error, traceID: "ab")
        let found = LinkFailure.error(status: failure.status, body: failure.json)
        #expect(found.code == error.code)
        #expect(found.sentence == error.sentence)
        #expect(found.cause == error.cause)
    }

    @Test(
        "an answer that is none of ours is told by its status",
        arguments: [
            (401, PortError.Code.forbidden), (404, .notFound), (502, .unavailable), (504, .timedOut), (400, .invalid),
        ])
    func strangers(status: Int, code: PortError.Code) {
        #expect(LinkFailure.error(status: status, body: Array("<html>".utf8)).code == code)
    }

    private static let errors = [
        PortError(.unavailable, "a"), PortError(.timedOut, "b \u{202E}"),
        PortError(.full, "c", cause: WireFault("why")),
        PortError(.corrupt, "d"), PortError(.invalid, "e"), PortError(.notFound, "f"), PortError(.forbidden, "g"),
        PortError(.superseded, "h"),
    ]
}

@Suite("What the stream shows of snapshots")
struct StreamViewTests {
    @Test("passing 90 % of the contract is told once, and again after 85 %")
    func contract() {
        var watch = ContractWatch()
        let told = [0.5, 0.9, 0.91, 0.95, 0.89, 0.86, 0.92, 0.85, 0.84, 0.95].map { share -> Bool? in
            watch.notices(of: snapshot(share: share)).first?.isAbove
        }
        #expect(told == [nil, nil, true, nil, nil, nil, nil, nil, false, true])
    }

    @Test("only facilities that changed are in an event, all in the first")
    func changes() {
        var old = RandomSnapshot(seed: 4, facilities: 10).snapshot
        for index in old.facilities.indices { old.facilities[index].newest = old.at }
        var new = old
        new.at = old.at.advanced(by: .seconds(1))
        new.facilities[3].load = Power(kilowatts: 17)
        #expect(CurrentLoads(of: old, since: nil).facilities.count == 10)
        #expect(CurrentLoads(of: new, since: old).facilities.map(\.id) == [new.facilities[3].id])
        new.at = old.at.advanced(by: .seconds(46))
        #expect(CurrentLoads(of: new, since: old).facilities.count == 10)
    }

    @Test("events are told when they come, change and are settled")
    func events() throws {
        let id = try #require(DREventID("evt-1"))
        let event = DemandResponseEvent(
            id: id, program: "p", source: "utility:acme", window: TimeRange(start: fixedNow, end: fixedNow),
            status: .scheduled, receivedAt: fixedNow, modifiedAt: fixedNow)
        var active = event
        active.status = .active
        let (none, first, second) = (snapshot([]), snapshot([event]), snapshot([active]))
        #expect(EventChanges.notices(from: nil, to: first).isEmpty)
        #expect(EventChanges.notices(from: none, to: first).map(\.status) == [.scheduled])
        #expect(EventChanges.notices(from: first, to: second).map(\.previous) == [.scheduled])
        #expect(EventChanges.notices(from: second, to: second).isEmpty)
        #expect(EventChanges.gone(from: second, to: none) == [active])
    }

    private func snapshot(_ events: [DemandResponseEvent]) -> OperatorSnapshot {
        var snapshot = RandomSnapshot(seed: 4, facilities: 0).snapshot
        snapshot.openEvents = events
        return snapshot
    }

    private func snapshot(share: Double) -> OperatorSnapshot {
        var snapshot = RandomSnapshot(seed: 4, facilities: 1).snapshot
        snapshot.facilities[0].contractDemand = Power(kilowatts: 1000)
        snapshot.facilities[0].load = Power(kilowatts: 1000 * share)
        return snapshot
    }
}

@Suite("Snapshots for many readers")
struct StreamHistoryTests {
    private func taken(_ count: Int) -> SnapshotHistory {
        var history = SnapshotHistory(epoch: 7)
        var story = RandomSnapshot(seed: 9, facilities: 3)
        for _ in 0..<count {
            story.change()
            history.take(story.snapshot, events: [])
        }
        return history
    }

    private func make(_ history: inout SnapshotHistory) throws {
        for (want, job) in history.takeWanted() { history.made(want, try job.run()) }
    }

    @Test("a reader that lags gets the newest in one event, not the backlog")
    func lags() throws {
        var history = taken(10)
        #expect(history.turn(.operator, over: 4) == .wait)
        #expect(history.wanted == [.init(view: .operator, base: 4)])
        try make(&history)
        guard case .send(let frame) = history.turn(.operator, over: 4) else { Issue.record("nothing to send"); return }
        #expect(frame.tick == 10)
        #expect(history.turn(.operator, over: 10) == .upToDate)
    }

    @Test("a reader that was away too long, or comes from another run, begins anew")
    func anew() {
        let history = taken(40)
        #expect(history.base(of: StreamPosition(epoch: 7, tick: 39)) == 39)
        #expect(history.base(of: StreamPosition(epoch: 7, tick: 20)) == nil)
        #expect(history.base(of: StreamPosition(epoch: 7, tick: 41)) == nil)
        #expect(history.base(of: StreamPosition(epoch: 8, tick: 39)) == nil)
    }

    @Test("readers of one tick share one encoding")
    func shared() throws {
        var history = taken(5)
        for _ in 0..<1000 { _ = history.turn(.current, over: 4) }
        #expect(history.takeWanted().count == 1)
    }

    @Test("what a reader takes one after another is what the engine had", arguments: UInt64(1)...6)
    func exact(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var story = RandomSnapshot(seed: seed, facilities: 5)
        var history = SnapshotHistory(epoch: 1)
        var (base, mine): (UInt64?, OperatorSnapshot?) = (nil, nil)
        var truth: [UInt64: OperatorSnapshot] = [:]
        for _ in 0..<60 {
            story.change()
            history.take(story.snapshot, events: [])
            truth[history.tick] = story.snapshot
            history.expect([.operator])
            try make(&history)
            guard random.next() % 4 == 0 else { continue }
            if case .wait = history.turn(.operator, over: base) { try make(&history) }
            guard case .send(let frame) = history.turn(.operator, over: base) else { continue }
            var parser = ServerSentEventParser()
            let event = try #require(try parser.take(Array(frame.bytes.readableBytesView)).first)
            let data = try SnapshotEvent(data: event.data)
            #expect(data.base == 0 || data.base == base)
            mine = try SnapshotFrame.decode(data.frame, over: data.base == 0 ? nil : mine)
            let position = try #require(event.id.flatMap(StreamPosition.init(_:)))
            // What was made for another reader a moment ago may come before the newest.
            #expect(position.tick + 1 >= history.tick)
            base = position.tick
            let isExact = mine == truth[position.tick]
            #expect(isExact)
        }
    }
}
