import EnergyModel
import Ports
import Synchronization

/// The newest forecast of each facility, in memory, and the profiles that people entered: what plans, snapshots and queries
/// look at.
final class ForecastBoard: Sendable {
    private struct State {
        var forecasts: [FacilityID: FacilityForecast] = [:]
        var profiles: [FacilityID: LoadProfile] = [:]
        var briefs: [FacilityID: ForecastBrief] = [:]
        var standings: [FacilityID: ForecasterStanding] = [:]
        var fleet: FleetForecast?
    }

    private let state = Mutex(State())

    subscript(facility: FacilityID) -> FacilityForecast? { state.withLock { $0.forecasts[facility] } }
    var forecasts: [FacilityForecast] { state.withLock { Array($0.forecasts.values) } }
    var briefs: [FacilityID: ForecastBrief] { state.withLock(\.briefs) }
    var fleet: FleetForecast? { state.withLock(\.fleet) }
    /// When the newest of all forecasts was issued; nil before the first.
    var newest: UTCInstant? { state.withLock { $0.forecasts.values.lazy.map(\.issuedAt).max() } }

    func standing(of facility: FacilityID) -> ForecasterStanding? { state.withLock { $0.standings[facility] } }

    func profile(of facility: FacilityID, at now: UTCInstant) -> LoadProfile? {
        state.withLock { $0.profiles[facility] }.flatMap { $0.until > now ? $0 : nil }
    }

    /// What was just made takes its place whatever stands there: the wall clock may have been set back. What is recalled does so
    /// only when it is newer.
    func take(
        _ forecasts: [FacilityForecast], standings: [FacilityID: ForecasterStanding] = [:], isRecalled: Bool = false
    ) {
        state.withLock { state in
            for forecast in forecasts {
                let known = state.forecasts[forecast.facility]
                let isNewer = known.map { ($0.origin, $0.issuedAt) <= (forecast.origin, forecast.issuedAt) } ?? true
                guard isNewer || !isRecalled else { continue }
                state.forecasts[forecast.facility] = forecast
                state.briefs[forecast.facility] = ForecastBrief(forecast)
            }
            state.standings.merge(standings) { $1 }
            state.fleet = FleetForecast(Array(state.forecasts.values))
        }
    }

    func take(_ profiles: [LoadProfile]) {
        state.withLock { state in
            state.profiles = Dictionary(profiles.map { ($0.facility, $0) }, uniquingKeysWith: { $1 })
        }
    }

    func put(_ profile: LoadProfile) { state.withLock { $0.profiles[profile.facility] = profile } }
    func removeProfile(of facility: FacilityID) { state.withLock { $0.profiles[facility] = nil } }
}

extension ForecastBrief {
    fileprivate init?(_ forecast: FacilityForecast) {
        guard let peak = forecast.peak(from: forecast.origin) else { return nil }
        self.init(
            peak: Power(kilowatts: Double(peak.step.middle)), peakHigh: Power(kilowatts: Double(peak.step.high)),
            peakAt: peak.start, mode: forecast.mode, quality: forecast.quality, issuedAt: forecast.issuedAt)
    }
}

extension FleetForecast {
    /// Sums of the middles by quarter hour, over forecasts that reach as far as the newest ones.
    fileprivate init?(_ forecasts: [FacilityForecast]) {
        guard let origin = forecasts.map(\.origin).max() else { return nil }
        let count = 96
        var sums = [Double](repeating: 0, count: count)
        var summed = 0
        for forecast in forecasts {
            // One of long ago says nothing of the hours to come.
            let late = Int((origin.milliseconds - forecast.origin.milliseconds) / FacilityForecast.stepMilliseconds)
            guard late <= 8, !forecast.steps.isEmpty else { continue }
            summed += 1
            for index in 0..<count {
                sums[index] += Double(forecast.steps[min(index + late, forecast.steps.count - 1)].middle)
            }
        }
        guard summed > 0, let top = sums.indices.max(by: { sums[$0] < sums[$1] }) else { return nil }
        self.init(
            peak: Power(kilowatts: sums[top]),
            peakAt: origin.advanced(by: .milliseconds(Int64(top) * FacilityForecast.stepMilliseconds)),
            facilities: summed, issuedAt: forecasts.map(\.issuedAt).max() ?? origin)
    }
}
