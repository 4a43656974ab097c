/// What is wrong with a simulation's settings or files; the sentence says what to change.
package struct SimulationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let sentence: String
    package init(_ sentence: String) { self.sentence = sentence }
    package var description: String { sentence }
}
