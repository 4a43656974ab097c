import EnergyModel

/// Which numbers stand for which ids, found from the bytes of an id without making a string. A plain value: build it from
/// the record store, keep it with the ingest, and insert what is registered later.
package struct MeterDirectory: Sendable {
    private var facilities = IdentifierTable()
    private var meters = IdentifierTable()
    /// By meter number.
    private var homes: [FacilityNumber?] = []
    /// By meter number, in kWh; NaN when unknown.
    private var registerLimits: [Double] = []

    package init(facilities: [Facility] = [], meters: [Meter] = []) {
        for facility in facilities { insert(facility) }
        for meter in meters { insert(meter) }
    }

    package var meterCount: Int { meters.count }
    package var facilityCount: Int { facilities.count }

    /// Adds or replaces by number.
    package mutating func insert(_ facility: Facility) {
        facilities.insert(facility.id.text, number: facility.number.rawValue)
    }

    /// Adds or replaces by number; a meter that moved keeps its number and gets the new facility.
    package mutating func insert(_ meter: Meter) {
        let number = Int(meter.number.rawValue)
        meters.insert(meter.id.text, number: meter.number.rawValue)
        while homes.count <= number {
            homes.append(nil)
            registerLimits.append(.nan)
        }
        homes[number] = meter.facility
        registerLimits[number] = meter.registerLimit?.kilowattHours ?? .nan
    }

    package func number(of facility: FacilityID) -> FacilityNumber? {
        var text = facility.text
        return text.withUTF8 { self.facility(UnsafeRawBufferPointer($0)) }
    }

    package func number(of meter: MeterID) -> MeterNumber? {
        var text = meter.text
        return text.withUTF8 { self.meter(UnsafeRawBufferPointer($0)) }
    }

    package func facility(of meter: MeterNumber) -> FacilityNumber? {
        meter.rawValue < homes.count ? homes[Int(meter.rawValue)] : nil
    }

    /// Where the meter's cumulative register starts again; nil when unknown.
    package func registerLimit(of meter: MeterNumber) -> Energy? {
        guard meter.rawValue < registerLimits.count, !registerLimits[Int(meter.rawValue)].isNaN else { return nil }
        return Energy(kilowattHours: registerLimits[Int(meter.rawValue)])
    }

    /// The pending reading with its numbers, or why it still cannot have them.
    package func resolve(_ pending: PendingReading) -> Result<Reading, UnresolvedReading> {
        let facility = number(of: pending.facility)
        guard let meter = number(of: pending.meter) else {
            return .failure(facility == nil ? .unknownFacility : .unknownMeter)
        }
        guard let facility, self.facility(of: meter) == facility else { return .failure(.facilityMismatch) }
        var reading = pending.reading
        reading.meter = meter
        reading.facility = facility
        return .success(reading)
    }

    /// The numbers of a meter and of the facility it belongs to; nil unless these are their ids. `guess` is a meter number
    /// to try first.
    @inline(__always)
    func numbers(
        meter: UnsafeRawBufferPointer, facility: UnsafeRawBufferPointer, guess: UInt32
    ) -> (meter: MeterNumber, facility: FacilityNumber)? {
        guard let number = meters.isSpelt(guess, meter) ? guess : meters.number(of: meter),
            let home = homes[Int(number)], facilities.isSpelt(home.rawValue, facility)
        else { return nil }
        return (MeterNumber(rawValue: number), home)
    }

    func meter(_ id: UnsafeRawBufferPointer) -> MeterNumber? {
        meters.number(of: id).map(MeterNumber.init(rawValue:))
    }

    func facility(_ id: UnsafeRawBufferPointer) -> FacilityNumber? {
        facilities.number(of: id).map(FacilityNumber.init(rawValue:))
    }

    func facility(_ number: FacilityNumber, isSpelt id: UnsafeRawBufferPointer) -> Bool {
        facilities.isSpelt(number.rawValue, id)
    }
}

package enum UnresolvedReading: Error, Sendable, Hashable {
    case unknownFacility
    case unknownMeter
    case facilityMismatch
}
