import EnergyModel
import Logging
import Ports
import Synchronization

/// Which events each building gave in lately, for the order in which the planner asks: who gave least gives first. Read from
/// the records now and then rather than for every plan: fairness may be a minute old. When the records cannot be read what
/// was known last counts on, since no event waits for fairness.
final class RecentSheds: Sendable {
    private struct Known {
        var sheds: [FacilityID: Set<DREventID>] = [:]
        var readAt: Duration?
    }

    private let records: any ResponseRecords
    private let settings: EngineSettings.Response
    private let time: Timekeeper
    private let logger: Logger
    private let known = Mutex(Known())

    /// How old what is known may be.
    static let freshness = Duration.seconds(60)
    /// Longest wait of a plan for it.
    private static let patience = Duration.seconds(1)

    init(records: any ResponseRecords, settings: EngineSettings.Response, time: Timekeeper, logger: Logger) {
        self.records = records
        self.settings = settings
        self.time = time
        self.logger = logger
    }

    /// For one plan of `event`. A building that gives in it already counts as one that gave nothing: a change of the event
    /// goes on with those it has, instead of sending others into the same hour.
    func counts(besides event: DREventID) async -> [FacilityID: Int] {
        await refresh()
        return known.withLock { known in
            known.sheds.mapValues { $0.contains(event) ? 0 : $0.count }
        }
    }

    private func refresh() async {
        let (now, uptime) = (time.now(), time.uptime())
        let isDue = known.withLock { known in
            if let readAt = known.readAt, uptime - readAt < RecentSheds.freshness { return false }
            // Marked before it is read: of many plans at once one reads, and a store that is down is asked once a minute.
            known.readAt = uptime
            return true
        }
        guard isDue else { return }
        let since = now.advanced(by: .zero - settings.outlook.shedMemory)
        do throws(PortError) {
            let sheds = try await bounded(by: RecentSheds.patience, "the records of demand response", time: time) {
                [records] () throws(PortError) in try await records.sheds(since: since)
            }
            known.withLock { $0.sheds = sheds }
        } catch {
            logger.warning("who gave lately is not known anew", metadata: ["error": "\(error)"])
        }
    }
}
