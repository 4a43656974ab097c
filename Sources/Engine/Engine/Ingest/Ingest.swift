import EnergyModel
import Logging
import Metering
import Ports
import Synchronization

/// The intake: decodes, validates, registers, makes durable (ING-01..09, ING-18..20). Decoding runs on the caller's task;
/// locks are taken once a batch. Needs no running service: a one-shot command may use it too.
final class Ingest: ReadingIntake {
    let settings: EngineSettings.Ingest
    let directory: FleetDirectory
    private let writer: DurableWriter
    private let gate: GateKeeper
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let tracer: Tracer
    private let logger: Logger
    /// Batches not in use, for their buffers.
    private let spare = Mutex<[IngestBatch]>([])
    private let recent = Mutex(RecentReadings())

    init(
        settings: EngineSettings.Ingest, directory: FleetDirectory, writer: DurableWriter, gate: GateKeeper,
        time: Timekeeper, measures: EngineMeasures, tracer: Tracer, logger: Logger
    ) {
        self.settings = settings
        self.directory = directory
        self.writer = writer
        self.gate = gate
        self.time = time
        self.measures = measures
        self.tracer = tracer
        self.logger = logger
    }

    func accept(_ deliveries: [IntakeDelivery], arrivedAt: UTCInstant) async -> IntakeVerdict {
        await accept(deliveries, replayedFrom: [], arrivedAt: arrivedAt)
    }

    /// `topics` has the MQTT topic that each replayed delivery came from at first, or is empty: it still stands in for ids
    /// that the payload leaves out, and still must agree with those it names.
    func accept(
        _ deliveries: [IntakeDelivery], replayedFrom topics: [ReadingTopic?], arrivedAt: UTCInstant
    ) async -> IntakeVerdict {
        let bytes = deliveries.reduce(0) { $0 + $1.payload.count }
        if let refusal = gate.admit(bytes: bytes) {
            measures.count(.refused, deliveries.count)
            return .refused(refusal)
        }
        defer { gate.leave(bytes: bytes) }
        var batch = takeBatch()
        defer { giveBack(batch) }
        // A batch of a feed has one trace.
        let context = deliveries.first?.traceparent.flatMap(TraceContext.init(traceparent:))
        let span = tracer.begin("ingest.accept", .ingest, .consumer, in: context)
        let outcome = await span.context.asCurrent { () async -> Result<[IntakeResult], PortError> in
            do throws(PortError) {
                return .success(
                    try await settle(deliveries, topics, with: &batch, trace: span.context.traceparent, now: arrivedAt))
            } catch {
                return .failure(error)
            }
        }
        switch outcome {
        case .success(let results):
            tracer.end(
                span, [.init("deliveries", "\(deliveries.count)"), .init("readings", "\(results.accepted)")])
            return .settled(results)
        case .failure(let error):
            tracer.end(span, error: error.sentence)
            measures.count(.refused, deliveries.count)
            logger.warning("deliveries refused, nothing is acknowledged", metadata: ["error": "\(error)"])
            return .refused(IntakeRefusal(.unavailable, retryAfter: settings.retryAfter))
        }
    }

    /// A record of the log given back after it had become a dead letter: nil when it is durable again, else why not.
    func append(block: [UInt8], replays: Int) async throws(PortError) -> LetterCheck.Fault? {
        let fleet = directory.current
        let readings: [Reading]
        switch BlockCheck(block, fleet) {
        case .faulty(let fault): return fault
        case .sound(let found): readings = found
        }
        let headers = [
            DeadLetterHeader.traceparent: (TraceContext.current ?? tracer.newContext()).traceparent,
            DeadLetterHeader.replays: String(replays),
        ]
        let records = ReadingRecords.make(of: readings, keys: fleet.keys, headers: headers)
        try await writer.append(records, to: .sensorReadings)
        return nil
    }

