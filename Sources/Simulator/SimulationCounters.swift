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
    /// Sent again because an engine asked for them.
    package internal(set) var replayed: UInt64 = 0
    package internal(set) var reconnections: UInt64 = 0
    /// Of the past, not yet measured.
    package internal(set) var historyLeft = Duration.zero
    /// Why the last delivery failed.
    package internal(set) var lastProblem: String?

    package init() {}

    /// The other side has settled their fate.
    var answered: UInt64 { acknowledged + refused }

    package var description: String {
        var text =
            "\(state.rawValue): \(sent) sent, \(acknowledged) acknowledged, \(buffered) buffered, "
            + "\(dropped) dropped, \(refused) refused"
        if replayed > 0 { text += ", \(replayed) sent again as asked" }
        if historyLeft > .zero { text += ", \(hoursOrMinutes(historyLeft)) of history left" }
        return lastProblem.map { "\(text) - \($0)" } ?? text
    }
}

/// `17 min`, from two hours on `2.5 h`; rounded up, so that something left is never shown as nothing.
private func hoursOrMinutes(_ duration: Duration) -> String {
    let minutes = (duration.components.seconds + 60) / 60
    guard minutes >= 120 else { return "\(minutes) min" }
    let tenths = (minutes + 5) / 6
    return "\(tenths / 10).\(tenths % 10) h"
}
