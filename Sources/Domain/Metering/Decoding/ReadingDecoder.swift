import EnergyModel

/// The form of a payload. Each names its own items: the elements of a JSON array (or the one object), the lines of NDJSON
/// that are not blank, the readings of a protobuf batch.
package enum ReadingFormat: Sendable, Hashable {
    /// One JSON text in UTF-8: a reading object, or an array of them.
    case json
    /// A reading object a line.
    case ndjson
    /// `ReadingBatch` of Sources/Domain/Schema/reading.proto.
    case protobuf
}

/// Turns payloads into readings. Any byte string is safe: what cannot be a reading becomes a rejection, and one bad item
/// spoils no other. In a JSON array that breaks off, the items before the break are good and the break is one rejection
/// that reaches to the end of the payload.
///
/// A value with scratch memory: give each thread its own. Nothing is allocated for a good reading.
package struct ReadingDecoder: Sendable {
    package var rules: ReadingRules
    /// Scratch memory for one JSON object.
    private var object = ReadingObject()
    private var flat = FlatReadingScanner()

    package init(rules: ReadingRules = ReadingRules()) {
        self.rules = rules
    }

    /// Appends to `decoded`; rejection indices count from the payload's first item. `topic` stands in for ids that the
    /// payload leaves out. O(bytes).
    package mutating func decode(
        _ payload: [UInt8], format: ReadingFormat, topic: ReadingTopic? = nil, directory: MeterDirectory,
        now: UTCInstant,
        into decoded: inout DecodedReadings
    ) {
        payload.withUnsafeBytes {
            decode($0, format: format, topic: topic, directory: directory, now: now, into: &decoded)
        }
    }

    package mutating func decode(
        _ payload: UnsafeRawBufferPointer, format: ReadingFormat, topic: ReadingTopic? = nil, directory: MeterDirectory,
        now: UTCInstant, into decoded: inout DecodedReadings
    ) {
        let checks = ReadingChecks(rules: rules, directory: directory, topic: topic, now: now)
        if format == .protobuf { return ProtobufPayload(payload, checks: checks).decode(into: &decoded) }
        // The scratch object is moved out and back: a second owner would mean a copy.
        var walk = JSONPayload(payload, checks: checks, object: ReadingObject.empty, flat: flat)
        swap(&walk.object, &object)
        if format == .json { walk.decodeText(into: &decoded) } else { walk.decodeLines(into: &decoded) }
        swap(&walk.object, &object)
        flat = walk.flat
    }
}