    /// In chunks, so that a thousand large deliveries are never decoded all at once. Dead letters last, when the readings of
    /// every chunk are durable: after a failure everything is sent again, and a reading twice is one reading while a dead
    /// letter twice would be two.
    private func settle(
        _ deliveries: [IntakeDelivery], _ topics: [ReadingTopic?], with batch: inout IngestBatch,
        trace: String, now: UTCInstant
    ) async throws(PortError) -> [IntakeResult] {
        var results: [IntakeResult] = []
        results.reserveCapacity(deliveries.count)
        var letters: [LogRecord] = []
        var next = 0
        while next < deliveries.count {
            batch.removeAll()
            var fleet = directory.current
            while next < deliveries.count, batch.decoded.readings.count < settings.chunkReadings {
                let topic = topics.isEmpty ? nil : topics[next]
                batch.decode(
                    deliveries[next], at: next, replayedFrom: topic, directory: fleet.directory, keys: fleet.keys,
                    now: now)
                next += 1
            }
            measures.record(.received, batch.items)
            if !batch.decoded.rejections.isEmpty { fleet = try await register(&batch, fleet) }
            try await store(
                batch, of: deliveries, fleet: fleet, trace: trace, now: now, into: &results, &letters)
        }
        try await writer.append(letters, to: .sensorReadingsDeadLetters)
        measures.record(.deadLetters, letters.count)
        return results
    }

    /// Registers what the policy allows and resolves the readings that waited for it.
    private func register(
        _ batch: inout IngestBatch, _ fleet: FleetDirectory.Snapshot
    ) async throws(PortError) -> FleetDirectory.Snapshot {
        let policy = settings.registration
        let requests = batch.unknown { policy.registers($0, fleet) }
        guard !requests.isEmpty else { return fleet }
        let (known, refused) = try await directory.register(requests)
        measures.count(.registered, requests.count - refused.count)
        if let (request, error) = refused.first {
            logger.warning(
                "meters not registered",
                metadata: ["meters": "\(refused.count)", "first": "\(request.meter)", "error": "\(error)"])
            batch.explain(refused)
        }
        batch.resolve(with: known.directory)
        return known
    }

    private func store(
        _ batch: IngestBatch, of deliveries: [IntakeDelivery], fleet: FleetDirectory.Snapshot, trace: String,
        now: UTCInstant, into results: inout [IntakeResult], _ letters: inout [LogRecord]
    ) async throws(PortError) {
        let first = results.count
        batch.forEachDelivery { index, accepted, bad in
            var result = IntakeResult(accepted: accepted)
            if !bad.isEmpty { refuse(bad, of: deliveries[index], trace: trace, now: now, &result, &letters) }
            results.append(result)
        }
        let headers = [DeadLetterHeader.traceparent: trace]
        let records = ReadingRecords.make(of: batch.decoded.readings, keys: fleet.keys, headers: headers)
        try await writer.append(records, to: .sensorReadings)
        measures.record(.accepted, batch.decoded.readings.count)
        recent.withLock { recent in
            for (offset, readings) in batch.readingsByDelivery.enumerated() {
                results[first + offset].duplicates = recent.add(readings)
            }
        }
    }

    private func refuse(
        _ bad: [ReadingRejection], of delivery: IntakeDelivery, trace: String, now: UTCInstant,
        _ result: inout IntakeResult, _ letters: inout [LogRecord]
    ) {
        measures.count(.skewed, bad.count { $0.reason == .timestampInFuture })
        measures.count(.tooOld, bad.count { $0.reason == .timestampTooOld })
        guard case .mqtt(let topic) = delivery.origin else {
            measures.count(.rejected, bad.count)
            result.rejected = bad.map {
                RejectedItem(index: $0.index, reason: $0.reason.rawValue, message: $0.message)
            }
            return
        }
        result.deadLettered = bad.count
        for item in bad {
            let refused = DeadLetterForm.Refused(
                payload: Array(delivery.payload[item.bytes]), reason: item.reason.rawValue, message: item.message,
                source: DeadLetterForm.mqttSource + topic, format: delivery.format.ofOneItem,
                facility: item.facility?.text ?? ReadingTopic(topic)?.facility.text,
                traceparent: delivery.traceparent ?? trace)
            letters.append(DeadLetterForm.record(of: refused, at: now))
        }
    }

    func takeBatch() -> IngestBatch {
        spare.withLock { $0.popLast() }
            ?? {
                var rules = ReadingRules()
                rules.futureLimit = settings.futureLimit
                rules.pastLimit = settings.pastLimit
                return IngestBatch(rules: rules)
            }()
    }

    /// Keeps the buffers of a few ordinary batches; a huge one is let go.
    func giveBack(_ batch: IngestBatch) {
        guard batch.decoded.readings.count <= 4 * settings.chunkReadings else { return }
        spare.withLock { if $0.count < 8 { $0.append(batch) } }
    }
}

extension [IntakeResult] {
    fileprivate var accepted: Int { reduce(0) { $0 + $1.accepted } }
}
