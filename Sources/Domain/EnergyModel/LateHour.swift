/// A (meter, hour) whose rollups do not yet include every stored reading, because a reading came late. Stored in the same
/// transaction as the reading, cleared in the same transaction as the recomputed rollups: a crash in between loses nothing.
package struct LateHour: Hashable, Sendable, Codable {
    package var meter: MeterNumber
    package var facility: FacilityNumber
    package var hour: UTCInstant
    package init(meter: MeterNumber, facility: FacilityNumber, hour: UTCInstant) {
        self.meter = meter
        self.facility = facility
        self.hour = hour
    }
}
