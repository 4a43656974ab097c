/// Which meter reports when: every meter once a period, the fleet spread evenly over it. Counted from the epoch, so a
/// restarted simulator goes on with the same timestamps.
package struct ReadingSchedule: Hashable, Sendable {
    package let meters: Int64
    package let periodMilliseconds: Int64

    /// `period` ≥ 1 ms.
    package init(meters: Int, periodMilliseconds: Int64 = 15_000) {
        self.meters = Int64(max(1, meters))
        self.periodMilliseconds = max(1, periodMilliseconds)
    }

    /// The period at which `meters` give `readingsPerSecond` in all, in whole milliseconds; nil when that is below one.
    package init?(meters: Int, readingsPerSecond: Int) {
        guard readingsPerSecond >= 1, meters >= 1, readingsPerSecond <= meters * 1000 else { return nil }
        self.init(meters: meters, periodMilliseconds: Int64(meters) * 1000 / Int64(readingsPerSecond))
    }

    /// Readings in order of time, numbered from the epoch.
    func meter(_ number: Int64) -> Int { Int(number - number.flooredQuotient(by: meters) * meters) }

    func milliseconds(_ number: Int64) -> Int64 {
        let cycle = number.flooredQuotient(by: meters)
        return cycle * periodMilliseconds + (number - cycle * meters) * periodMilliseconds / meters
    }

    /// The number of the first reading at or after a moment.
    func first(notBefore milliseconds: Int64) -> Int64 {
        let cycle = milliseconds.flooredQuotient(by: periodMilliseconds)
        let inCycle = milliseconds - cycle * periodMilliseconds
        var number = cycle * meters + inCycle * meters / periodMilliseconds
        while self.milliseconds(number) < milliseconds { number += 1 }
        return number
    }
}
