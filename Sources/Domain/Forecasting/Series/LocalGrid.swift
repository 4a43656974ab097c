import EnergyModel

/// The grid of local clock time on which days are compared: slot numbers count from local midnight of 1970-01-01, every
/// local day has the same number of them. Where the clocks go forward, slots of the skipped hour never get a value; where
/// they go back, two intervals fall into one slot.
package struct LocalGrid: Hashable, Sendable {
    package let resolution: SeriesResolution
    package let zone: ZoneOffsets

    package init(resolution: SeriesResolution, zone: ZoneOffsets) {
        self.resolution = resolution
        self.zone = zone
    }

    /// The slot in which the interval that starts at `instant` lies.
    package func slot(of instant: UTCInstant) -> Int {
        let local = UTCInstant(milliseconds: instant.milliseconds + zone.offset(at: instant))
        return Int(local.floor(toMilliseconds: resolution.milliseconds).milliseconds / resolution.milliseconds)
    }

    /// The starts of the intervals of the next 24 h, from `origin` on: always one a step, whatever the clocks do.
    package func starts(from origin: UTCInstant) -> [UTCInstant] {
        (0..<resolution.slotsPerDay).map {
            UTCInstant(milliseconds: origin.milliseconds + Int64($0) * resolution.milliseconds)
        }
    }
}
