import EnergyModel
import Ports
import Synchronization

/// Reads one reading of a write back and compares it bit by bit (TSDB-04): what the store acknowledged must be there. At most
/// once an interval, so that it costs nothing beside the writes.
final class SampleVerifier: Sendable {
    enum Finding: Sendable, Equatable {
        case same
        case differs(String)
    }

    private let series: any SeriesStore
    private let settings: EngineSettings.Series
    private let time: Timekeeper
    /// Uniform in 0..<1.
    private let random: @Sendable () -> Double
    private let lookedAt = Mutex<Duration?>(nil)

    init(
        series: any SeriesStore, settings: EngineSettings.Series, time: Timekeeper,
        random: @escaping @Sendable () -> Double
    ) {
        self.series = series
        self.settings = settings
        self.time = time
        self.random = random
    }

    /// Nil when it is not time yet or the write holds no reading. After a difference the next write is looked at for sure.
    func look(at write: SeriesWrite) async throws(PortError) -> Finding? {
        guard isDue(), let sample = sample(of: write.readings) else { return nil }
        let range = TimeRange(start: sample.time, end: sample.time.advanced(by: .milliseconds(1)))
        let stored = try await bounded(by: settings.queryTimeout, "reading a sample back", time: time) {
            [series] () throws(PortError) in
            try await series.readings(of: sample.meter, in: range, limit: 1).first
        }
        guard let stored, ReadingBlock.encode([stored]) == ReadingBlock.encode([sample]) else {
            lookedAt.withLock { $0 = nil }
            let what = stored == nil ? "is not there" : "differs from what was written"
            return .differs("a reading of meter \(sample.meter.rawValue) at \(sample.time.iso8601) \(what)")
        }
        return .same
    }

    private func isDue() -> Bool {
        let now = time.uptime()
        return lookedAt.withLock { lookedAt in
            if let lookedAt, now - lookedAt < settings.verifyInterval { return false }
            lookedAt = now
            return true
        }
    }

    /// Any of them; of several with the same key the last, which replaced the others.
    private func sample(of readings: [Reading]) -> Reading? {
        guard !readings.isEmpty else { return nil }
        let chosen = readings[min(readings.count - 1, Int(random() * Double(readings.count)))]
        return readings.last { $0.meter == chosen.meter && $0.time == chosen.time }
    }
}
