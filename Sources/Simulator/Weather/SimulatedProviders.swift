import EnergyModel
import Synchronization

/// The three weather providers over one sky, and what goes wrong with them.
package final class SimulatedProviders: Sendable {
    let sky: SimulatedSky
    let seed: UInt64
    let now: @Sendable () -> UTCInstant
    private let faults: Mutex<WeatherFaultMachine>

    /// `seed`: the fleet's, so that the meters feel the weather that is told.
    package init(seed: UInt64, now: @escaping @Sendable () -> UTCInstant) throws(SimulationError) {
        sky = try SimulatedSky(seed: seed, around: now())
        self.seed = seed
        self.now = now
        faults = Mutex(WeatherFaultMachine(seed: mixed(seed, 0x77_78)))
    }

    /// Replaces all rules.
    package func set(_ rules: [WeatherFaultRule]) { faults.withLock { $0.set(rules) } }

    package var requests: [WeatherProviderKind: Int] { faults.withLock(\.requests) }
    var befallen: [WeatherFault: Int] { faults.withLock(\.befallen) }

    /// What it really is there, °C.
    package func celsius(at place: Place, _ moment: UTCInstant) -> Double { sky.celsius(at: place, moment) }

    func befalls(_ provider: WeatherProviderKind) -> WeatherFaultRule? { faults.withLock { $0.befalls(provider) } }

    func shapes(of provider: WeatherProviderKind, at place: Place, _ fault: WeatherFault?) -> WeatherShapes {
        let issued = fault == .stale ? now().advanced(by: .seconds(-2 * 86_400)) : now()
        return WeatherShapes(
            view: ProviderView(sky: sky, place: place, issued: issued, provider: provider, seed: seed),
            mistakesUnits: fault == .unitMistake)
    }
}
