import DemandResponse
import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// Gives back what should have been given back long ago, whatever the coordinator does (ledger DR-22). It looks at stored
/// commands alone; while these cannot be read it goes by those it read last.
final class WatchdogService: Service {
    private struct State {
        var commands: [BuildingCommand] = []
        /// Keys that a building acknowledged, and when: the same release is not sent every half minute for ever.
        var released: [IdempotencyKey: UTCInstant] = [:]
        var noted: Set<IdempotencyKey> = []
    }

    private let records: any ResponseRecords
    private let gate: BuildingGate
    private let settings: EngineSettings.Response
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal
    private let logger: Logger
    private let state = Mutex(State())

    private static let repeatAfter = Duration.seconds(900)

    init(
        records: any ResponseRecords, gate: BuildingGate, settings: EngineSettings.Response, time: Timekeeper,
        measures: EngineMeasures, journal: Journal, logger: Logger
    ) {
        self.records = records
        self.gate = gate
        self.settings = settings
        self.time = time
        self.measures = measures
        self.journal = journal
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while await time.pause(settings.followUp.watchdogInterval) { await turn() }
        }
    }

    func turn() async {
        await look()
        let now = time.now()
        let overdue = state.withLock { state in
            state.released = state.released.filter { now.since($0.value) < WatchdogService.repeatAfter }
            return OverdueRelease.find(in: state.commands, now: now, grace: settings.followUp.watchdogGrace)
                .map { OverdueRelease.request(for: $0, now: now, budget: settings.saga.answerBudget) }
                .filter { state.released[$0.key] == nil }
        }
        // Buildings side by side; within one, later writes before earlier ones.
        await withTaskGroup(of: Void.self) { group in
            for requests in Dictionary(grouping: overdue, by: \.facility).values {
                group.addTask { for request in requests { await self.release(request) } }
            }
        }
    }

    private func look() async {
        do throws(PortError) {
            let commands = try await bounded(by: settings.commitTimeout, "the stored commands", time: time) {
                [records] () throws(PortError) in try await records.commands(of: nil)
            }
            state.withLock { $0.commands = commands }
        } catch {
            logger.warning("stored commands not read; going by the last ones", metadata: ["error": "\(error)"])
        }
    }

    private func release(_ request: BuildingRequest) async {
        var request = request
        let now = time.now()
        // Those before it may have taken their time.
        request.answerBy = now.advanced(by: settings.saga.answerBudget)
        let isNew = state.withLock { $0.noted.insert(request.key).inserted }
        if isNew {
            measures.count(.watchdogReleases)
            journal.note(
                "\(request.point) of \(request.facility) is still held long after its end; the watchdog gives it back",
                of: "dr-event:\(request.event)", by: "service:watchdog", about: request.facility)
        }
        guard case .applied = await gate.perform(request) else { return }
        state.withLock { $0.released[request.key] = now }
    }
}
