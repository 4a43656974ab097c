import EnergyModel
import Gateway
import Logging
import Ports
import ServiceLifecycle

/// Rewrites the heartbeat file from the engine's own snapshots, every two seconds at most, and shows each snapshot's breakers
/// and figures at `/metrics`.
struct HeartbeatService: Service {
    let link: any OperatorLink
    let directory: DataDirectory
    let http: @Sendable () -> String?
    let logger: Logger
    private let breakers = BreakerMetrics()
    private let figures = SnapshotMetrics()

    init(
        link: any OperatorLink, directory: DataDirectory, http: @escaping @Sendable () -> String?, logger: Logger
    ) {
        (self.link, self.directory, self.http, self.logger) = (link, directory, http, logger)
    }

    func run() async throws {
        var written = UTCInstant.distantPast
        for await update in link.snapshots().cancelOnGracefulShutdown() {
            guard case .snapshot(let snapshot) = update else { continue }
            breakers.record(snapshot.health.breakers)
            figures.record(snapshot)
            guard snapshot.at.since(written) >= .seconds(2) else { continue }
            written = snapshot.at
            do {
                try Heartbeat(snapshot, http: http()).write(to: directory)
            } catch {
                logger.warning("heartbeat not written", metadata: ["error": "\(error)"])
            }
        }
    }
}
