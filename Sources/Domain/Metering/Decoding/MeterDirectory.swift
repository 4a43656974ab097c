import EnergyModel

/// Which numbers stand for which ids, found from the bytes of an id without making a string. A plain value: build it from
/// the record store, keep it with the ingest, and insert what is registered later.
package struct MeterDirectory: Sendable {
    package private(set) var meterCount = 0
    package private(set) var facilityCount = 0

    package init(facilities: [Facility] = [], meters: [Meter] = []) {
        for facility in facilities { insert(facility) }
        for meter in meters { insert(meter) }
    }

    /// Adds or replaces by number.
    package mutating func insert(_ facility: Facility) {}

    /// Adds or replaces by number; a meter that moved keeps its number and gets the new facility.
    package mutating func insert(_ meter: Meter) {}

    package func number(of facility: FacilityID) -> FacilityNumber? { nil }
    package func number(of meter: MeterID) -> MeterNumber? { nil }
    package func facility(of meter: MeterNumber) -> FacilityNumber? { nil }
    /// Where the meter's cumulative register starts again; nil when unknown.
    package func registerLimit(of meter: MeterNumber) -> Energy? { nil }

    /// The pending reading with its numbers, or why it still cannot have them.
    package func resolve(_ pending: PendingReading) -> Result<Reading, UnresolvedReading> { .failure(.unknownMeter) }
}

package enum UnresolvedReading: Error, Sendable, Hashable {
    case unknownFacility
    case unknownMeter
    case facilityMismatch
}
