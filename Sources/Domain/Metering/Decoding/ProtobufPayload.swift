import EnergyModel
import SwiftProtobuf

/// Walks a `ReadingBatch` on the wire. The batch's own fields are stepped through here, so that every item has its bytes
/// and one bad item spoils no other; each reading is then decoded by the generated code.
struct ProtobufPayload {
    private struct Field {
        var number: UInt64
        /// The whole field, tag included, and its content where it is length-delimited.
        var whole: Range<Int>
        var content: Range<Int>?
    }

    private let bytes: UnsafeRawBufferPointer
    private let checks: ReadingChecks

    init(_ bytes: UnsafeRawBufferPointer, checks: ReadingChecks) {
        self.bytes = bytes
        self.checks = checks
    }

    func decode(into decoded: inout DecodedReadings) {
        let facility = batchFacility()
        var index = 0
        var position = 0
        while position < bytes.count {
            guard let field = field(at: position) else {
                let message = "the batch breaks off at byte \(position): expected a whole protobuf field"
                let fault = ItemFault(.malformedProtobuf, message, at: position)
                return reject(fault, index, position..<bytes.count, into: &decoded)
            }
            position = field.whole.upperBound
            guard field.number == 2 else { continue }
            settle(field, index, facility: facility, into: &decoded)
            index += 1
        }
    }

    private func settle(_ field: Field, _ index: Int, facility: String, into decoded: inout DecodedReadings) {
        do throws(ItemFault) {
            decoded.readings.append(try reading(of: field, batchFacility: facility))
            decoded.items += 1
        } catch {
            reject(error, index, field.whole, into: &decoded)
        }
    }

    private func reject(_ fault: ItemFault, _ index: Int, _ range: Range<Int>, into decoded: inout DecodedReadings) {
        decoded.rejections.append(ReadingRejection(fault, index: index, bytes: range))
        decoded.items += 1
    }

    private func reading(of field: Field, batchFacility: String) throws(ItemFault) -> Reading {
        let wire: WireReading
        do {
            guard let content = field.content else { throw BinaryDecodingError.malformedProtobuf }
            wire = try WireReading(serializedBytes: Array(bytes[content]))
        } catch {
            let start = field.whole.lowerBound
            throw ItemFault(.malformedProtobuf, "the reading at byte \(start) is no protobuf Reading", at: start)
        }
        var draft = try draft(of: wire)
        var (meter, facility) = (wire.meterID, wire.facilityID.isEmpty ? batchFacility : wire.facilityID)
        let result: Result<Reading, ItemFault> = meter.withUTF8 { meter in
            facility.withUTF8 { facility in
                if !meter.isEmpty { draft.meter = .bytes(UnsafeRawBufferPointer(meter)) }
                if !facility.isEmpty { draft.facility = .bytes(UnsafeRawBufferPointer(facility)) }
                return checks.result(of: draft)
            }
        }
        return try result.get()
    }

    private func draft(of wire: WireReading) throws(ItemFault) -> ReadingDraft {
        var draft = ReadingDraft(time: UTCInstant(milliseconds: wire.timeMs))
        draft.kilowatts = try number("kilowatts", wire.hasKilowatts, wire.kilowatts)
        draft.registerKilowattHours = try number(
            "register_kilowatt_hours", wire.hasRegisterKilowattHours, wire.registerKilowattHours)
        draft.volts = try number("volts", wire.hasVolts, wire.volts)
        guard wire.hasKilowatts || wire.hasRegisterKilowattHours || wire.hasVolts else {
            throw .missing("kilowatts, register_kilowatt_hours or volts")
        }
        draft.quality = try quality(wire.quality)
        return draft
    }

    /// JSON cannot say NaN, protobuf can: it would pass for "not sent".
    private func number(_ name: String, _ isSent: Bool, _ value: Double) throws(ItemFault) -> Double {
        guard isSent else { return .nan }
        if value.isNaN { throw ItemFault(.outOfRange, "\(name) is not a number: leave it out instead") }
        return value
    }

    private func quality(_ quality: WireQuality) throws(ItemFault) -> ReadingQuality {
        switch quality {
        case .unspecified, .raw: return .raw
        case .validated: return .validated
        case .estimated: return .estimated
        case .interpolated: return .interpolated
        case .edited: return .edited
        case .questionable: return .questionable
        case .UNRECOGNIZED(let code): throw ItemFault(.outOfRange, "quality has code \(code), allowed are 0 to 6")
        }
    }

    /// The last one written wins, wherever in the batch it stands, as protobuf has it; empty when there is none.
    private func batchFacility() -> String {
        var facility = ""
        var position = 0
        while position < bytes.count, let field = field(at: position) {
            if field.number == 1, let content = field.content {
                facility = String(decoding: bytes[content], as: UTF8.self)
            }
            position = field.whole.upperBound
        }
        return facility
    }

    /// The field at `start`; nil when it is not whole, or of the group wire types, which this schema never had.
    private func field(at start: Int) -> Field? {
        var position = start
        guard let tag = varint(&position), tag >> 3 != 0 else { return nil }
        var content: Range<Int>?
        switch tag & 7 {
        case 0: guard varint(&position) != nil else { return nil }
        case 1: position += 8
        case 5: position += 4
        case 2:
            guard let length = varint(&position), length <= UInt64(bytes.count - position) else { return nil }
            content = position..<position + Int(length)
            position += Int(length)
        default: return nil
        }
        guard position <= bytes.count else { return nil }
        return Field(number: tag >> 3, whole: start..<position, content: content)
    }

    private func varint(_ position: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
