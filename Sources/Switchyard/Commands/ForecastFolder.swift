import EnergyModel
import Forecasting
import Foundation
import Ports

/// A folder of series: `manifest.json` and the CSV files it names.
struct ForecastFolder: Sendable {
    let directory: String
    let entries: [ScoreEntry]

    init(directory: String) throws {
        self.directory = directory
        let bytes = try ForecastFolder.bytes(of: URL(filePath: directory).appending(path: "manifest.json"))
        do {
            entries = try ScoreEntry.manifest(json: bytes)
        } catch {
            throw CommandFailure(.failed, "\(directory)/manifest.json, \(error)")
        }
    }

    static func bytes(of file: URL) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: file))
        } catch {
            throw CommandFailure(.failed, "\(file.path) cannot be read: \(error.localizedDescription)")
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(.failed, "\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    /// The weights `train` wrote.
    static func network(_ path: String) throws -> LoadNetwork {
        let bytes = try bytes(of: URL(filePath: path))
        do {
            return try LoadNetwork(archive: bytes)
        } catch ForecastArchiveError.notAnArchive {
            throw CommandFailure(.failed, "\(path) holds no weights; `switchyard forecast train` writes such a file")
        } catch {
            throw CommandFailure(.failed, "\(path) is of no use (damaged, or of another build); train anew")
        }
    }

    static func version(_ name: String) throws -> ModelVersion {
        guard let version = ModelVersion(rawValue: name) else {
            throw CommandFailure(.usage, "--model \(name): no such model; there are \(models)")
        }
        return version
    }

    static var models: String { ModelVersion.allCases.map(\.rawValue).joined(separator: ", ") }

    private func series(_ entry: ScoreEntry) throws -> (rows: ScoreRows, zone: ZoneOffsets) {
        let rows: ScoreRows
        do {
            let file = URL(filePath: directory).appending(path: entry.file)
            rows = try ScoreRows(csv: try ForecastFolder.bytes(of: file))
        } catch let error as ScoreInputError {
            throw CommandFailure(.failed, "\(directory)/\(entry.file), \(error)")
        }
        guard let zone = ZoneDatabase.offsets(of: entry.timeZone, within: entry.span(rows)) else {
            throw CommandFailure(.failed, "\(entry.series): \(entry.timeZone) is no time zone of this system")
        }
        return (rows, zone)
    }

    /// Every origin of every series.
    func forecasts(_ version: ModelVersion, _ network: LoadNetwork?) async throws -> [ScoredSeries] {
        try await each { entry in
            let (rows, zone) = try series(entry)
            return ScoreRun.forecasts(entry, rows, zone: zone, version: version, network: network)
        }
    }

    /// Every series with the moment from which on it may teach nothing: its first origin.
    func histories() async throws -> [(history: LoadHistory, until: UTCInstant)] {
        try await each { entry in
            let (rows, zone) = try series(entry)
            let until = entry.instants.min() ?? rows.starts.last ?? .distantPast
            return (ScoreRun.history(entry, rows, zone: zone), until)
        }
    }

    /// Series are independent: as many at once as there are cores.
    private func each<Value: Sendable>(
        _ work: @Sendable @escaping (ScoreEntry) throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { tasks in
            var finished = [Value?](repeating: nil, count: entries.count)
            var waiting = entries.enumerated().makeIterator()
            for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) {
                guard let (index, entry) = waiting.next() else { break }
                tasks.addTask { (index, try work(entry)) }
            }
            while let (index, value) = try await tasks.next() {
                finished[index] = value
                guard let (index, entry) = waiting.next() else { continue }
                tasks.addTask { (index, try work(entry)) }
            }
            return finished.compactMap { $0 }
        }
    }
}
