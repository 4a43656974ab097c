import EnergyModel
import Metering
import Ports

/// Sends dead letters to processing again, through the ordinary intake. Needs only the ports, so it also serves a one-shot
/// command. It changes no letter: whoever sends settles the results after, and a crash in between sends once more, which
/// (meter, timestamp) and the versions and keys of demand response make without effect (DLQ-08).
struct LetterSender: Sendable {
    let intake: Ingest
    let settings: EngineSettings.DeadLetters
    let time: Timekeeper
    /// Nil without demand response.
    var response: ResponseReplay?

    /// What came of the first letters; fewer than were given when the time was over or `stop` says why nothing is taken now.
    struct Sending: Sendable {
        var results: [LetterResult] = []
        var stop: PortError?
    }

    /// In order, one letter at least, no further one after `span` (nil: all). What came of a letter is durable when it stands
    /// in the results.
    func send(_ letters: [DeadLetter], at now: UTCInstant, within span: Duration? = nil) async -> Sending {
        let giveUpAt = span.map { time.uptime() + $0 }
        var sending = Sending()
        var rest = letters[...]
        do throws(PortError) {
            while let first = rest.first, sending.results.isEmpty || giveUpAt.map({ time.uptime() < $0 }) ?? true {
                if DeadLetterForm.intakeFormat(of: first) != nil {
                    let run = rest.prefix { DeadLetterForm.intakeFormat(of: $0) != nil }
                    sending.results += try await sendReadings(Array(run), at: now)
                    rest = rest.dropFirst(run.count)
                } else {
                    sending.results.append(result(of: first, try await sendOther(first, at: now)))
                    rest = rest.dropFirst()
                }
            }
        } catch {
            sending.stop = error
        }
        return sending
    }

    /// What processing would say to `payload`, nil: to what would be sent. Stores and sends nothing.
    func check(_ letter: DeadLetter, payload: [UInt8]? = nil, at now: UTCInstant) async throws(PortError) -> LetterCheck
    {
        let payload = payload ?? letter.currentPayload
        if ResponseReplay.topics.contains(letter.topic) {
            guard let response else { return .fails([LetterSender.noResponse]) }
            return try await response.check(letter, payload: payload, at: now)
        }
        guard let format = DeadLetterForm.intakeFormat(of: letter) else { return intake.check(block: payload) }
        return intake.check(
            payload, format: format, replayedFrom: DeadLetterForm.topic(of: letter), now: now)
    }

    private static let noResponse = LetterCheck.Fault(
        reason: "no_demand_response", sentence: "this engine runs no demand response")

    /// All at once: they become durable in one append, or none does.
    private func sendReadings(_ letters: [DeadLetter], at now: UTCInstant) async throws(PortError) -> [LetterResult] {
        let deliveries = letters.map { letter in
            IntakeDelivery(
                origin: .replay(deadLetter: letter.number ?? 0),
                format: DeadLetterForm.intakeFormat(of: letter) ?? .json, payload: letter.currentPayload,
                traceparent: letter.headers[DeadLetterHeader.traceparent])
        }
        let topics = letters.map(DeadLetterForm.topic)
        switch await intake.accept(deliveries, replayedFrom: topics, arrivedAt: now) {
        case .refused(let refusal):
            throw PortError(
                .unavailable,
                "readings are not taken now (\(refusal.reason.rawValue)); replay again in \(refusal.retryAfter)")
        case .settled(let results):
            return zip(letters, results).map { letter, result in
                if let item = result.rejected.first {
                    return self.result(of: letter, LetterCheck.Fault(reason: item.reason, sentence: item.message))
                }
                return self.result(of: letter, result.accepted > 0 ? nil : LetterCheck.Fault.empty)
            }
        }
    }

    /// Nil when it was taken. What its own content makes fail for good stops no other letter.
    private func sendOther(_ letter: DeadLetter, at now: UTCInstant) async throws(PortError) -> LetterCheck.Fault? {
        do throws(PortError) {
            guard ResponseReplay.topics.contains(letter.topic) else {
                return try await intake.append(block: letter.currentPayload, replays: letter.attempts + 1)
            }
            guard let response else { return LetterSender.noResponse }
            return try await response.send(letter, at: now)
        } catch {
            guard error.code == .invalid || error.code == .notFound else { throw error }
            return LetterCheck.Fault(reason: error.code.rawValue, sentence: error.description)
        }
    }

    private func result(of letter: DeadLetter, _ fault: LetterCheck.Fault?) -> LetterResult {
        let number = letter.number ?? 0
        guard let fault else { return LetterResult(of: letter, number: number, .replayed) }
        return LetterResult(
            of: letter, number: number,
            .failed(
                reason: fault.reason, sentence: fault.sentence,
                isLast: letter.attempts + 1 >= settings.replayAttempts))
    }
}

extension DeadLetterForm {
    /// How the intake decodes the payload; nil for what does not go through it.
    static func intakeFormat(of letter: DeadLetter) -> IntakeDelivery.Format? {
        guard !ResponseReplay.topics.contains(letter.topic) else { return nil }
        return switch letter.headers[formatHeader] {
        case "block": nil
        case "protobuf": .protobuf
        case "ndjson": .ndjson
        default: .json
        }
    }
}
