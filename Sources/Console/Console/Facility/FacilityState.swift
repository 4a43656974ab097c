import EnergyModel
import Ports

struct FacilityState: Sendable {
    var zoom = ChartZoom.sixHours
    /// The right edge of the chart; nil follows now.
    var end: UTCInstant?
    /// The moment under the chart's cursor.
    var cursor: UTCInstant?
    /// Of the facility, or of the meter one level down.
    var series = Fetch<SeriesAnswer>()
    var meters = Fetch<[MeterSnapshot]>()
    var list = ListCursor<MeterID>()
    /// The place all this belongs to.
    private(set) var shown: Route?
    /// First row of a meter's readings.
    var readingsTop = 0

    /// The span the chart shows when the screens stand at `moment`. The right edge lies on whole steps, so that the
    /// chart does not creep between two answers.
    func range(moment: UTCInstant) -> TimeRange {
        let edge = min(end ?? moment, moment)
        let step: Int64 = zoom == .hour ? 15_000 : zoom == .sixHours ? 60_000 : 900_000
        let right = UTCInstant(milliseconds: edge.floor(toMilliseconds: step).milliseconds + (end == nil ? step : 0))
        return TimeRange(start: right.advanced(by: .zero - zoom.span), end: right)
    }

    /// What of `series`, `meters` and the rest belongs to another place than this is forgotten.
    mutating func come(to route: Route) {
        guard shown != route else { return }
        series.forget()
        cursor = nil
        readingsTop = 0
        if shown?.facility != route.facility {
            meters.forget()
            end = nil
        }
        shown = route
    }
}
