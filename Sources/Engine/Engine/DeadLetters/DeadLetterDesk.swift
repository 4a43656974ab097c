import EnergyModel
import Ports

/// Replays and discards dead letters for a person. Needs only the ports, so it also serves a one-shot command.
///
/// A replay goes through the ordinary intake first and changes the letter's state after: a crash in between replays it once
/// more, and (meter, timestamp) makes the second time without effect (DLQ-08).
struct DeadLetterDesk: Sendable {
    let records: any RecordStore
    let intake: Ingest
    let settings: EngineSettings.DeadLetters
    /// Nil without demand response.
    var response: ResponseReplay?

    struct Tally: Sendable, Equatable {
        var replayed = 0
        var failed = 0
        var quarantined = 0
        var passedOver = 0
        /// Why the first failed one failed.
        var firstFailure: String?
    }

    /// Letters that are pending or quarantined; others are passed over. Stops when ingest takes nothing any more.
    func replay(_ numbers: [Int64], at now: UTCInstant) async throws(PortError) -> Tally {
        var tally = Tally()
        for number in numbers {
            guard let letter = try await records.deadLetter(number),
                letter.state == .pending || letter.state == .quarantined
            else {
                tally.passedOver += 1
                continue
            }
            if let failure = try await send(letter, number: number, at: now) {
                try await fail(letter, number: number, because: failure, &tally)
            } else {
                let changed = try await records.changeDeadLetters(
                    [number], from: [.pending, .quarantined], to: .replayed, note: letter.note, countsAsAttempt: true)
                tally.replayed += changed.count
                tally.passedOver += 1 - changed.count
            }
        }
        return tally
    }

    /// Returns how many changed; those already replayed or discarded stay.
    func discard(_ numbers: [Int64], because reason: String) async throws(PortError) -> Int {
        try await records.changeDeadLetters(
            numbers, from: [.pending, .quarantined], to: .discarded, note: reason, countsAsAttempt: false
        ).count
    }

    /// Nil when the letter's content is durable, else why not.
    private func send(_ letter: DeadLetter, number: Int64, at now: UTCInstant) async throws(PortError) -> String? {
        if ResponseReplay.topics.contains(letter.topic) {
            guard let response else { return "this engine runs no demand response" }
            return try await response.send(letter, at: now)
        }
        let format: IntakeDelivery.Format
        switch letter.headers[DeadLetterForm.formatHeader] {
        case "block": return try await intake.append(block: letter.payload)
        case "protobuf": format = .protobuf
        case "ndjson": format = .ndjson
        default: format = .json
        }
        let delivery = IntakeDelivery(
            origin: .replay(deadLetter: number), format: format, payload: letter.payload,
            traceparent: letter.headers[DeadLetterHeader.traceparent])
        switch await intake.accept([delivery], replayedFrom: DeadLetterForm.topic(of: letter), arrivedAt: now) {
        case .refused(let refusal):
            throw PortError(
                .unavailable,
                "readings are not taken now (\(refusal.reason.rawValue)); replay again in \(refusal.retryAfter)")
        case .settled(let results):
            guard let result = results.first else { return "the intake gave no result" }
            if let item = result.rejected.first { return item.message }
            return result.accepted > 0 ? nil : "it holds no reading"
        }
    }

    private func fail(
        _ letter: DeadLetter, number: Int64, because failure: String, _ tally: inout Tally
    ) async throws(PortError) {
        let isLast = letter.attempts + 1 >= settings.replayAttempts
        _ = try await records.changeDeadLetters(
            [number], from: [letter.state], to: isLast ? .quarantined : .pending, note: failure, countsAsAttempt: true)
        tally.failed += 1
        if isLast { tally.quarantined += 1 }
        tally.firstFailure = tally.firstFailure ?? failure
    }
}
