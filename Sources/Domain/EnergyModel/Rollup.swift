/// The three tumbling windows (ledger AGG-01), aligned to the UTC epoch.
package enum Granularity: Int64, Sendable, Codable, CaseIterable, Comparable {
    case minute = 60_000
    case quarterHour = 900_000
    case hour = 3_600_000

    package var milliseconds: Int64 { rawValue }
    /// As it stands in a rollup id: `1m`, `15m`, `1h`.
    package var label: String {
        switch self {
        case .minute: "1m"
        case .quarterHour: "15m"
        case .hour: "1h"
        }
    }
    /// 15-s slots in one window: 4, 60, 240.
    package var slots: Int { Int(rawValue / Reading.intervalMilliseconds) }

    package init?(label: some StringProtocol) {
        guard let match = Granularity.allCases.first(where: { $0.label == label }) else { return nil }
        self = match
    }

    package func windowStart(of instant: UTCInstant) -> UTCInstant { instant.floor(toMilliseconds: rawValue) }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What a series is about: one meter, or the sum over a facility's meters.
package enum SeriesKey: Hashable, Sendable, Codable {
    case meter(MeterNumber)
    case facility(FacilityNumber)
}

/// One window of one series. Keyed by (series, granularity, start); writing the same key again replaces it.
package struct Rollup: Hashable, Sendable {
    package var series: SeriesKey
    package var granularity: Granularity
    /// Start of the window, a multiple of the granularity.
    package var start: UTCInstant
    /// Mean, lowest and highest power in kilowatts; NaN when no reading of the window carried power.
    package var meanKilowatts: Double
    package var minKilowatts: Double
    package var maxKilowatts: Double
    /// Energy in kilowatt-hours that falls to this window; adds up exactly over finer windows.
    package var kilowattHours: Double
    /// Distinct (meter, timestamp) readings in the window.
    package var count: UInt32
    /// Readings among `count` whose quality is good.
    package var goodCount: UInt32

    package init(
        series: SeriesKey, granularity: Granularity, start: UTCInstant, meanKilowatts: Double, minKilowatts: Double,
        maxKilowatts: Double, kilowattHours: Double, count: UInt32, goodCount: UInt32
    ) {
        self.series = series
        self.granularity = granularity
        self.start = start
        self.meanKilowatts = meanKilowatts
        self.minKilowatts = minKilowatts
        self.maxKilowatts = maxKilowatts
        self.kilowattHours = kilowattHours
        self.count = count
        self.goodCount = goodCount
    }

    package var end: UTCInstant { UTCInstant(milliseconds: start.milliseconds + granularity.milliseconds) }

    /// Good readings as a share of those expected in the window, 0...1. `expectedPerSlot` is 1 for a meter and the
    /// number of meters for a facility.
    package func qualityShare(expectedPerSlot: Int) -> Double {
        let expected = granularity.slots * expectedPerSlot
        return expected == 0 ? 0 : min(1, Double(goodCount) / Double(expected))
    }

    /// `{facility_id}-{timestamp}-{granularity}`, for a meter with `{meter_id}-` before it (ledger AGG-02). The timestamp
    /// is epoch seconds of the window's start.
    package func identifier(facility: FacilityID, meter: MeterID?) -> String {
        let prefix = meter.map { "\($0)-" } ?? ""
        return "\(prefix)\(facility)-\(start.milliseconds / 1000)-\(granularity.label)"
    }
}
