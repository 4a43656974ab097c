import EnergyModel
import Forecasting
import Ports
import Synchronization

/// The forecasters of the fleet, in memory, and how one comes to be: from its archive, or from the last weeks' quarter hours.
final class ForecastCrew: Sendable {
    private let members = Mutex<[FacilityID: FacilityForecaster]>([:])
    private let records: any ForecastRecords
    let history: ForecastHistory
    private let settings: EngineSettings
    private let time: Timekeeper

    init(records: any ForecastRecords, history: ForecastHistory, settings: EngineSettings, time: Timekeeper) {
        self.records = records
        self.history = history
        self.settings = settings
        self.time = time
    }

    subscript(facility: FacilityID) -> FacilityForecaster? { members.withLock { $0[facility] } }
    var all: [FacilityForecaster] { members.withLock { Array($0.values) } }

    func put(_ member: FacilityForecaster) { members.withLock { $0[member.facility.id] = member } }

    /// Applies `body` to one member; nil when there is none.
    func with<Value: Sendable>(
        _ facility: FacilityID, _ body: (inout FacilityForecaster) -> Value
    ) -> Value? {
        members.withLock { members in
            guard let index = members.index(forKey: facility) else { return nil }
            return body(&members.values[index])
        }
    }

    /// Those who are no longer in the fleet, or were described anew in a way that matters, go.
    func keep(_ facilities: [Facility]) {
        let known = Dictionary(facilities.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        members.withLock { members in
            members = members.filter { id, member in
                guard let facility = known[id] else { return false }
                return facility.timeZone == member.facility.timeZone && facility.kind == member.facility.kind
                    && (member.fittedAt != nil || facility.contractDemand == member.facility.contractDemand)
            }
        }
    }

    // MARK: - Coming to be

    /// From the archive where there is one of the model that is wanted, else from the last weeks.
    func bringIn(_ facility: Facility, at origin: UTCInstant) async throws(PortError) -> FacilityForecaster {
        let version = settings.forecast.version(of: facility.id)
        if let member = try await restored(facility, version, at: origin) { return member }
        return try await firstLook(facility, version, at: origin)
    }

    private func restored(
        _ facility: Facility, _ version: ModelVersion, at origin: UTCInstant
    ) async throws(PortError) -> FacilityForecaster? {
        let archive = try await bounded(by: settings.series.queryTimeout, "the record store", time: time) {
            [records] () throws(PortError) in try await records.forecasterArchive(of: facility.id)
        }
        let oldest = origin.advanced(by: .zero - .seconds(86_400 * settings.forecast.firstLookDays))
        guard let archive, archive.model == version.rawValue, archive.savedAt > oldest else { return nil }
        let main: Forecaster
        do throws(ForecastArchiveError) {
            main = try Forecaster(
                archive: archive.bytes, grid: grid(of: facility, at: origin),
                calendar: calendar(of: facility, at: origin),
                prior: prior(of: facility), constants: settings.forecast.constants,
                network: settings.forecast.network)
        } catch {
            // Of another release, or damaged: what it knew is learned again.
            return nil
        }
        // From where it stopped knowing, which may be long before it was put away; what it knows it passes over.
        let known = min(archive.savedAt.advanced(by: .seconds(-86_400)), main.newestStart ?? oldest)
        let start = Granularity.quarterHour.windowStart(of: max(oldest, known))
        var member = FacilityForecaster(facility: facility, main: main, fittedAt: archive.fittedAt, next: start)
        let range = TimeRange(start: start, end: origin)
        guard !range.isEmpty else { return member }
        let rollups = try await history.rollups(of: facility, in: range)
        member.take(
            rollups, try await history.context(of: facility.id, in: range), least: settings.forecast.leastShare)
        return member
    }

    /// Without weights yet: profiles and levels of the last weeks.
    func firstLook(
        _ facility: Facility, _ version: ModelVersion, at origin: UTCInstant
    ) async throws(PortError) -> FacilityForecaster {
        let start = origin.advanced(by: .zero - .seconds(86_400 * settings.forecast.firstLookDays))
        let range = TimeRange(start: start, end: origin)
        let rollups = try await history.rollups(of: facility, in: range)
        let context = try await history.context(of: facility.id, in: range)
        let (grid, calendar, prior) = (
            grid(of: facility, at: origin), calendar(of: facility, at: origin), prior(of: facility)
        )
        let least = settings.forecast.leastShare
        let blank = FacilityForecaster(
            facility: facility,
            main: Forecaster(
                grid: grid, calendar: calendar, beginning: rollups.first?.start ?? origin, prior: prior,
                version: version,
                constants: settings.forecast.constants, network: settings.forecast.network),
            next: rollups.first?.start ?? origin)
        guard rollups.count > 192 else {
            var member = blank
            member.take(rollups, context, least: least)
            return member
        }
        let told = await BackgroundThread.run("forecast-look") {
            var member = blank
            member.take(rollups, context, least: least)
            return member
        }
        guard let told else { throw PortError(.unavailable, "the engine is stopping") }
        return told
    }

    /// What a fit learns from.
    func samples(of facility: Facility, at origin: UTCInstant) async throws(PortError) -> LoadHistory {
        let start = origin.advanced(by: .zero - .seconds(86_400 * settings.forecast.historyDays))
        let range = TimeRange(start: start, end: origin)
        let rollups = try await history.rollups(of: facility, in: range)
        let context = try await history.context(of: facility.id, in: range)
        var share = ReadingShare()
        return LoadHistory(
            grid: grid(of: facility, at: origin), calendar: calendar(of: facility, at: origin),
            samples: rollups.map { share.sample($0, context, least: settings.forecast.leastShare) })
    }

    // MARK: - What a facility is

    /// From two years back to some years ahead: an engine does not run longer without a start.
    func grid(of facility: Facility, at origin: UTCInstant) -> LocalGrid {
        let span = TimeRange(
            start: origin.advanced(by: .seconds(-3 * 366 * 86_400)),
            end: origin.advanced(by: .seconds(5 * 366 * 86_400)))
        let zone = ZoneDatabase.offsets(of: facility.timeZone, within: span) ?? ZoneOffsets(name: "UTC", offset: 0)
        return LocalGrid(resolution: .quarterHour, zone: zone)
    }

    func calendar(of facility: Facility, at origin: UTCInstant) -> DayCalendar {
        let year = CivilDate(dayNumber: Int32(clamping: origin.milliseconds / 86_400_000)).year
        let table = settings.forecast.holidays[facility.id] ?? settings.response.report.holidays.table
        return DayCalendar(table, years: year - 3...year + 5)
    }

    func prior(of facility: Facility) -> LoadPrior {
        LoadPrior(kind: facility.kind, contractDemand: facility.contractDemand)
    }
}
