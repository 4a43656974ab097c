import EnergyModel

extension ReadingObject {
    /// What the object says as a reading. The plain form when it has `kw`, `kwh` or `voltage` (the keys of the canonical
    /// form then mean nothing), else the canonical one.
    func draft(in bytes: UnsafeRawBufferPointer) throws(ItemFault) -> ReadingDraft {
        try throwKeyFault(bytes)
        let isPlain = self[.kw] != nil || self[.kwh] != nil || self[.voltage] != nil || self[.value] == nil
        var draft = ReadingDraft(time: try isPlain ? time(.ts, else: .start, bytes) : time(.start, else: .ts, bytes))
        draft.meter = try identifier(.meterID, bytes)
        draft.facility = try identifier(.facilityID, bytes)
        draft.quality = try quality(bytes)
        if isPlain {
            try readPlain(into: &draft)
        } else {
            try readCanonical(into: &draft, bytes)
        }
        return draft
    }

    private func throwKeyFault(_ bytes: UnsafeRawBufferPointer) throws(ItemFault) {
        switch keyFault {
        case nil: return
        case .tooMany: throw ItemFault(.tooManyKeys, "the reading has too many keys: send only those of a reading")
        case .duplicate(let range):
            let key = String(decoding: bytes[range], as: UTF8.self)
            throw ItemFault(.duplicateKey, "key \(quoted(key)) stands twice: say it once")
        }
    }

    private func readPlain(into draft: inout ReadingDraft) throws(ItemFault) {
        draft.kilowatts = try number(.kw)
        draft.registerKilowattHours = try number(.kwh)
        draft.volts = try number(.voltage)
        if draft.kilowatts.isNaN, draft.registerKilowattHours.isNaN, draft.volts.isNaN {
            throw .missing("kw, kwh or voltage")
        }
    }

    private func readCanonical(into draft: inout ReadingDraft, _ bytes: UnsafeRawBufferPointer) throws(ItemFault) {
        let quantity = CanonicalQuantity(
            kind: try requiredText(.kind, bytes), unit: try requiredText(.unit, bytes), flow: try text(.flow, bytes),
            value: try number(.value), durationSeconds: try number(.duration))
        try quantity.put(into: &draft)
    }

    private func identifier(_ key: ReadingKey, _ bytes: UnsafeRawBufferPointer) throws(ItemFault)
        -> ReadingDraft.Identifier
    {
        switch self[key] {
        case nil: return .absent
        case .text(let range, isEscaped: false): return .bytes(UnsafeRawBufferPointer(rebasing: bytes[range]))
        case .text(let range, isEscaped: true): return .escaped(UnsafeRawBufferPointer(rebasing: bytes[range]))
        default: throw wrongType(key, "a string")
        }
    }

    /// NaN when absent or null.
    private func number(_ key: ReadingKey) throws(ItemFault) -> Double {
        switch self[key] {
        case nil: return .nan
        case .number(let value): return value
        default: throw wrongType(key, "a number")
        }
    }

    private func text(_ key: ReadingKey, _ bytes: UnsafeRawBufferPointer) throws(ItemFault) -> String? {
        switch self[key] {
        case nil: return nil
        case .text(let range, let isEscaped):
            let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
            return isEscaped ? JSONScanner.resolved(slice) : String(decoding: slice, as: UTF8.self)
        default: throw wrongType(key, "a string")
        }
    }

    private func requiredText(_ key: ReadingKey, _ bytes: UnsafeRawBufferPointer) throws(ItemFault) -> String {
        guard let text = try text(key, bytes) else { throw .missing("\(key.text)") }
        return text
    }

    private func quality(_ bytes: UnsafeRawBufferPointer) throws(ItemFault) -> ReadingQuality {
        guard let value = self[.quality] else { return .raw }
        if case .text(let range, isEscaped: false) = value, UnsafeRawBufferPointer(rebasing: bytes[range]).spells("raw")
        {
            return .raw
        }
        let name = try text(.quality, bytes) ?? ""
        guard let quality = ReadingQuality(name: name) else {
            let names = ReadingQuality.allCases.map(\.name).joined(separator: ", ")
            throw ItemFault(.outOfRange, "quality is \(quoted(name)), allowed are \(names)")
        }
        return quality
    }

    /// RFC 3339 text, or a number: below 10^11 in size it is seconds since 1970 (that reaches to the year 5138), otherwise
    /// milliseconds (which thus begin in March 1973). Parts below a millisecond are rounded.
    private func time(
        _ first: ReadingKey, else second: ReadingKey, _ bytes: UnsafeRawBufferPointer
    ) throws(ItemFault) -> UTCInstant {
        let key = self[first] != nil ? first : second
        guard self[key] != nil else { throw .missing("\(first.text)") }
        switch self[key] {
        case .text(let range, isEscaped: false):
            let slice = UnsafeRawBufferPointer(rebasing: bytes[range]).assumingMemoryBound(to: UInt8.self)
            if let time = UTCInstant(rfc3339: slice) { return time }
        case .text:
            if let text = try text(key, bytes), let time = UTCInstant(iso8601: text) { return time }
        case .number(let value):
            let milliseconds = (abs(value) < 1e11 ? value * 1000 : value).rounded()
            if abs(milliseconds) < 1e17 { return UTCInstant(milliseconds: Int64(milliseconds)) }
            throw ItemFault(
                .outOfRange, "\(key.text) is \(value), which is no time in seconds or milliseconds since 1970")
        default: break
        }
        throw wrongType(key, "an RFC 3339 time with zone, or seconds or milliseconds since 1970")
    }

    private func wrongType(_ key: ReadingKey, _ expected: String) -> ItemFault {
        ItemFault(.wrongType, "\(key.text) is not \(expected)")
    }
}
