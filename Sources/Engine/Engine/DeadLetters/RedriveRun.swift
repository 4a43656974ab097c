import EnergyModel
import Ports
import Resilience

/// A redrive as its worker holds it: what the store said last, the letters that come next, and the pace. Pure.
struct RedriveRun: Sendable {
    var redrive: Redrive
    /// Numbers of the next letters, ascending.
    var numbers: ArraySlice<Int64> = []
    /// Uptime at which `redrive` was read.
    var seenAt: Duration
    private var bucket: TokenBucket
    private let most: Int

    /// Numbers that are asked for at once.
    static let page = 1_000
    /// How old `redrive` may be when letters are sent: a pause takes effect within this.
    static let freshness = Duration.milliseconds(500)

    init(_ redrive: Redrive, now: Duration) {
        self.redrive = redrive
        seenAt = now
        // A quarter of a second's letters: few enough that progress is stored often, many enough to share an append.
        most = max(1, min(DeadLetterDesk.batch, redrive.perSecond / 4))
        bucket = TokenBucket(capacity: most, perSecond: Double(redrive.perSecond))
    }

    /// Letters of the next step: one while the engine holds the redrive, to see whether it may go on.
    var size: Int { redrive.isHeld ? 1 : min(most, numbers.count) }

    /// Nil when the next step may begin, else how long to wait for it.
    mutating func wait(now: Duration) -> Duration? {
        guard case .refused(let wait) = bucket.take(size, now: now) else { return nil }
        return min(wait, RedriveRun.freshness)
    }

    /// What to store of a step: at most a second's work. A step that broke off counts what it skipped only at the end.
    func step(_ taken: DeadLetterDesk.Taken, _ sending: LetterSender.Sending) -> RedriveStep {
        let isWhole = sending.results.count == taken.letters.count
        let reached = isWhole ? taken.last : sending.results.last?.number ?? redrive.reached
        return RedriveStep(
            after: redrive.reached, reached: reached, results: sending.results,
            passedOver: isWhole ? taken.passedOver : 0)
    }

    /// Takes over what the store says. Somebody else's progress makes the numbers at hand worthless.
    mutating func see(_ stored: Redrive, expecting reached: Int64, now: Duration) {
        redrive = stored
        seenAt = now
        numbers = stored.reached == reached ? numbers.drop { $0 <= reached } : []
    }
}

extension Redrive {
    /// Paused by the engine, which tries again by itself; a person's pause has no note.
    var isHeld: Bool { state == .paused && note != nil }
    var mayRun: Bool { state == .running || isHeld }

    /// For the journal: `640 replayed, 12 failed (8 unknown_meter, 4 malformed_json), 3 of them quarantined`.
    var summary: String {
        var parts = ["\(replayed) of \(total) replayed"]
        if failed > 0 {
            let kinds = failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            parts.append("\(failed) failed (\(kinds.joined(separator: ", ")))")
        }
        if quarantined > 0 { parts.append("\(quarantined) of them quarantined") }
        if passedOver > 0 { parts.append("\(passedOver) dealt with by others") }
        return parts.joined(separator: ", ")
    }
}
