import EnergyModel

/// Which past readings go out when. Each number of the past is given out exactly once.
///
/// Ahead of the live readings, and in order of time, goes what the other side takes within a budget: from the oldest on
/// while its speed is measured, then, leaping over what would not fit, the most recent ones up to the first live reading.
/// What was leapt over follows beside the live readings, oldest first: a receiver takes those for late ones.
struct BackFill: Sendable {
    enum Step: Hashable, Sendable {
        case send(Range<Int64>)
        /// Enough is on its way, or nobody is there to take it.
        case wait
        /// Live readings begin; see `takeRest`. Stays so.
        case over
    }

    /// How the readings ahead of the live ones have fared.
    struct Progress: Hashable, Sendable {
        /// Since the other side could first be reached; nil before.
        var elapsed: Duration?
        /// Acknowledged or refused for ever.
        var answered: Int
        /// Given to the buffer and not yet answered.
        var outstanding: Int
    }

    private let budget: Duration
    private let window: Int
    private let batch: Int
    /// Numbers of the schedule; ends where the live readings begin.
    private var ahead: Range<Int64>
    /// Ascending.
    private var rest: [Range<Int64>] = []
    private var taken: Int64 = 0
    private var isMeasured = false

    init(_ numbers: Range<Int64>, budget: Duration, window: Int, batch: Int) {
        ahead = numbers
        self.budget = budget
        self.window = window
        self.batch = batch
    }

    /// Readings not yet given out.
    var left: Int64 { rest.reduce(Int64(ahead.count)) { $0 + Int64($1.count) } }

    mutating func step(_ progress: Progress, atMost limit: Int) -> Step {
        guard !ahead.isEmpty else { return .over }
        guard let elapsed = progress.elapsed else { return .wait }
        let hasAnswer = progress.answered > 0 || progress.outstanding == 0
        if elapsed >= budget {
            leap(to: ahead.upperBound)
        } else if !isMeasured, elapsed >= budget / 8, hasAnswer {
            isMeasured = true
            leap(to: max(ahead.lowerBound, ahead.upperBound - fitting(progress, elapsed)))
        }
        guard !ahead.isEmpty else { return .over }
        // Grows with what was answered: the last of it must not keep the live readings waiting at a slow receiver.
        let depth = max(batch, min(2 * window, progress.answered))
        guard progress.outstanding < depth else { return .wait }
        let numbers = ahead.prefix(min(limit, depth - progress.outstanding))
        ahead = numbers.upperBound..<ahead.upperBound
        taken += Int64(numbers.count)
        return .send(numbers)
    }

    /// The next of what was leapt over; nil when all is given out.
    mutating func takeRest(atMost limit: Int) -> Range<Int64>? {
        guard let first = rest.first else { return nil }
        let numbers = first.prefix(limit)
        if numbers.upperBound == first.upperBound {
            rest.removeFirst()
        } else {
            rest[0] = numbers.upperBound..<first.upperBound
        }
        return numbers
    }

    private mutating func leap(to number: Int64) {
        if number > ahead.lowerBound { rest.append(ahead.lowerBound..<number) }
        ahead = number..<ahead.upperBound
    }

    /// How many more the other side will have answered when the budget is spent, less a tenth for its moods. Counted in
    /// numbers of the schedule: mischief makes more or fewer messages of them.
    private func fitting(_ progress: Progress, _ elapsed: Duration) -> Int64 {
        let messages = progress.answered + progress.outstanding
        let done = messages == 0 ? Double(taken) : Double(taken) * Double(progress.answered) / Double(messages)
        let more = done * ((budget - elapsed) / elapsed) * 0.9
        return Int64(min(Double(ahead.count), max(0, more - (Double(taken) - done))))
    }
}
