import EnergyModel

/// What a reading must obey to be accepted (ledger ING-03, ING-19). All limits are inclusive.
package struct ReadingRules: Sendable, Hashable {
    /// |kW|, in kilowatts.
    package var maximumPower = Power(kilowatts: 1e6)
    /// The cumulative register runs from 0 to here.
    package var maximumRegister = Energy(kilowattHours: 1e12)
    package var maximumVolts = 1e6
    /// How far a timestamp may be ahead of `now`.
    package var futureLimit = Duration.seconds(300)
    /// How far a timestamp may be behind `now`: the raw retention (ledger BASE-09).
    package var pastLimit = Duration.seconds(90 * 86_400)
    /// Objects and arrays inside one another in a JSON text. 512 is also where Foundation stops.
    package var maximumDepth = 512
    /// Keys of one JSON reading. Telling duplicates apart costs the square of the unknown ones.
    package var maximumKeys = 128

    package init() {}
}
