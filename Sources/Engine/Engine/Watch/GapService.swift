import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// Asks a meter for the readings of a span it did not deliver (ING-16): over MQTT or HTTP, as composition wires it.
package typealias BackfillRequester =
    @Sendable (_ meter: MeterID, _ facility: FacilityID, _ gap: TimeRange) async throws
    -> Void

/// Looks for missing 15-s slots per meter and requests backfill; a meter is asked again after a while at the earliest.
final class GapService: Service {
    struct Request: Sendable, Hashable {
        var meter: MeterID
        var facility: FacilityID
        var gap: TimeRange
    }

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
        for due in dueRequests() {
            guard isRunning else { return }
            do {
                try await request(due.meter, due.facility, due.gap)
                measures.count(.backfills)
            } catch {
                logger.warning("backfill not requested", metadata: ["meter": "\(due.meter)", "error": "\(error)"])
            }
        }
    }

    /// Of each meter with enough missing slots, the span from its first to its last gap of the last hour. Meters that have
    /// fallen silent come last: they are asked when there is room.
    func dueRequests() -> [Request] {
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
                return Request(meter: entry.meter.id, facility: facility, gap: entry.gap)
            }
        }
    }

    private static func range(_ slots: Range<Int64>) -> TimeRange {
        TimeRange(
            start: UTCInstant(milliseconds: slots.lowerBound * Reading.intervalMilliseconds),
            end: UTCInstant(milliseconds: slots.upperBound * Reading.intervalMilliseconds))
    }
}
