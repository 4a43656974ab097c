import EnergyModel

/// How a simulated building handles commands.
package struct BuildingRules: Hashable, Sendable {
    /// From acceptance to effect; drawn evenly.
    package var applyDelay: ClosedRange<Duration>
    /// Share (0...1) of accepted items that come to nothing.
    package var failureShare: Double
    /// Whether slots empty themselves at `expiresAt`.
    package var honoursExpiry: Bool
    /// Seconds of simulated time in a thermal step, 1...60.
    package var stepSeconds: Int64

    package init(
        applyDelay: ClosedRange<Duration> = .milliseconds(200)...(.milliseconds(1500)), failureShare: Double = 0,
        honoursExpiry: Bool = true, stepSeconds: Int64 = 15
    ) {
        self.applyDelay = applyDelay
        self.failureShare = failureShare
        self.honoursExpiry = honoursExpiry
        self.stepSeconds = min(max(1, stepSeconds), 60)
    }
}

/// What a building finds outside and would draw without demand response.
struct BuildingConditions: Hashable, Sendable {
    /// °C.
    var outdoor: Double
    /// kW; the least that the facility's meters may show around that moment.
    var undisturbed: Double
}
