import EnergyModel

/// The short way for what meters send nearly always: one flat object in the plain form, without escapes, without keys of
/// others, no key twice. It understands only that; at anything else it gives up without a verdict and the item goes the
/// long way (`JSONScanner`, `ReadingObject`), which alone refuses. So it may be narrow, but never wrong.
///
/// First it takes the object to be laid out as the last one was; where it is not, it reads key by key, and learns.
struct FlatReadingScanner: Sendable {
    private var form = ObjectForm()
    private var times = TimestampMemory()

    /// The object at `position`, its opening brace; `position` moves past it. Nil, and `position` as it was, when the object
    /// has to go the long way.
    @inline(__always)
    mutating func reading(_ source: UnsafeRawBufferPointer, at position: inout Int) -> FlatReading? {
        guard let bytes = FlatBytes(source) else { return nil }
        var reading = FlatReading()
        if follow(bytes, source, &position, &reading) { return reading }
        return keyByKey(bytes, source, &position)
    }

    /// By the learnt form. Its keys are the plain form's, each once.
    @inline(__always)
    private mutating func follow(
        _ bytes: FlatBytes, _ source: UnsafeRawBufferPointer, _ position: inout Int, _ reading: inout FlatReading
    ) -> Bool {
        var (at, index) = (position, 0)
        // By index: an iterator would hold a second reference, counted up and down for every reading.
        while index < form.joints.count {
            guard bytes.matches(form.joints[index], at: at) else { return false }
            at += form.joints[index].length
            guard takeValue(of: form.joints[index].key, bytes, source, &at, &reading) else { return false }
            index += 1
        }
        bytes.skipSpaces(&at)
        guard bytes[at] == UInt8(ascii: "}"), reading.isWhole else { return false }
        position = at + 1
        return true
    }

    private mutating func keyByKey(
        _ bytes: FlatBytes, _ source: UnsafeRawBufferPointer, _ position: inout Int
    ) -> FlatReading? {
        form.forget()
        var reading = FlatReading()
        var (at, isTold) = (position + 1, true)
        var jointStart = position
        while true {
            bytes.skipSpaces(&at)
            guard let key = bytes.key(&at), !reading.has(key) else { return abandon() }
            if key.isText {
                guard bytes[at] == UInt8(ascii: "\"") else { return abandon() }
                at += 1
            }
            if isTold { isTold = form.learn(bytes, from: jointStart, to: at, key: key) }
            guard takeValue(of: key, bytes, source, &at, &reading) else { return abandon() }
            jointStart = at
            bytes.skipSpaces(&at)
            let byte = bytes[at]
            at += 1
            if byte == UInt8(ascii: ",") { continue }
            guard byte == UInt8(ascii: "}"), reading.isWhole else { return abandon() }
            break
        }
        if !isTold { form.forget() }
        position = at
        return reading
    }

    private mutating func abandon() -> FlatReading? {
        form.forget()
        return nil
    }

    /// The value at `at`, behind the opening quote of a text. False when it is not the plain kind.
    @inline(__always)
    private mutating func takeValue(
        of key: ReadingKey, _ bytes: FlatBytes, _ source: UnsafeRawBufferPointer, _ at: inout Int,
        _ reading: inout FlatReading
    ) -> Bool {
        switch key {
        case .meterID:
            guard let text = bytes.text(&at) else { return false }
            reading.meter = text
        case .facilityID:
            guard let text = bytes.text(&at) else { return false }
            reading.facility = text
        case .ts:
            guard let time = times.moment(bytes, source, &at) else { return false }
            reading.time = time
        case .kw:
            guard let number = bytes.number(&at) else { return false }
            reading.kilowatts = number
        case .kwh:
            guard let number = bytes.number(&at) else { return false }
            reading.register = number
        case .voltage:
            guard let number = bytes.number(&at) else { return false }
            reading.volts = number
        case .quality:
            guard let text = bytes.text(&at), bytes.isRaw(text) else { return false }
            reading.hasQuality = true
        default: return false
        }
        return true
    }
}

extension ReadingKey {
    fileprivate var isText: Bool {
        switch self {
        case .meterID, .facilityID, .ts, .quality: true
        default: false
        }
    }
}

extension FlatReading {
    fileprivate func has(_ key: ReadingKey) -> Bool {
        switch key {
        case .meterID: meter.isSet
        case .facilityID: facility.isSet
        case .ts: time != nil
        case .kw: !kilowatts.isNaN
        case .kwh: !register.isNaN
        case .voltage: !volts.isNaN
        default: hasQuality
        }
    }
}
