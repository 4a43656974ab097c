import EnergyModel
import GatewayWire
import Ports
import Synchronization

/// Measures the engine's clock while a stream is open, and tells how the link stands.
struct ClockMeasurement: Sendable {
    let link: RemoteOperator
    let filter: ClockMemory
    let reconnects: Int

    func run() async {
        for _ in 1..<LinkSession.firstMeasurements { _ = await measure() }
        while !Task.isCancelled {
            if let answer = await measure() { tell(answer) }
            do { try await link.surroundings.sleep(LinkSession.measureEvery) } catch { return }
        }
    }

    /// Nil when it failed: the stream itself tells whether the link is lost.
    private func measure() async -> ClockAnswer? {
        do throws(PortError) {
            let request = try await link.requests.request(.get, LinkMembers.clockPath, deadline: .seconds(3))
            let sent = link.surroundings.now()
            let answer = try await link.answer(to: request, as: ClockAnswer.self)
            filter.take(
                ClockFilter.Sample(
                    sent: sent, received: answer.received, answered: answer.sent, returned: link.surroundings.now()))
            return answer
        } catch {
            return nil
        }
    }

    private func tell(_ answer: ClockAnswer) {
        guard let (best, newest) = filter.figures else { return }
        link.board.tell(
            .standing(
                LinkStanding(
                    endpoint: link.requests.endpoint, identity: answer.identity, expiresAt: answer.expiresAt,
                    clockOffset: best.offset, roundTrip: newest.roundTrip, reconnects: reconnects)))
    }
}

/// What was measured, over all streams of a link.
final class ClockMemory: Sendable {
    private let filter = Mutex(ClockFilter())

    func take(_ sample: ClockFilter.Sample) { filter.withLock { $0.take(sample) } }

    var figures: (best: ClockFilter.Sample, newest: ClockFilter.Sample)? {
        filter.withLock { filter in
            guard let best = filter.best, let newest = filter.newest else { return nil }
            return (best, newest)
        }
    }
}
