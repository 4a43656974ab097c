import EnergyModel

/// Reads `YYYY-MM-DDThh:mm:ssZ` in steps: the text read last by three words, a time of its date by the time of day alone, any
/// other in full. A fleet's readings of one slot share their text, and those of a day their date.
struct TimestampMemory: Sendable {
    /// Bytes 0-7, 8-15 and 13-20 of the last text of twenty bytes, its closing quote included; the epoch to begin with.
    private var head: UInt64 = 0x2D31_302D_3037_3931
    private var middle: UInt64 = 0x3030_3A30_3054_3130
    private var tail: UInt64 = 0x225A_3030_3A30_303A
    /// Milliseconds of that text, and of its midnight.
    private var moment: Int64 = 0
    private var midnight: Int64 = 0

    /// The moment of the string whose opening quote ends before `at`, in milliseconds; `at` moves past its closing quote.
    /// Nil when it is no timestamp.
    @inline(__always)
    mutating func moment(_ bytes: FlatBytes, _ source: UnsafeRawBufferPointer, _ at: inout Int) -> Int64? {
        if bytes.word(at) == head, bytes.word(at + 8) == middle, bytes.word(at + 13) == tail {
            at += 21
            return moment
        }
        return newText(bytes, source, &at)
    }

    private mutating func newText(_ bytes: FlatBytes, _ source: UnsafeRawBufferPointer, _ at: inout Int) -> Int64? {
        let start = at
        guard let text = bytes.text(&at) else { return nil }
        let seconds = text.count == 20 ? Self.timeOfDay(bytes, start) : nil
        let (head, middle) = (bytes.word(start), bytes.word(start + 8))
        if let seconds, head == self.head, middle & 0xFFFF == self.middle & 0xFFFF {
            moment = midnight + seconds * 1000
        } else {
            let whole = text.bytes(in: source).assumingMemoryBound(to: UInt8.self)
            guard let instant = UTCInstant(rfc3339: whole) else { return nil }
            guard let seconds else { return instant.milliseconds }
            moment = instant.milliseconds
            midnight = moment - seconds * 1000
        }
        (self.head, self.middle, tail) = (head, middle, bytes.word(start + 13))
        return moment
    }

    /// Seconds since midnight of the twenty-byte form; nil when it is not that form.
    private static func timeOfDay(_ bytes: FlatBytes, _ start: Int) -> Int64? {
        guard bytes[start + 10] == UInt8(ascii: "T"), bytes[start + 13] == UInt8(ascii: ":"),
            bytes[start + 16] == UInt8(ascii: ":"), bytes[start + 19] == UInt8(ascii: "Z"),
            let hour = pair(bytes, start + 11), let minute = pair(bytes, start + 14),
            let second = pair(bytes, start + 17), hour < 24, minute < 60, second < 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func pair(_ bytes: FlatBytes, _ index: Int) -> Int64? {
        let (tens, ones) = (bytes[index] &- 48, bytes[index + 1] &- 48)
        return tens < 10 && ones < 10 ? Int64(tens) * 10 + Int64(ones) : nil
    }
}
