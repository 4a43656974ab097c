import EnergyModel
import Metering
import Ports

/// How a dead letter looks as a record of its topic, and back. Pure.
enum DeadLetterForm {
    /// How the payload is to be decoded at a replay: `json`, `ndjson`, `protobuf`, or `block` for a record of the log.
    static let formatHeader = "__switchyard.errors.format"

    /// Before the MQTT topic in the source header.
    static let mqttSource = "mqtt:"

    enum Stage: String { case decode, validate, aggregate }

    /// One item that the edge refused. `payload` goes on unchanged.
    struct Refused {
        var payload: [UInt8]
        var reason: String
        var message: String
        var source: String
        var format: String
        var facility: String?
        var traceparent: String
    }

    static func record(of item: Refused, at now: UTCInstant) -> LogRecord {
        let headers = [
            DeadLetterHeader.exception: item.reason, DeadLetterHeader.message: item.message,
            DeadLetterHeader.stage: Stage.decode.rawValue, DeadLetterHeader.attempts: "1",
            DeadLetterHeader.firstSeen: now.iso8601, DeadLetterHeader.lastSeen: now.iso8601,
            DeadLetterHeader.source: item.source,
            DeadLetterHeader.traceparent: item.traceparent, formatHeader: item.format,
        ]
        return LogRecord(key: item.facility ?? "", value: item.payload, headers: headers, time: now)
    }

    /// A record of the log that could not be processed, with the place where it stands.
    static func record(
        ofPoison stored: StoredRecord, in partition: Partition, error: any Error, attempts: Int, at now: UTCInstant
    ) -> LogRecord {
        var headers = stored.record.headers
        headers[DeadLetterHeader.topic] = partition.topic.name
        headers[DeadLetterHeader.partition] = String(partition.index)
        headers[DeadLetterHeader.offset] = String(stored.offset)
        headers[DeadLetterHeader.exception] = "undecodable_record"
        headers[DeadLetterHeader.message] = String(describing: error)
        headers[DeadLetterHeader.stage] = Stage.aggregate.rawValue
        headers[DeadLetterHeader.attempts] = String(attempts)
        headers[DeadLetterHeader.firstSeen] = now.iso8601
        headers[DeadLetterHeader.lastSeen] = now.iso8601
        headers[formatHeader] = "block"
        return LogRecord(key: stored.record.key, value: stored.record.value, headers: headers, time: now)
    }

    /// Readings of a write that the series store refuses, a facility a record (TSDB-02). `keys` are facility ids by number.
    static func records(
        ofRefused readings: [Reading], keys: [String], error: PortError, attempts: Int, at now: UTCInstant
    ) -> [LogRecord] {
        let headers = [
            DeadLetterHeader.exception: "series_write_refused", DeadLetterHeader.message: error.description,
            DeadLetterHeader.stage: Stage.aggregate.rawValue, DeadLetterHeader.attempts: String(attempts),
            DeadLetterHeader.firstSeen: now.iso8601, DeadLetterHeader.lastSeen: now.iso8601, formatHeader: "block",
        ]
        let highest = readings.reduce(0) { max($0, Int($1.facility.rawValue)) }
        let missing = max(0, highest + 1 - keys.count)
        return ReadingRecords.make(of: readings, keys: keys + Array(repeating: "", count: missing), headers: headers)
    }

    /// Events are keyed by their id, everything else by its facility.
    private static func facility(of record: LogRecord, in topic: Topic) -> FacilityID? {
        FacilityID(
            topic == .demandResponseDeadLetters ? record.headers[InboundForm.facilityHeader] ?? "" : record.key)
    }

    /// The MQTT topic the letter came from; nil for other sources.
    static func topic(of letter: DeadLetter) -> ReadingTopic? {
        guard let source = letter.headers[DeadLetterHeader.source], source.hasPrefix(mqttSource) else { return nil }
        return ReadingTopic(source.dropFirst(mqttSource.count))
    }

    /// What the record store keeps. A letter without an origin in another topic is known by its place in this one. One that
    /// was replayed, taken, and then failed further on brings its replays along: at the limit it is quarantined.
    static func letter(
        from stored: StoredRecord, in partition: Partition, quarantineAfter limit: Int
    ) -> DeadLetter {
        var headers = stored.record.headers
        if headers[DeadLetterHeader.offset] == nil {
            headers[DeadLetterHeader.topic] = partition.topic.name
            headers[DeadLetterHeader.partition] = String(partition.index)
            headers[DeadLetterHeader.offset] = String(stored.offset)
        }
        let replays = max(0, headers[DeadLetterHeader.replays].flatMap { Int($0) } ?? 0)
        return DeadLetter(
            topic: partition.topic.name, payload: stored.record.value, headers: headers,
            reason: headers[DeadLetterHeader.exception] ?? "unknown",
            message: headers[DeadLetterHeader.message] ?? "the record carries no reason",
            facility: facility(of: stored.record, in: partition.topic),
            firstSeen: headers[DeadLetterHeader.firstSeen].flatMap { UTCInstant(iso8601: $0) } ?? stored.appendedAt,
            attempts: replays, state: replays >= limit ? .quarantined : .pending)
    }
}
