/// W3C trace context, version 00: `00-{32 hex trace id}-{16 hex span id}-{2 hex flags}` (ledger API-16, ING-18).
struct TraceParent: Hashable, Sendable {
    let text: String

    var traceID: String { String(text.dropFirst(3).prefix(32)) }

    /// Nil for anything but a valid header: lower-case, ids not all zero, version not `ff`. A later version is read by its
    /// first four fields, as the standard asks.
    init?(header: String) {
        let fields = header.prefix(256).split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[0].utf8.count == 2, fields[1].utf8.count == 32, fields[2].utf8.count == 16,
            fields[3].utf8.count == 2, fields[0] != "ff", fields[0] != "00" || fields.count == 4,
            fields.prefix(4).allSatisfy({ $0.utf8.allSatisfy(isLowerHexadecimal) }),
            fields[1].contains(where: { $0 != "0" }), fields[2].contains(where: { $0 != "0" })
        else { return nil }
        text = "00-\(fields[1])-\(fields[2])-\(fields[3])"
    }

    /// A new trace, sampled.
    init(randomness: () -> UInt64) {
        let trace = hexadecimal(randomness()) + hexadecimal(randomness() | 1)
        text = "00-\(trace)-\(hexadecimal(randomness() | 1))-01"
    }
}

private func isLowerHexadecimal(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (97...102).contains(byte)
}

private func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
