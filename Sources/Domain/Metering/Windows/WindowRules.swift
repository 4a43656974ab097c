import EnergyModel

/// How windows close and how energy is reckoned.
package struct WindowRules: Sendable, Hashable {
    /// A minute closes once its meter's event time is this far past the minute's end.
    package var grace = Duration.seconds(60)
    /// A meter of which nothing was processed for this long is idle: its windows close by the wall clock.
    package var idleTimeout = Duration.seconds(60)
    /// How much event time facility minutes are held behind the facility's newest.
    package var facilityMemory = Duration.seconds(7200)
    /// A reading further back than this is nobody's predecessor: as far as `SeriesStore.lastReading` looks back.
    package var predecessorReach = Duration.seconds(7 * 86_400)
    /// A register that rises faster than this was exchanged or reset, not read.
    package var maximumPower = Power(kilowatts: 1e6)
    /// Meter and facility numbers are dense; one beyond this comes from a damaged record and would cost memory to follow.
    package var maximumNumber: UInt32 = 10_000_000

    package init() {}
}
