import EnergyModel
import GatewayWire
import Ports
import ServiceLifecycle
import Synchronization

/// The operator's link to an engine behind a gateway elsewhere. Queries and commands go out one by one; snapshots come over a
/// stream that `run()` keeps open, loses and opens again. Keeps nothing of what it was told: whoever shows it does.
package final class RemoteOperator: OperatorLink, Service {
    /// The clocks and the dice, injected.
    package struct Surroundings: Sendable {
        /// Wall time of this machine.
        package var now: @Sendable () -> UTCInstant
        /// Monotonic.
        package var uptime: @Sendable () -> Duration
        package var sleep: @Sendable (Duration) async throws -> Void
        package var random: @Sendable () -> UInt64

        package init(
            now: @escaping @Sendable () -> UTCInstant, uptime: @escaping @Sendable () -> Duration,
            sleep: @escaping @Sendable (Duration) async throws -> Void, random: @escaping @Sendable () -> UInt64
        ) {
            self.now = now
            self.uptime = uptime
            self.sleep = sleep
            self.random = random
        }
    }

    let requests: LinkRequests
    let send: HTTPSend
    let open: HTTPOpen
    let surroundings: Surroundings
    let board = UpdateBoard()

    /// - Parameters:
    ///   - endpoint: `https://engine.example:8443`.
    ///   - credential: a bearer token, asked for before every request; throws a sentence when there is none.
    ///   - send: takes answers of some 64 MiB: a past moment's snapshot of a large fleet.
    package init(
        endpoint: String, credential: @escaping @Sendable () async throws(PortError) -> String,
        send: @escaping HTTPSend, open: @escaping HTTPOpen, surroundings: Surroundings
    ) {
        var endpoint = endpoint
        while endpoint.last == "/" { endpoint.removeLast() }
        requests = LinkRequests(endpoint: endpoint, credential: credential)
        self.send = send
        self.open = open
        self.surroundings = surroundings
    }

    /// Keeps the stream until cancellation. When the engine does not let us in, the snapshots end with a sentence, and it
    /// waits for the cancellation: another credential needs another link.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.keepStream() }
    }

    package func snapshots() -> AsyncStream<LinkUpdate> { board.listen() }

    private func keepStream() async {
        var session = LinkSession(link: self)
        var action = session.machine.begin()
        while !Task.isCancelled {
            switch action {
            case .connect(let position):
                let loss = await session.run(from: position)
                guard !Task.isCancelled else { break }
                let (next, sentence) = session.machine.ended(loss, random: surroundings.share())
                if let sentence { board.tell(.lost(sentence: sentence)) }
                action = next
            case .wait(let span):
                do { try await surroundings.sleep(span) } catch { break }
                action = session.machine.waited()
            case .end:
                board.finish()
                do { try await surroundings.sleep(.seconds(3600)) } catch { break }
            }
        }
        board.finish()
    }
}

extension RemoteOperator.Surroundings {
    /// Uniform in 0..<1.
    func share() -> Double { Double(random() >> 11) / Double(1 << 53) }
}
