import EnergyModel

/// What something outside the load model takes away from a facility's load: a value that the reading generator asks for
/// every reading.
package struct LoadDisturbance: Sendable {
    package struct Effect: Hashable, Sendable {
        /// Below the undisturbed load; negative while a building catches up.
        package var kilowatts: Double
        /// Not drawn since the simulation began.
        package var kilowattHours: Double

        package init(kilowatts: Double, kilowattHours: Double) {
            self.kilowatts = kilowatts
            self.kilowattHours = kilowattHours
        }
        package static let none = Effect(kilowatts: 0, kilowattHours: 0)
    }

    /// Of the facility at this position in the fleet; called from any thread, ten thousand times a second. The same moment
    /// must answer the same once it has passed, and never take so much that the load would be negative.
    package var effect: @Sendable (_ facility: Int, _ at: UTCInstant) -> Effect

    package init(effect: @escaping @Sendable (_ facility: Int, _ at: UTCInstant) -> Effect) { self.effect = effect }

    package static let none = LoadDisturbance { _, _ in .none }
}
