/// 32 hexadecimal digits, never all zero.
package struct TraceID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    /// Both zero is no id: the low half becomes 1.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = high == 0 && low == 0 ? 1 : low
    }

    /// Nil for anything but 32 hexadecimal digits that are not all zero.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 32, let high = hexadecimal(text.utf8.prefix(16)),
            let low = hexadecimal(text.utf8.dropFirst(16)), high != 0 || low != 0
        else { return nil }
        self.init(high: high, low: low)
    }

    /// The same id for the same text, on every machine: two FNV-1a hashes of it (ledger TRACE-03).
    package init(derivedFrom text: String) {
        self.init(high: fnv(text.utf8, from: 0xCBF2_9CE4_8422_2325), low: fnv(text.utf8, from: 0x9AE1_6A3B_2F90_404F))
    }

    package var description: String { hexadecimal(high) + hexadecimal(low) }

    /// Where the trace lies among all, 0..<1: every part of a system that samples by it decides alike (ledger TRACE-06).
    package var share: Double {
        // SplitMix64's end: ids that only count up are spread, too.
        var value = high ^ low
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((value ^ (value >> 31)) >> 11) / Double(1 << 53)
    }

    package static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = TraceID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected 32 hexadecimal digits")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// 16 hexadecimal digits, never all zero.
package struct SpanID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value == 0 ? 1 : value }

    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 16, let value = hexadecimal(text.utf8), value != 0 else { return nil }
        self.init(value)
    }

    package var description: String { hexadecimal(value) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = SpanID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected 16 hexadecimal digits")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Where something stands in a trace: W3C trace context, version 00 (ledger TRACE-02). A value that goes along with what it
/// is about: in headers of log records, in notifications, over HTTP and SOAP. `current` stands in where no value can pass.
package struct TraceContext: Hashable, Sendable {
    package var trace: TraceID
    /// The span under which further ones stand.
    package var span: SpanID

    @TaskLocal package static var current: TraceContext?

    package init(trace: TraceID, span: SpanID) {
        self.trace = trace
        self.span = span
    }

    /// Nil for anything but a valid header: lower-case, ids not all zero, version not `ff`. A later version is read by its
    /// first four fields, as the standard asks. The flags are not heeded: whether a trace is kept is decided by its id.
    package init?(traceparent: String) {
        let fields = traceparent.prefix(256).split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[0].utf8.count == 2, fields[3].utf8.count == 2, fields[0] != "ff",
            fields[0] != "00" || fields.count == 4,
            fields.prefix(4).allSatisfy({ $0.utf8.allSatisfy(isLowerHexadecimal) }),
            let trace = TraceID(fields[1]), let span = SpanID(fields[2])
        else { return nil }
        self.init(trace: trace, span: span)
    }

    /// As the header has it. Always marked as sampled: who comes after decides for itself.
    package var traceparent: String { "00-\(trace)-\(span)-01" }

    /// The place in a trace of which only the id is known, as with a demand-response event that is read from the records after
    /// a restart. The span that first worked the event has this id, on every engine.
    package static func anchor(of trace: TraceID) -> TraceContext {
        TraceContext(trace: trace, span: SpanID(trace.low ^ 0x5357_4954_4348_5944))
    }
}

private func isLowerHexadecimal(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (97...102).contains(byte)
}

/// At most 16 digits; nil for anything else.
private func hexadecimal(_ digits: some Sequence<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
        switch digit {
        case 48...57: value = value << 4 | UInt64(digit - 48)
        case 97...102: value = value << 4 | UInt64(digit - 87)
        case 65...70: value = value << 4 | UInt64(digit - 55)
        default: return nil
        }
    }
    return value
}

private func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

private func fnv(_ bytes: some Sequence<UInt8>, from basis: UInt64) -> UInt64 {
    var hash = basis
    for byte in bytes {
        hash ^= UInt64(byte)
        hash &*= 0x0000_0100_0000_01B3
    }
    return hash
}
