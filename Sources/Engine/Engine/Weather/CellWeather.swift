import EnergyModel
import Ports

/// What is known of one cell: an hour has the newest word of any provider.
struct CellWeather: Sendable {
    struct Known: Hashable, Sendable {
        var celsius: Double
        var source: String
        var fetchedAt: UTCInstant
    }

    static let hourLength: Int64 = 3_600_000
    /// Days that persistence looks back for the same hour.
    static let days: Int64 = 7
    /// What is told of later hours is not kept.
    static let furthestAhead = Duration.seconds(16 * 86_400)

    /// By the hour's number since the epoch.
    private(set) var hours: [Int64: Known] = [:]

    static func number(of moment: UTCInstant) -> Int64 {
        moment.floor(toMilliseconds: hourLength).milliseconds / hourLength
    }

    mutating func take(_ observation: WeatherObservation) {
        let number = CellWeather.number(of: observation.hour)
        if let known = hours[number], known.fetchedAt > observation.fetchedAt { return }
        hours[number] = Known(
            celsius: observation.celsius, source: observation.source, fetchedAt: observation.fetchedAt)
    }

    mutating func drop(before moment: UTCInstant) {
        let first = CellWeather.number(of: moment)
        hours = hours.filter { $0.key >= first }
    }

    /// The same hour of an earlier day, the nearest known (FC-06).
    func persistence(of hour: Int64) -> Known? {
        for day in 1...CellWeather.days {
            if let known = hours[hour - 24 * day] { return known }
        }
        return nil
    }

    func outlook(from: UTCInstant, hours count: Int, now: UTCInstant, liveFor: Duration) -> WeatherOutlook {
        var used = Used(present: CellWeather.number(of: now))
        let first = CellWeather.number(of: from)
        for hour in first..<first + Int64(max(0, count)) {
            if let known = hours[hour] {
                used.take(known, of: hour)
            } else {
                used.isPatched = true
                if let known = persistence(of: hour) {
                    used.take(known, of: hour)
                } else {
                    used.temperatures.append(nil)
                }
            }
        }
        return used.outlook(now: now, liveFor: liveFor)
    }
}

/// What an outlook was made of.
private struct Used {
    let present: Int64
    var temperatures: [Double?] = []
    var isPatched = false
    var newest: CellWeather.Known?
    /// Of the hours from the present one on: what was told of past hours does not age.
    var oldest: UTCInstant?

    init(present: Int64) { self.present = present }

    mutating func take(_ known: CellWeather.Known, of hour: Int64) {
        temperatures.append(known.celsius)
        if newest.map({ $0.fetchedAt < known.fetchedAt }) ?? true { newest = known }
        if hour >= present { oldest = min(oldest ?? known.fetchedAt, known.fetchedAt) }
    }

    func outlook(now: UTCInstant, liveFor: Duration) -> WeatherOutlook {
        guard let newest else { return .nothing(hours: temperatures.count) }
        let asOf = oldest ?? newest.fetchedAt
        let standing: WeatherOutlook.Standing =
            isPatched ? .persistence : now.since(asOf) <= liveFor ? .live : .cached
        return WeatherOutlook(temperatures: temperatures, source: newest.source, standing: standing, asOf: asOf)
    }
}
