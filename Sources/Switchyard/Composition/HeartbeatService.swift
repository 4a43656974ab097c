import EnergyModel
import Logging
import Ports
import ServiceLifecycle

/// Rewrites the heartbeat file from the engine's own snapshots, every two seconds at most.
struct HeartbeatService: Service {
    let link: any OperatorLink
    let directory: DataDirectory
    let http: @Sendable () -> String?
    let logger: Logger

    func run() async throws {
        var written = UTCInstant.distantPast
        for await update in link.snapshots().cancelOnGracefulShutdown() {
            guard case .snapshot(let snapshot) = update, snapshot.at.since(written) >= .seconds(2) else { continue }
            written = snapshot.at
            do {
                try Heartbeat(snapshot, http: http()).write(to: directory)
            } catch {
                logger.warning("heartbeat not written", metadata: ["error": "\(error)"])
            }
        }
    }
}
