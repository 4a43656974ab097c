import DemandResponse
import EnergyModel
import Ports

/// What the planner is told about each building: its forecast, if that is fresh and good enough (ledger FC-10). Else the load
/// of the window is taken to be the mean of the last hour, with a stated share below and above it, and says so by its quality
/// `heuristic`. A building without enough of a last hour has no load figure; the planner then counts 20 % of contract demand
/// over its zones (DR-17).
struct OutlookDesk: Sendable {
    let points: PointBook
    let gate: BuildingGate
    let facilities: FacilityIndex
    let board: LiveBoard
    let sheds: RecentSheds
    let settings: EngineSettings.Response
    let forecasts: ForecastLookup

    /// What is asked of the coordinator's memory about one event's buildings.
    struct Circumstances: Sendable {
        var event: DREventID
        var window: TimeRange
        var optedOut: Set<FacilityID>
        var standings: [Standing]
    }

    /// Ascending by facility. Points come from memory nearly always; only the first plan after a start asks buildings, all
    /// at once, each within its own deadline.
    func outlooks(
        of chosen: [FacilityID], _ circumstances: Circumstances, now: UTCInstant
    ) async -> [FacilityOutlook] {
        let snapshots = Dictionary(
            board.facilitySnapshots(at: now).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let index = StandingIndex(circumstances.standings)
        let held = index.heldPoints
        let points = await readPoints(of: chosen)
        let sheds = await sheds.counts(besides: circumstances.event)
        let forecasts = await forecasts.usable(at: now)
        return chosen.sorted().compactMap { id in
            guard let facility = facilities[id] else { return nil }
            let expected =
                forecasts[id].flatMap { Expectation($0, over: circumstances.window) }
                ?? Expectation(load: load(snapshots[id], over: circumstances.window), quality: .heuristic)
            var outlook = FacilityOutlook(
                facility: id, kind: facility.kind, points: points[id]?.points ?? [],
                load: expected.load, quality: expected.quality,
                contractDemand: facility.contractDemand, adjustmentWindow: adjustmentWindow(circumstances.window, now),
                isReachable: gate.isReachable(id), hasOptedOut: circumstances.optedOut.contains(id),
                recentSheds: sheds[id] ?? 0,
                heldBy: index.holder(
                    of: Standing.Resource(facility: id, point: nil), for: circumstances.event,
                    window: circumstances.window))
            outlook.outdoor = self.forecasts.outdoor(of: id, in: circumstances.window, now: now)
            for place in outlook.points.indices where held[id]?.contains(outlook.points[place].id) ?? false {
                outlook.points[place].isHeldByOperator = true
            }
            return outlook
        }
    }

    private func readPoints(of chosen: [FacilityID]) async -> [FacilityID: BuildingPoints] {
        await withTaskGroup(of: (FacilityID, BuildingPoints?).self) { group in
            for id in chosen { group.addTask { (id, await points.points(of: id)) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func load(_ snapshot: FacilitySnapshot?, over window: TimeRange) -> [LoadBand] {
        let minutes = (snapshot?.lastHour ?? []).compactMap(\.self)
        guard minutes.count >= settings.outlook.minutes else { return [] }
        let mean = minutes.reduce(0) { $0 + Double($1) } / Double(minutes.count)
        guard mean > 0 else { return [] }
        return [
            LoadBand(
                range: window, lower: Power(kilowatts: mean * settings.outlook.lowerShare),
                expected: Power(kilowatts: mean), upper: Power(kilowatts: mean * settings.outlook.upperShare))
        ]
    }

    private func adjustmentWindow(_ window: TimeRange, _ now: UTCInstant) -> TimeRange? {
        let range = TimeRange(
            start: window.start.advanced(by: .zero - settings.outlook.adjustmentFrom),
            end: window.start.advanced(by: .zero - settings.outlook.adjustmentTo))
        return range.end > now && !range.isEmpty ? range : nil
    }
}
