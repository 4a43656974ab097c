import EnergyModel
import Logging
import Metering
import Ports
import ServiceLifecycle
import Synchronization

/// Readings that a meter did not deliver and may still have.
package struct BackfillRequest: Sendable, Hashable {
    package var meter: MeterID
    package var facility: FacilityID
    package var gap: TimeRange
}

/// Asks meters for the readings of their gaps (ING-16): over MQTT, as composition wires it. Throws when not all could be
/// asked.
package typealias BackfillRequester = @Sendable ([BackfillRequest]) async throws -> Void

/// Looks for missing 15-s slots per meter and requests backfill; a meter is asked again after a while at the earliest.
final class GapService: Service {
    private let request: BackfillRequester?
    private let settings: EngineSettings.Gaps
    private let directory: FleetDirectory
    private let board: LiveBoard
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let logger: Logger
    private let askedAt = Mutex<[MeterNumber: Duration]>([:])

    init(
        request: BackfillRequester?, settings: EngineSettings.Gaps, directory: FleetDirectory, board: LiveBoard,
        time: Timekeeper, measures: EngineMeasures, logger: Logger
    ) {
        self.request = request
        self.settings = settings
        self.directory = directory
        self.board = board
        self.time = time
        self.measures = measures
        self.logger = logger
    }

    func run() async throws {
        while await time.pause(settings.interval) { await turn() }
    }

    func turn() async {
        guard let request else { return }
        let due = dueRequests()
        guard !due.isEmpty else { return }
        do throws(PortError) {
            try await bounded(by: settings.requestTimeout, "requesting backfill", time: time) {
                () throws(PortError) in
                do { try await request(due) } catch {
                    throw PortError(.unavailable, "the meters' broker took no request", cause: error)
                }
            }
            measures.count(.backfills, due.count)
            logger.info("backfill requested", metadata: ["meters": "\(due.count)", "first": "\(due[0].meter)"])
        } catch {
            // Asked again at the next turn.
            forget(due)
            logger.warning("backfill not requested", metadata: ["meters": "\(due.count)", "error": "\(error)"])
        }
    }

    private func forget(_ requests: [BackfillRequest]) {
        let numbers = directory.current.directory
        askedAt.withLock { askedAt in
            for request in requests {
                if let number = numbers.number(of: request.meter) { askedAt[number] = nil }
            }
        }
    }

    /// Of each meter with enough missing slots, the span from its first to its last gap of the last hour. Meters that have
    /// fallen silent come last: they are asked when there is room.
    func dueRequests() -> [BackfillRequest] {
        let (now, uptime) = (time.now(), time.uptime())
        let fleet = directory.current
        let facilities = Dictionary(
            fleet.facilities.map { ($0.number, $0.id) }, uniquingKeysWith: { first, _ in first })
        let range = LiveFleet.lastHour(at: now, settle: settings.settle)
        return askedAt.withLock { askedAt in
            var due: [(missing: Int, meter: Meter, gap: TimeRange)] = []
            board.read { live in
                for meter in fleet.meters where Int(meter.number.rawValue) < live.meters.count {
                    if let asked = askedAt[meter.number], uptime - asked < settings.requestEvery { continue }
                    let gaps = live.slots.gaps(in: range, of: Int(meter.number.rawValue))
                    let missing = gaps.reduce(0) { $0 + $1.count }
                    guard missing >= settings.requestFrom, let first = gaps.first, let last = gaps.last else {
                        continue
                    }
                    due.append((missing, meter, GapService.range(first.lowerBound..<last.upperBound)))
                }
            }
            due.sort { ($0.missing, $0.meter.number) < ($1.missing, $1.meter.number) }
            return due.prefix(settings.requestsPerPass).compactMap { entry in
                guard let facility = facilities[entry.meter.facility] else { return nil }
                askedAt[entry.meter.number] = uptime
                return BackfillRequest(meter: entry.meter.id, facility: facility, gap: entry.gap)
            }
        }
    }

    private static func range(_ slots: Range<Int64>) -> TimeRange {
        TimeRange(
            start: UTCInstant(milliseconds: slots.lowerBound * Reading.intervalMilliseconds),
            end: UTCInstant(milliseconds: slots.upperBound * Reading.intervalMilliseconds))
    }
}
