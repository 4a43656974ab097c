import EnergyModel

/// Everything `WindowStateMachine.recompute` needs to work one hour of one facility anew. Load it from the series store
/// when every earlier output is written, and process nothing between loading and recomputing.
package struct LateFacilityHour: Sendable {
    /// A meter of the facility with a `LateHour` for this hour.
    package struct LateMeter: Sendable {
        package var meter: MeterNumber
        /// `SeriesStore.lastReading(of: meter, before: hour)`.
        package var predecessor: Reading?
        /// The first stored reading at or after the hour's end (at most `predecessorReach` later); its energy step starts
        /// at the hour's last reading.
        package var successor: Reading?

        package init(meter: MeterNumber, predecessor: Reading?, successor: Reading?) {
            self.meter = meter
            self.predecessor = predecessor
            self.successor = successor
        }
    }

    package var facility: FacilityNumber
    /// Start of the hour.
    package var hour: UTCInstant
    package var lateMeters: [LateMeter]
    /// Stored readings of the hour: of all meters of the facility, one per (meter, timestamp), in any order.
    package var readings: [Reading]
    /// Stored 1-min meter rollups of the hour, of all meters of the facility, in any order.
    package var meterMinutes: [Rollup]

    package init(
        facility: FacilityNumber, hour: UTCInstant, lateMeters: [LateMeter], readings: [Reading], meterMinutes: [Rollup]
    ) {
        self.facility = facility
        self.hour = hour
        self.lateMeters = lateMeters
        self.readings = readings
        self.meterMinutes = meterMinutes
    }

    package var range: TimeRange {
        TimeRange(start: hour, end: UTCInstant(milliseconds: hour.milliseconds + Granularity.hour.milliseconds))
    }
}
