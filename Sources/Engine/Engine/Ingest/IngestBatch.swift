import EnergyModel
import Metering
import Ports

/// Several deliveries on their way through ingest: decoded, sorted into what is accepted, unknown and bad. Its buffers are
/// used again from batch to batch.
struct IngestBatch: Sendable {
    /// Where one delivery's items lie in `decoded`.
    private struct Span: Sendable {
        var delivery: Int
        var readings: Int
        /// Those decoded at once; others are registered first and follow behind those of all deliveries.
        var decoded: Range<Int>
        var rejections: Range<Int>
    }

    private(set) var decoded = DecodedReadings()
    private var spans: [Span] = []
    /// Rejections whose meter was registered meanwhile.
    private var resolved: Set<Int> = []
    private var decoder: ReadingDecoder
    /// Items decoded in all.
    var items: Int { decoded.items }

    init(rules: ReadingRules) { decoder = ReadingDecoder(rules: rules) }

    mutating func removeAll() {
        decoded.removeAll()
        spans.removeAll(keepingCapacity: true)
        resolved.removeAll(keepingCapacity: true)
    }

    mutating func decode(
        _ delivery: IntakeDelivery, at index: Int, replayedFrom origin: ReadingTopic?, directory: MeterDirectory,
        keys: [String] = [], now: UTCInstant
    ) {
        let (readings, rejections) = (decoded.readings.count, decoded.rejections.count)
        var topic = origin
        if case .mqtt(let text) = delivery.origin { topic = ReadingTopic(text) }
        if let of = delivery.of { topic = ReadingTopic(facility: of.facility, meter: of.meter) }
        decoder.decode(
            delivery.payload, format: delivery.format.reading, topic: topic, directory: directory, now: now,
            into: &decoded)
        spans.append(
            Span(
                delivery: index, readings: decoded.readings.count - readings,
                decoded: readings..<decoded.readings.count,
                rejections: rejections..<decoded.rejections.count))
        if let allowed = delivery.facilities { requireAll(of: allowed, keys) }
    }

    /// Takes the newest delivery back when it holds anything of another facility. `keys`: facility ids by number.
    private mutating func requireAll(of allowed: Set<FacilityID>, _ keys: [String]) {
        guard let span = spans.last else { return }
        let numbers = Set(keys.indices.filter { FacilityID(keys[$0]).map(allowed.contains) ?? false })
        let isForeign =
            decoded.readings[span.decoded].contains { !numbers.contains(Int($0.facility.rawValue)) }
            || decoded.rejections[span.rejections].contains { $0.facility.map { !allowed.contains($0) } ?? false }
        guard isForeign else { return }
        decoded.readings.removeSubrange(span.decoded)
        decoded.rejections.removeSubrange(span.rejections)
        let some = allowed.sorted().prefix(5).map(\.text).joined(separator: ", ")
        decoded.rejections.append(
            ReadingRejection(
                index: 0, reason: .unknownFacility,
                message:
                    "this sender may bring readings of \(some.isEmpty ? "no facility" : some) alone, and nothing of the "
                    + "delivery was taken: send those of others with their own key", bytes: 0..<0))
        spans[spans.count - 1].readings = 0
        spans[spans.count - 1].decoded = span.decoded.lowerBound..<span.decoded.lowerBound
        spans[spans.count - 1].rejections = span.rejections.lowerBound..<span.rejections.lowerBound + 1
    }

    /// Meters that the directory does not know, each once, in order of appearance.
    func unknown(where mayRegister: (ReadingRejection.Reason) -> Bool) -> [MeterRegistration] {
        var seen: Set<MeterRegistration> = []
        return decoded.rejections.compactMap { rejection in
            guard let pending = rejection.pending, mayRegister(rejection.reason) else { return nil }
            let request = MeterRegistration(meter: pending.meter, facility: pending.facility)
            return seen.insert(request).inserted ? request : nil
        }
    }

    /// Tells senders why their meters were not registered.
    mutating func explain(_ refused: [MeterRegistration: PortError]) {
        for index in decoded.rejections.indices {
            guard let pending = decoded.rejections[index].pending,
                let error = refused[MeterRegistration(meter: pending.meter, facility: pending.facility)]
            else { continue }
            decoded.rejections[index].message = error.sentence
        }
    }

    /// Moves pending readings that `directory` knows by now to the accepted ones.
    mutating func resolve(with directory: MeterDirectory) {
        for position in spans.indices {
            for index in spans[position].rejections {
                guard let pending = decoded.rejections[index].pending,
                    case .success(let reading) = directory.resolve(pending)
                else { continue }
                decoded.readings.append(reading)
                decoded.rejections[index].pending = nil
                resolved.insert(index)
                spans[position].readings += 1
            }
        }
    }

    /// Readings of the deliveries whose meters were known, delivery by delivery.
    var readingsByDelivery: [ArraySlice<Reading>] { spans.map { decoded.readings[$0.decoded] } }

    /// Calls `body` with each delivery's number, how many of its readings are accepted, and its bad items.
    func forEachDelivery(_ body: (_ delivery: Int, _ accepted: Int, _ bad: [ReadingRejection]) -> Void) {
        for span in spans {
            let bad =
                span.rejections.isEmpty
                ? [] : span.rejections.filter { !resolved.contains($0) }.map { decoded.rejections[$0] }
            body(span.delivery, span.readings, bad)
        }
    }

}

extension IntakeDelivery.Format {
    var reading: ReadingFormat {
        switch self {
        case .json: .json
        case .ndjson: .ndjson
        case .protobuf: .protobuf
        }
    }

    /// How a single item of such a payload is decoded again: a line of NDJSON is a JSON object.
    var ofOneItem: String {
        switch self {
        case .json, .ndjson: "json"
        case .protobuf: "protobuf"
        }
    }
}
