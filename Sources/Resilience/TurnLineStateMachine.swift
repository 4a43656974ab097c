import DequeModule

/// Things under way at the same time whose effects must follow one another in the order of their tickets. A ticket's turn
/// comes when all before it have ended well. After one has failed, those behind it never get a turn; once everything under
/// way has ended the line is as new, and the failed ones may enter again in their order.
///
/// A ticket is entered, then asks at most once, then ends. Tickets enter in ascending order while any is under way.
/// All operations are O(n) in the tickets under way.
package struct TurnLineStateMachine: Sendable {
    package enum Answer: Sendable, Equatable {
        case now
        case never
        /// `ended` of another ticket, or `left`, gives the answer.
        case wait
    }

    /// An answer to a ticket that waits.
    package struct Call: Sendable, Equatable {
        package let ticket: UInt64
        package let mayGo: Bool
    }

    private var line: Deque<UInt64> = []
    private var waiting: Set<UInt64> = []
    /// The first that failed.
    private var failed: UInt64?

    package init() {}

    package mutating func enter(_ ticket: UInt64) { line.append(ticket) }

    package mutating func ask(_ ticket: UInt64) -> Answer {
        if let failed, ticket > failed { return .never }
        guard line.first != ticket else { return .now }
        waiting.insert(ticket)
        return .wait
    }

    /// Ends a ticket's time in the line, whether it asked or not; tells who is to be called, in order.
    package mutating func ended(_ ticket: UInt64, well: Bool) -> [Call] {
        line.removeAll { $0 == ticket }
        waiting.remove(ticket)
        if !well { failed = min(failed ?? ticket, ticket) }
        var calls: [Call] = []
        if let first = line.first, failed.map({ first < $0 }) ?? true, waiting.remove(first) != nil {
            calls.append(Call(ticket: first, mayGo: true))
        }
        if let failed {
            let refused = waiting.filter { $0 > failed }.sorted()
            waiting.subtract(refused)
            calls += refused.map { Call(ticket: $0, mayGo: false) }
        }
        if line.isEmpty { failed = nil }
        return calls
    }

    /// Whoever waits for this ticket's turn has been cancelled; true when it was still waiting. It must yet end.
    package mutating func left(_ ticket: UInt64) -> Bool { waiting.remove(ticket) != nil }
}
