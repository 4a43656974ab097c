import EnergyModel

/// Why one item of a payload was refused. `reason.rawValue` is the machine-readable class of a dead letter.
package struct ReadingRejection: Sendable, Hashable {
    package enum Reason: String, Sendable, CaseIterable {
        case malformedJSON = "malformed_json"
        case malformedProtobuf = "malformed_protobuf"
        case missingField = "missing_field"
        case wrongType = "wrong_type"
        case outOfRange = "out_of_range"
        case duplicateKey = "duplicate_key"
        case tooManyKeys = "too_many_keys"
        case timestampInFuture = "timestamp_in_future"
        case timestampTooOld = "timestamp_too_old"
        case invalidIdentifier = "invalid_identifier"
        /// A canonical reading whose kind, unit or interval a `Reading` cannot hold.
        case unsupportedQuantity = "unsupported_quantity"
        /// The payload names another facility or meter than its MQTT topic.
        case topicMismatch = "topic_mismatch"
        case unknownFacility = "unknown_facility"
        case unknownMeter = "unknown_meter"
        /// The meter is known, but belongs to another facility.
        case facilityMismatch = "facility_mismatch"
    }

    /// Position among the payload's items, from 0.
    package var index: Int
    package var reason: Reason
    /// A sentence for people: what was wrong, where, and what is allowed. Quotes of the payload are escaped and cut.
    package var message: String
    /// The item in the payload: copy these bytes, unchanged, into the dead letter. They are a payload of the same format
    /// by themselves (for protobuf a batch of one; its batch-wide facility is then missing, see `facility`).
    package var bytes: Range<Int>
    /// The facility the item was for, where it got as far as a valid id.
    package var facility: FacilityID?
    package var meter: MeterID?
    /// The reading, complete but for its numbers, when the only fault is that the directory does not know its meter
    /// (`unknownMeter`, `unknownFacility`). Register the meter, then hand this to `MeterDirectory.resolve`.
    package var pending: PendingReading?
    /// The byte of the payload at which it stops being readable; nil for what can be read and is wrong.
    package var offset: Int?

    package init(
        index: Int, reason: Reason, message: String, bytes: Range<Int>, facility: FacilityID? = nil,
        meter: MeterID? = nil, pending: PendingReading? = nil, offset: Int? = nil
    ) {
        self.index = index
        self.reason = reason
        self.message = message
        self.bytes = bytes
        self.facility = facility
        self.meter = meter
        self.pending = pending
        self.offset = offset
    }
}

/// A valid reading of a meter that has no number yet.
package struct PendingReading: Sendable, Hashable {
    package var facility: FacilityID
    package var meter: MeterID
    /// Its meter and facility numbers are meaningless until resolved.
    package var reading: Reading

    package init(facility: FacilityID, meter: MeterID, reading: Reading) {
        self.facility = facility
        self.meter = meter
        self.reading = reading
    }
}

/// What came out of one or more payloads. Keep one and empty it between payloads: its buffers are used again.
package struct DecodedReadings: Sendable {
    /// The accepted readings in payload order.
    package var readings: [Reading] = []
    package var rejections: [ReadingRejection] = []
    /// Items seen, good and bad, since the last `removeAll`.
    package var items = 0

    package init() {}

    /// Empties it and keeps the memory.
    package mutating func removeAll() {
        readings.removeAll(keepingCapacity: true)
        rejections.removeAll(keepingCapacity: true)
        items = 0
    }
}
