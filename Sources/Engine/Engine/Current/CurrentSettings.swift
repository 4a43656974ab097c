import Resilience

extension EngineSettings {
    /// What programs are told of the present (ledger CACHE).
    package struct Current: Sendable {
        package var policy = CachePolicy()
        /// How long a request waits for the one fill under way (CACHE-03).
        package var fillWait = Duration.milliseconds(500)
        /// How long a fill may take.
        package var fetchTimeout = Duration.seconds(2)
        package var fillsAtOnce = 4
        package var fillsWaiting = 1024
        package var waitersPerFacility = 1024
        /// Facilities kept warm: at the start by contract demand, then by how often they are asked for (CACHE-05, 06).
        package var warmed = 100
        package var warmEvery = Duration.seconds(5)
    }
}
