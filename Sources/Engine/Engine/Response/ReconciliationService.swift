import DemandResponse
import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// Compares every half minute what the meters show with what was commanded and promised (ledger DR-18..20, CF-24).
final class ReconciliationService: Service {
    private struct Key: Hashable {
        var event: DREventID
        var facility: FacilityID
        var start: UTCInstant
    }

    private let coordinator: Coordinator
    private let measured: MeasuredReductions
    private let board: LiveBoard
    private let baseline: SameDayBaseline
    private let settings: EngineSettings.Response
    private let time: Timekeeper
    private let logger: Logger
    /// Baselines do not change during an event.
    private let baselines = Mutex<[Key: Power]>([:])

    init(
        coordinator: Coordinator, measured: MeasuredReductions, board: LiveBoard, baseline: SameDayBaseline,
        settings: EngineSettings.Response, time: Timekeeper, logger: Logger
    ) {
        self.coordinator = coordinator
        self.measured = measured
        self.board = board
        self.baseline = baseline
        self.settings = settings
        self.time = time
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while await time.pause(settings.followUp.reconcileInterval) { await turn() }
        }
    }

    func turn() async {
        let now = time.now()
        let open = coordinator.open
        measured.keep(Set(open.map(\.id)))
        baselines.withLock { known in
            let ids = Set(open.map(\.id))
            known = known.filter { ids.contains($0.key.event) }
        }
        let running = open.filter { $0.kind == .demandResponse && $0.window.contains(now) && !$0.status.isFinal }
        guard !running.isEmpty else { return }
        let loads = Dictionary(
            board.facilitySnapshots(at: now).map { ($0.id, $0.load) }, uniquingKeysWith: { first, _ in first })
        for event in running { await measure(event, loads, now: now) }
    }

    private func measure(_ event: DemandResponseEvent, _ loads: [FacilityID: Power?], now: UTCInstant) async {
        guard let saga = coordinator.event(event.id)?.saga else { return }
        var measurements: [FacilityID: MeasuredReductions.Measurement] = [:]
        for facility in saga.facilities where saga.leg(facility)?.activeSince != nil {
            guard let load = loads[facility] ?? nil, let baseline = await baseline(of: facility, for: event) else {
                continue
            }
            measurements[facility] = .init(baseline: baseline, achieved: baseline - load, at: now)
        }
        guard !measurements.isEmpty else { return }
        measured.set(measurements, of: event.id)
        let reductions = measurements.mapValues(\.achieved)
        await coordinator.tell(
            .measured(reductions, total: reductions.values.reduce(.zero, +)), to: event.id)
    }

    private func baseline(of facility: FacilityID, for event: DemandResponseEvent) async -> Power? {
        let key = Key(event: event.id, facility: facility, start: event.window.start)
        if let known = baselines.withLock({ $0[key] }) { return known }
        do throws(PortError) {
            guard let power = try await baseline.power(of: facility, before: event.window) else { return nil }
            baselines.withLock { $0[key] = power }
            return power
        } catch {
            logger.warning("a baseline is not read", metadata: ["facility": "\(facility)", "error": "\(error)"])
            return nil
        }
    }
}
