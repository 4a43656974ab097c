import GatewayWire
import Resilience

/// The life of a link to an engine elsewhere: when to connect, from where to go on, when to say that it is lost. Pure; the
/// shell performs the action it is given and comes back with what happened.
struct LinkStateMachine: Hashable, Sendable {
    enum Phase: Hashable, Sendable {
        /// → `live`, `waiting`, `connecting` again, `ended`
        case connecting
        /// The stream is open. → `connecting`, `waiting`, `ended`
        case live
        /// Between two attempts. → `connecting`
        case waiting
        /// The engine does not let us in; nothing leads out of it.
        case ended
    }

    enum Action: Hashable, Sendable {
        /// Open the stream; with a position, from where it stood.
        case connect(resume: StreamPosition?)
        case wait(Duration)
        case end
    }

    /// How a stream, or the attempt to open one, ended.
    enum Loss: Hashable, Sendable {
        /// The world's fault, in a sentence: worth another attempt.
        case lost(String)
        /// What came does not fit to what we have: begin anew, at once, from nothing.
        case mismatch
        /// Not let in, in a sentence.
        case refused(String)
    }

    private(set) var phase = Phase.connecting
    /// Times the stream was opened again after it had been open before.
    private(set) var reconnects = 0
    /// What the link lacks now, as last told; nil while it is live.
    private(set) var trouble: String?
    private var hasBeenLive = false
    private var position: StreamPosition?
    private var failures = 0
    private var mismatches = 0

    /// Soon again at first and at least every 1.5 s: an engine that is back is seen within 2 s.
    static let backoff = Backoff(first: .milliseconds(100), cap: .milliseconds(1500), attempts: nil)

    func begin() -> Action { .connect(resume: nil) }

    mutating func opened() {
        if hasBeenLive { reconnects += 1 }
        phase = .live
        hasBeenLive = true
        trouble = nil
    }

    /// A snapshot came, whole.
    mutating func received(_ position: StreamPosition) {
        self.position = position
        failures = 0
        mismatches = 0
    }

    /// `tell`: the sentence for whoever watches, when it is a new one. `random` is uniform in 0..<1.
    mutating func ended(_ loss: Loss, random: Double) -> (action: Action, tell: String?) {
        switch loss {
        case .refused(let sentence):
            phase = .ended
            trouble = sentence
            return (.end, sentence)
        case .mismatch:
            position = nil
            mismatches += 1
            guard mismatches > 1 else {
                phase = .connecting
                return (.connect(resume: nil), nil)
            }
            return lost("the engine sends what this console cannot read; use the same version at both", random)
        case .lost(let sentence): return lost(sentence, random)
        }
    }

    mutating func waited() -> Action {
        phase = .connecting
        return .connect(resume: position)
    }

    private mutating func lost(_ sentence: String, _ random: Double) -> (Action, String?) {
        let isNews = trouble != sentence
        trouble = sentence
        failures += 1
        // A link that has just worked is tried again at once: most losses are a connection that was cut.
        guard failures > 1 else {
            phase = .connecting
            return (.connect(resume: position), isNews ? sentence : nil)
        }
        phase = .waiting
        return (.wait(Self.backoff.delay(afterAttempt: failures - 1, random: random)), isNews ? sentence : nil)
    }
}
