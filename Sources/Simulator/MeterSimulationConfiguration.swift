import EnergyModel

package struct MeterSimulationConfiguration: Hashable, Sendable {
    package var target: SimulationTarget
    package var facilities: Int
    package var meters: Int
    package var seed: UInt64
    /// Readings per second of the whole fleet; nil for one a meter every 15 s.
    package var readingsPerSecond: Int?
    /// How far back to begin; one reading a meter every 15 s. What the other side takes within `liveWithin` goes ahead of
    /// the live readings, the rest beside them.
    package var history: Duration
    /// How long the past may hold up the live readings, from the first connection on. Zero or more.
    package var liveWithin: Duration
    package var mischief: Mischief
    package var replays: [LoadReplay]
    package var bufferSpan: Duration
    package var bufferBytes: Int
    /// Readings on their way at the same time.
    package var window: Int
    package var batch: Int
    /// Append every acknowledged reading to this file.
    package var acknowledgedFile: String?
    /// For MQTT; two simulators at one broker need two.
    package var clientID: String

    package init(
        target: SimulationTarget, facilities: Int = 128, meters: Int = 2000, seed: UInt64 = 1,
        readingsPerSecond: Int? = nil, history: Duration = .zero, mischief: Mischief = .none,
        replays: [LoadReplay] = [],
        bufferSpan: Duration = .seconds(3600), bufferBytes: Int = 256 << 20, window: Int = 1000, batch: Int = 250,
        acknowledgedFile: String? = nil, clientID: String = "switchyard-simulator", liveWithin: Duration = .seconds(8)
    ) {
        self.target = target
        self.facilities = facilities
        self.meters = meters
        self.seed = seed
        self.readingsPerSecond = readingsPerSecond
        self.history = history
        self.mischief = mischief
        self.replays = replays
        self.bufferSpan = bufferSpan
        self.bufferBytes = bufferBytes
        self.window = max(1, window)
        self.batch = max(1, batch)
        self.acknowledgedFile = acknowledgedFile
        self.clientID = clientID
        self.liveWithin = max(.zero, liveWithin)
    }

    /// The fleet that a simulation begun at `now` measures.
    package func fleet(now: UTCInstant) throws(SimulationError) -> Fleet {
        try Fleet(
            facilities: facilities, meters: meters, seed: seed, from: now.advanced(by: .zero - history),
            replays: replays)
    }

    /// Throws with a sentence that says which setting to change.
    func schedule() throws(SimulationError) -> ReadingSchedule {
        guard history >= .zero, history <= .seconds(90 * 86_400) else {
            throw SimulationError("the history must be between 0 hours and 90 days")
        }
        guard let readingsPerSecond else { return ReadingSchedule(meters: meters) }
        guard let schedule = ReadingSchedule(meters: meters, readingsPerSecond: readingsPerSecond) else {
            throw SimulationError("the rate must be between 1 and \(meters * 1000) readings/s: a meter has one each ms")
        }
        return schedule
    }
}
