import EnergyModel
import SwiftProtobuf

/// Writes readings as the decoder reads them: for the simulator, exports and tests.
package enum ReadingEncoder {
    /// Appends one JSON object in the plain form, without a line end. What the reading lacks (NaN) is left out. A finite
    /// number comes back bit for bit. The time is RFC 3339 text.
    package static func appendJSON(
        _ reading: Reading, meter: MeterID, facility: FacilityID, to bytes: inout [UInt8]
    ) {
        append("{\"meter_id\":\"", meter.text, to: &bytes)
        append("\",\"facility_id\":\"", facility.text, to: &bytes)
        append("\",\"ts\":\"", reading.time.iso8601, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        append(",\"kw\":", reading.kilowatts, to: &bytes)
        append(",\"kwh\":", reading.registerKilowattHours, to: &bytes)
        append(",\"voltage\":", reading.volts, to: &bytes)
        append(",\"quality\":\"", reading.quality.name, to: &bytes)
        append("\"}", "", to: &bytes)
    }

    /// One protobuf `ReadingBatch`. With `facility` given it is written once for the batch, and items of that facility
    /// leave it out.
    package static func protobuf(
        _ items: [(reading: Reading, meter: MeterID, facility: FacilityID)], facility: FacilityID? = nil
    ) throws -> [UInt8] {
        var batch = WireReadingBatch()
        batch.facilityID = facility?.text ?? ""
        batch.readings = items.map { item in
            var wire = WireReading()
            wire.meterID = item.meter.text
            wire.facilityID = item.facility == facility ? "" : item.facility.text
            wire.timeMs = item.reading.time.milliseconds
            if !item.reading.kilowatts.isNaN { wire.kilowatts = item.reading.kilowatts }
            if !item.reading.registerKilowattHours.isNaN {
                wire.registerKilowattHours = item.reading.registerKilowattHours
            }
            if !item.reading.volts.isNaN { wire.volts = Double(item.reading.volts) }
            wire.quality = WireQuality(item.reading.quality)
            return wire
        }
        return try batch.serializedBytes()
    }

    private static func append(_ key: StaticString, _ text: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(contentsOf: text.utf8)
    }

    private static func append(
        _ key: StaticString, _ value: some BinaryFloatingPoint & CustomStringConvertible, to bytes: inout [UInt8]
    ) {
        if value.isFinite { append(key, value.description, to: &bytes) }
    }
}

extension WireQuality {
    fileprivate init(_ quality: ReadingQuality) {
        switch quality {
        case .validated: self = .validated
        case .raw: self = .raw
        case .estimated: self = .estimated
        case .interpolated: self = .interpolated
        case .edited: self = .edited
        case .questionable: self = .questionable
        }
    }
}
