import EnergyModel

/// What `switchyard doctor --invariants` prints: one line an invariant of RELIABILITY.md §2.
package struct InvariantReport: Sendable, Hashable, Codable {
    package struct Line: Sendable, Hashable, Codable {
        /// `I2`.
        package var invariant: String
        package var holds: Bool
        package var sentence: String
        /// The first few places where it does not hold.
        package var examples: [String]
    }

    package var lines: [Line] = []
    package var audited: TimeRange
    package var holds: Bool { lines.allSatisfy(\.holds) }

    mutating func add(_ invariant: String, holds: Bool, _ sentence: String, examples: [String] = []) {
        lines.append(Line(invariant: invariant, holds: holds, sentence: sentence, examples: Array(examples.prefix(5))))
    }
}
