import EnergyModel
import Ports

/// What stands below a facility's chart.
enum FacilityPart: String, CaseIterable, Sendable {
    case meters, forecast, models

    var next: Self {
        let all = Self.allCases
        return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
    }
}

struct FacilityState: Sendable {
    /// What each model would have forecast for a facility. Kept while others are looked at: it took a minute to make.
    struct Comparison: Sendable {
        let facility: FacilityID
        let weeks: Int
        let begunAt: UTCInstant
        var fetch = Fetch<BacktestAnswer>()
    }

    var zoom = ChartZoom.sixHours
    /// Where the measured part of the chart ends; nil follows now.
    var end: UTCInstant?
    /// The moment under the chart's cursor.
    var cursor: UTCInstant?
    /// Of the facility, or of the meter one level down.
    var series = Fetch<SeriesAnswer>()
    var meters = Fetch<[MeterSnapshot]>()
    /// Of the facility alone: a meter has none.
    var forecast = Fetch<ForecastAnswer>()
    var comparison: Comparison?
    var part = FacilityPart.meters
    var list = ListCursor<MeterID>()
    /// The place all this belongs to.
    private(set) var shown: Route?
    /// First row of a meter's readings.
    var readingsTop = 0
    /// First row of the forecast by the hour, or of the comparison.
    var pageTop = 0

    private var step: Int64 { zoom == .hour ? 15_000 : zoom == .sixHours ? 60_000 : 900_000 }

    /// A meter has no future.
    private var ahead: Duration { if case .meter = shown { .zero } else { zoom.ahead } }

    /// The span the chart shows when the screens stand at `moment`. Its edges lie on whole steps, so that the chart does not
    /// creep between two answers.
    func range(moment: UTCInstant) -> TimeRange {
        let edge = min(end ?? moment, moment)
        let right = UTCInstant(milliseconds: edge.floor(toMilliseconds: step).milliseconds + (end == nil ? step : 0))
        return TimeRange(start: right.advanced(by: .zero - zoom.span), end: right.advanced(by: ahead))
    }

    /// The part of it in which something can have been measured.
    func measured(moment: UTCInstant) -> TimeRange {
        let range = range(moment: moment)
        let present = UTCInstant(milliseconds: moment.floor(toMilliseconds: step).milliseconds + step)
        return TimeRange(start: range.start, end: min(range.end, max(range.start, present)))
    }

    /// What of `series`, `meters` and the rest belongs to another place than this is forgotten.
    mutating func come(to route: Route) {
        guard shown != route else { return }
        series.forget()
        cursor = nil
        readingsTop = 0
        if shown?.facility != route.facility {
            meters.forget()
            forecast.forget()
            pageTop = 0
            end = nil
        }
        shown = route
    }
}
