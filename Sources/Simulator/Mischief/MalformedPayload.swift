import EnergyModel

/// The ways in which a payload is bad. None of them may be accepted as a reading.
package enum MalformedPayload: String, Sendable, CaseIterable {
    case truncated, wrongTypes, duplicateKeys, notANumber, badUTF8, wrongFacility, unknownMeter, hugeNumber, empty
    case binaryJunk, future, escapes

    func payload(of reading: SimulatedReading, _ text: ReadingText, _ dice: UInt64) -> [UInt8] {
        var good: [UInt8] = []
        text.appendJSON(reading, to: &good)
        switch self {
        case .truncated: return Array(good.prefix(1 + Int(dice % UInt64(good.count - 1))))
        case .wrongTypes: return replaced(good, "\"kw\":", with: "\"kw\":[true],\"was\":")
        case .duplicateKeys: return replaced(good, "\"kw\":", with: "\"kw\":1,\"kw\":")
        case .notANumber: return replaced(good, "\"kw\":", with: "\"kw\":NaN,\"was\":")
        case .badUTF8: return replaced(good, "\"raw\"", with: "\"raw", then: [0xC3, 0x28, 0xFF, 0x22])
        case .wrongFacility: return replaced(good, "\"facility_id\":\"", with: "\"facility_id\":\"X-")
        case .unknownMeter: return replaced(good, "\"meter_id\":\"", with: "\"meter_id\":\"X-")
        case .hugeNumber: return replaced(good, "\"kw\":", with: "\"kw\":1e999,\"was\":")
        case .empty: return []
        case .binaryJunk: return (0..<(8 + dice % 120)).map { UInt8(truncatingIfNeeded: mixed(dice, $0)) }
        case .future:
            var later = reading
            later.time.milliseconds += 30 * 86_400_000
            var bytes: [UInt8] = []
            text.appendJSON(later, to: &bytes)
            return bytes
        case .escapes:
            return replaced(
                good, "\"meter_id\":\"", with: "\"meter_id\":\"\\u001b]0;owned\\u0007\\u001b[2J\\u202e\\r\\n")
        }
    }

    private func replaced(_ bytes: [UInt8], _ old: String, with new: String, then raw: [UInt8] = []) -> [UInt8] {
        guard let range = bytes.firstRange(of: Array(old.utf8)) else { return [] }
        return bytes[..<range.lowerBound] + Array(new.utf8) + raw + bytes[range.upperBound...]
    }
}
