import EnergyModel
import Ports
import SwitchyardTesting
import Synchronization
import Testing

@testable import Engine

@Suite("Gaps")
struct GapTests {
    private final class Broker: Sendable {
        private let state = Mutex((isDown: false, requests: [BackfillRequest]()))
        func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }
        func take() -> [BackfillRequest] {
            state.withLock { state in
                defer { state.requests = [] }
                return state.requests
            }
        }
        func ask(_ requests: [BackfillRequest]) throws {
            try state.withLock { state in
                if state.isDown { throw PortError(.unavailable, "the broker is down") }
                state.requests += requests
            }
        }
    }

    @Test("a gap is requested, again only when the broker was down, and the meter's answer closes it")
    func backfill() async throws {
        let world = World()
        let broker = Broker()
        let gaps = GapService(
            request: { try broker.ask($0) }, settings: world.settings.gaps, directory: world.parts.directory,
            board: world.parts.board, time: world.time.timekeeper, measures: world.parts.measures,
            logger: world.parts.logger)
        var session = try await world.parts.aggregation.open()
        let start = world.time.now
        var missing: [UTCInstant] = []
        for minute in 0..<70 {
            for slot in 0..<4 {
                let at = start.advanced(by: .seconds(minute * 60 + slot * 15))
                if (30..<33).contains(minute) { missing.append(at) } else { _ = await world.send(json(at: at)) }
            }
            world.time.advance(by: .seconds(60))
            try await world.settle(&session)
        }
        broker.setDown(true)
        await gaps.turn()
        #expect(broker.take().isEmpty)
        broker.setDown(false)
        await gaps.turn()
        let requests = broker.take()
        let request = try #require(requests.first)
        #expect(requests.count == 1)
        #expect(request.meter.text == "M-1")
        #expect(request.facility.text == "F-1")
        #expect(missing.allSatisfy { request.gap.contains($0) })
        #expect(world.parts.measures.value(of: .backfills) == 1)
        world.time.advance(by: .seconds(60))
        await gaps.turn()
        #expect(broker.take().isEmpty, "not asked again within a quarter of an hour")
        for at in missing { _ = await world.send(json(at: at)) }
        try await world.settle(&session)
        world.time.advance(by: .seconds(900))
        let due = gaps.dueRequests()
        #expect(due.allSatisfy { !$0.gap.contains(missing[0]) })
    }
}
