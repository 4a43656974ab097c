import EnergyModel
import Ports

/// Ids of the numbers that stored readings and rollups carry.
package struct FleetNames: Sendable {
    private let facilities: [FacilityNumber: FacilityID]
    private let meters: [MeterNumber: Meter]

    package init(records: any RecordStore) async throws(PortError) {
        facilities = Dictionary(try await records.facilities().map { ($0.number, $0.id) }) { first, _ in first }
        meters = Dictionary(try await records.meters().map { ($0.number, $0) }) { first, _ in first }
    }

    package func number(of id: MeterID) -> MeterNumber? { meters.values.first { $0.id == id }?.number }
    package func number(of id: FacilityID) -> FacilityNumber? { facilities.first { $0.value == id }?.key }
    /// By id.
    package func meters(of facility: FacilityNumber) -> [Meter] {
        meters.values.filter { $0.facility == facility }.sorted { $0.id < $1.id }
    }

    /// An id for every number in the store; the number itself should a record be gone.
    func meter(_ number: MeterNumber) -> String { meters[number]?.id.text ?? "#\(number.rawValue)" }
    func facility(_ number: FacilityNumber) -> String { facilities[number]?.text ?? "#\(number.rawValue)" }
    func facility(of meter: MeterNumber) -> FacilityNumber? { meters[meter]?.facility }
    func facilityID(_ number: FacilityNumber) -> FacilityID? { facilities[number] }
    func meterID(_ number: MeterNumber) -> MeterID? { meters[number]?.id }
}

/// An id as a field of comma-separated values. One that begins with `-` would be a formula to a spreadsheet: an apostrophe
/// before it makes it text. Other characters that could do harm do not occur in ids.
func idCell(_ id: String) -> String { id.hasPrefix("-") ? "'" + id : id }

/// The shortest text that reads back to the same value; nil for a value that is not there.
func numberText(_ value: Double) -> String? { value.isFinite ? "\(value)" : nil }
