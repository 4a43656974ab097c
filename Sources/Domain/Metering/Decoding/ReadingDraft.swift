import EnergyModel

/// What one item says, its types checked, before its values are judged. Both forms, JSON and protobuf, meet here.
struct ReadingDraft {
    /// An id as it stands in the payload. Holds no reference: valid as long as the payload's memory is.
    enum Identifier {
        case absent
        case bytes(UnsafeRawBufferPointer)
        /// The inside of a JSON string with escapes yet to be resolved.
        case escaped(UnsafeRawBufferPointer)
    }

    var facility = Identifier.absent
    var meter = Identifier.absent
    var time: UTCInstant
    /// NaN stands for "not sent" here and below.
    var kilowatts = Double.nan
    var registerKilowattHours = Double.nan
    var volts = Double.nan
    var quality = ReadingQuality.raw
}

/// Why an item is no reading. Becomes a `ReadingRejection` once its place in the payload is known.
struct ItemFault: Error {
    var reason: ReadingRejection.Reason
    var message: String
    var facility: FacilityID?
    var meter: MeterID?
    var pending: PendingReading?
    var offset: Int?

    init(_ reason: ReadingRejection.Reason, _ message: String, at offset: Int? = nil) {
        self.reason = reason
        self.message = message
        self.offset = offset
    }

    static func missing(_ field: String) -> ItemFault { ItemFault(.missingField, "\(field) is missing") }
}

extension ReadingDraft.Identifier {
    var isAbsent: Bool {
        if case .absent = self { true } else { false }
    }

    /// As text, with whatever bytes it has; nil when absent. Allocates.
    var string: String? {
        switch self {
        case .absent: nil
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .escaped(let bytes): JSONScanner.resolved(bytes)
        }
    }

    /// The id's bytes, for the length of `body`.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .absent: return body(UnsafeRawBufferPointer(start: nil, count: 0))
        case .bytes(let bytes): return body(bytes)
        case .escaped(let bytes):
            var text = JSONScanner.resolved(bytes)
            return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        }
    }
}

/// A piece of a payload for a message: ASCII only, control characters escaped, cut at 64 scalars.
func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let shown = scalars.prefix(64).map { $0.escaped(asASCII: true) }.joined()
    return "\"\(shown)\(scalars.count > 64 ? "..." : "")\""
}
