/// What a simulation has done so far; for the line the command prints each second.
package struct SimulationCounters: Hashable, Sendable, CustomStringConvertible {
    package enum State: String, Sendable { case connecting, backFilling, live, backingOff, stopped }

    package internal(set) var state = State.connecting
    /// Handed to the sink at least once.
    package internal(set) var sent: UInt64 = 0
    package internal(set) var acknowledged: UInt64 = 0
    /// Refused for their content, and not sent again.
    package internal(set) var refused: UInt64 = 0
    package internal(set) var buffered = 0
    package internal(set) var bufferedBytes = 0
    /// Lost because the edge buffer was full or they became too old.
    package internal(set) var dropped: UInt64 = 0
    package internal(set) var reconnections: UInt64 = 0
    /// Why the last delivery failed.
    package internal(set) var lastProblem: String?

    package init() {}

    package var description: String {
        let text =
            "\(state.rawValue): \(sent) sent, \(acknowledged) acknowledged, \(buffered) buffered, "
            + "\(dropped) dropped, \(refused) refused"
        return lastProblem.map { "\(text) - \($0)" } ?? text
    }
}
