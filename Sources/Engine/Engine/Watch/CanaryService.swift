import EnergyModel
import Logging
import Metering
import Ports
import ServiceLifecycle
import Synchronization

/// Sends one JSON reading of the canary meter the way real meters send theirs. Throws when it could not be sent.
package typealias CanaryPublisher =
    @Sendable (_ facility: FacilityID, _ meter: MeterID, _ payload: [UInt8]) async throws
    -> Void

/// A meter of our own whose reading goes the whole way every minute; three that did not arrive are noticed (ING-15).
final class CanaryService: Service {
    private struct State {
        var sentAt: UTCInstant?
        var misses = 0
    }

    private let publish: CanaryPublisher
    private let settings: EngineSettings.Canary
    private let directory: FleetDirectory
    private let board: LiveBoard
    private let time: Timekeeper
    private let journal: Journal
    private let logger: Logger
    private let state = Mutex(State())

    init(
        publish: @escaping CanaryPublisher, settings: EngineSettings.Canary, directory: FleetDirectory,
        board: LiveBoard,
        time: Timekeeper, journal: Journal, logger: Logger
    ) {
        self.publish = publish
        self.settings = settings
        self.directory = directory
        self.board = board
        self.time = time
        self.journal = journal
        self.logger = logger
    }

    func run() async throws {
        guard await time.pause(.seconds(5)) else { return }
        repeat { await turn() } while await time.pause(settings.interval)
    }

    /// Judges the last reading, then sends the next.
    func turn() async {
        guard let facility = FacilityID(settings.facility), let meter = MeterID(settings.meter) else { return }
        judge(meter)
        let now = time.now()
        let stamp = now.floor(toMilliseconds: 1000)
        let payload = "{\"meter_id\":\"\(meter)\",\"facility_id\":\"\(facility)\",\"ts\":\"\(stamp.iso8601)\",\"kw\":0}"
        do {
            // Its facility is nobody's to describe, so it is registered by hand and not by policy.
            if directory.current.directory.number(of: meter) == nil {
                _ = try await directory.register([MeterRegistration(meter: meter, facility: facility)])
            }
            let (publish, bytes) = (publish, Array(payload.utf8))
            try await bounded(by: settings.timeout, "the canary", time: time) { () throws(PortError) in
                do { try await publish(facility, meter, bytes) } catch {
                    throw PortError(.unavailable, "the canary's reading was not taken", cause: error)
                }
            }
        } catch {
            logger.warning("canary not sent", metadata: ["error": "\(error)"])
        }
        state.withLock { $0.sentAt = stamp }
    }

    /// Throws after three misses in a row.
    func check() throws(PortError) {
        let misses = state.withLock(\.misses)
        guard misses >= settings.misses else { return }
        throw PortError(
            .unavailable,
            "the last \(misses) canary readings did not arrive: look at feeds, log and aggregation in Health")
    }

    private func judge(_ meter: MeterID) {
        guard let sentAt = state.withLock(\.sentAt) else { return }
        let number = directory.current.directory.number(of: meter)
        let newest = number.flatMap { number in
            board.read { $0.meters.indices.contains(Int(number.rawValue)) ? $0.meters[Int(number.rawValue)].time : nil }
        }
        let arrived = (newest ?? .min) >= sentAt.milliseconds
        let (before, after) = state.withLock { state in
            let before = state.misses
            state.misses = arrived ? 0 : state.misses + 1
            return (before, state.misses)
        }
        if after == settings.misses {
            journal.note("\(after) readings in a row did not come through", of: "canary", by: "service:canary")
        } else if arrived, before >= settings.misses {
            journal.note("readings come through again", of: "canary", by: "service:canary")
        }
    }
}
