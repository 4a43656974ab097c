import EnergyModel
import Ports

/// How much time a facility's chart shows, and at what resolution that is asked for.
enum ChartZoom: String, CaseIterable, Sendable {
    case hour = "1h"
    case sixHours = "6h"
    case day = "24h"
    case week = "7d"

    var title: String {
        switch self {
        case .hour: "1 hour"
        case .sixHours: "6 hours"
        case .day: "24 hours"
        case .week: "7 days"
        }
    }

    var span: Duration {
        switch self {
        case .hour: .seconds(3600)
        case .sixHours: .seconds(21_600)
        case .day: .seconds(86_400)
        case .week: .seconds(604_800)
        }
    }

    /// How far a facility's chart reaches beyond now. Whole steps of each zoom's right edge.
    var ahead: Duration {
        switch self {
        case .hour: .seconds(900)
        case .sixHours: .seconds(10_800)
        case .day, .week: .seconds(86_400)
        }
    }

    var granularity: Granularity {
        switch self {
        case .hour, .sixHours: .minute
        case .day, .week: .quarterHour
        }
    }

    /// Raw readings of one meter as long as they fit in an answer of 20,000.
    var meterResolution: SeriesRequest.Resolution {
        switch self {
        case .hour, .sixHours, .day: .raw
        case .week: .rollup(.quarterHour)
        }
    }

    /// How often the newest part is asked for again.
    var refresh: Duration {
        switch self {
        case .hour: .seconds(5)
        case .sixHours: .seconds(15)
        case .day, .week: .seconds(60)
        }
    }

    var closer: ChartZoom { step(-1) }
    var wider: ChartZoom { step(1) }

    private func step(_ by: Int) -> ChartZoom {
        let all = Self.allCases
        let here = all.firstIndex(of: self) ?? 0
        return all[min(max(0, here + by), all.count - 1)]
    }
}
