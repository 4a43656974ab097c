import EnergyModel

/// How far the engine's clock is from ours, out of several measurements: the one with the shortest way lies the least
/// (RFC 5905 §10). Pure.
struct ClockFilter: Hashable, Sendable {
    struct Sample: Hashable, Sendable {
        /// The engine's clock minus ours.
        let offset: Duration
        let roundTrip: Duration

        /// From the four times of a question: sent, received there, answered there, received (RFC 5905 §8).
        init(sent: UTCInstant, received: UTCInstant, answered: UTCInstant, returned: UTCInstant) {
            offset = (received.since(sent) + answered.since(returned)) / 2
            roundTrip = max(.zero, returned.since(sent) - answered.since(received))
        }
    }

    /// Measurements kept: at one every ten seconds, the last minute and a bit.
    static let depth = 8
    /// What a clock may drift or a way may waver beyond what the round trips allow.
    static let slack = Duration.milliseconds(50)

    private(set) var samples: [Sample] = []

    var best: Sample? { samples.min { $0.roundTrip < $1.roundTrip } }
    var newest: Sample? { samples.last }

    /// One that contradicts the best so far means that a clock was set: what was measured before is worthless.
    mutating func take(_ sample: Sample) {
        if let best {
            let apart = sample.offset - best.offset
            let allowed = (sample.roundTrip + best.roundTrip) / 2 + Self.slack
            if apart > allowed || apart < .zero - allowed { samples = [] }
        }
        if samples.count == Self.depth { samples.removeFirst() }
        samples.append(sample)
    }
}
