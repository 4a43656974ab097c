import ArgumentParser
import CMalloc
import EnergyModel
import Forecasting
import Foundation

extension BenchCommand {
    struct Forecast: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fit and forecast a fleet with a seeded year of history; `scripts/bench forecast` adds the peer.",
            discussion: "Example: switchyard bench forecast")
        @Option(help: "Facilities of the fleet.") var facilities = 100
        @Option(help: "Facilities of the largest run.") var most = 10_000
        @Option(help: "Directory to write the first three facilities to, as CSV, for the peer.") var export: String?

        func validate() throws {
            guard (1...1000).contains(facilities), (10...100_000).contains(most) else {
                throw ValidationError("--facilities lies between 1 and 1000, --most between 10 and 100000.")
            }
        }

        func run() async throws {
            if let export {
                for number in 0..<min(SyntheticYear.exported, facilities) {
                    let bytes = SyntheticYear(number: number).csv()
                    try ForecastFolder.write(bytes, to: "\(export)/facility-\(number).csv")
                }
            }
            try Output.json(try await ForecastBench(facilities: facilities, most: most).run())
        }
    }
}

/// A fleet's forecasts from the first fit to the ten-thousandth facility, timed.
struct ForecastBench {
    let facilities: Int
    let most: Int
    private let clock = ContinuousClock()

    /// A run of so many facilities.
    struct Run: Encodable {
        var facilities: Int
        var microsecondsEach: Double
    }

    struct Result: Encodable {
        var bench = "forecast"
        var facilities: Int
        var cores: Int
        var startSecondsEach: Double
        var refitSeconds: Double
        var refitCPUSecondsEach: Double
        var runSeconds: Double
        var runs: [Run]
        var updateMicroseconds: Double
        var megabytes: Double
        var archiveKilobytes: Double
        var restoreMicroseconds: Double
        var relativeErrorPercent: Double
    }

    init(facilities: Int, most: Int) {
        self.facilities = facilities
        self.most = most
    }

    func run() async throws -> Result {
        let (archives, starting) = await started(min(facilities, 20))
        let (refit, refitCPU) = await refitted()
        let before = mallinfo2()
        let (fleet, restoring) = try restored(archives, count: facilities)
        let after = mallinfo2()
        let used = Double(after.uordblks + after.hblkhd) - Double(before.uordblks + before.hblkhd)
        let (update, error) = updated(fleet)
        var runs: [Run] = []
        var size = 10
        while size <= most {
            runs.append(Run(facilities: size, microsecondsEach: try microseconds(of: size, archives, fleet)))
            size *= 10
        }
        let whole = runs.first { $0.facilities == 100 }?.microsecondsEach ?? runs[0].microsecondsEach
        return Result(
            facilities: facilities, cores: ProcessInfo.processInfo.activeProcessorCount, startSecondsEach: starting,
            refitSeconds: refit, refitCPUSecondsEach: refitCPU / Double(facilities),
            runSeconds: whole * Double(facilities) / 1e6, runs: runs, updateMicroseconds: update,
            megabytes: used / 1_048_576, archiveKilobytes: Double(archives[0].count) / 1024,
            restoreMicroseconds: restoring, relativeErrorPercent: 100 * error)
    }

    /// As many at once as there are cores.
    private func each<Value: Sendable>(
        of count: Int, _ work: @Sendable @escaping (Int) -> Value
    ) async -> [Value] {
        await withTaskGroup(of: (Int, Value).self) { tasks in
            var finished = [Value?](repeating: nil, count: count)
            var waiting = (0..<count).makeIterator()
            for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) {
                if let next = waiting.next() { tasks.addTask { (next, work(next)) } }
            }
            while let (index, value) = await tasks.next() {
                finished[index] = value
                if let next = waiting.next() { tasks.addTask { (next, work(next)) } }
            }
            return finished.compactMap { $0 }
        }
    }

    private static func history(_ year: SyntheticYear) -> LoadHistory {
        LoadHistory(
            grid: SyntheticYear.grid, calendar: DayCalendar(), samples: year.samples().prefix(SyntheticYear.days * 96))
    }

    /// From a history alone, with two fits instead of the seven that fill the pool as if live. CPU seconds each.
    private func started(_ count: Int) async -> ([[UInt8]], Double) {
        let began = processSeconds()
        let archives = await each(of: count) { number in
            let year = SyntheticYear(number: number)
            var constants = RecipeConstants()
            constants.refitDays = constants.poolDays
            return Forecaster.replayed(ForecastBench.history(year), prior: year.prior, constants: constants).archived()
        }
        return (archives, (processSeconds() - began) / Double(count))
    }

    /// The daily refit of all, histories at hand. Wall and CPU seconds.
    private func refitted() async -> (Double, Double) {
        let histories = await each(of: facilities) { ForecastBench.history(SyntheticYear(number: $0)) }
        let (began, spent) = (clock.now, processSeconds())
        let rows = await each(of: facilities) { number in
            Forecaster.fit(histories[number], prior: SyntheticYear(number: number).prior).rows
        }
        precondition(rows.allSatisfy { $0 > 0 })
        return ((clock.now - began).secondsAsDouble, processSeconds() - spent)
    }

    private func restored(_ archives: [[UInt8]], count: Int) throws -> ([Forecaster], Double) {
        let began = clock.now
        let fleet = try (0..<count).map { index in
            let number = index % archives.count
            return try Forecaster(
                archive: archives[number], grid: SyntheticYear.grid, calendar: DayCalendar(),
                prior: SyntheticYear(number: number).prior)
        }
        return (fleet, (clock.now - began).secondsAsDouble * 1e6 / Double(max(1, count)))
    }

    /// Forecasts of 96 steps with their bands, one facility after another on one core; at most a thousand are held at once.
    private func microseconds(of size: Int, _ archives: [[UInt8]], _ fleet: [Forecaster]) throws -> Double {
        let origin = SyntheticYear.end(ofDays: SyntheticYear.days)
        var (spent, done, sum) = (0.0, 0, 0.0)
        while done < size {
            let count = min(1000, size - done)
            let batch = count <= fleet.count ? Array(fleet.prefix(count)) : try restored(archives, count: count).0
            let began = clock.now
            for forecaster in batch { sum += forecaster.forecast(from: origin).steps[95].high }
            spent += (clock.now - began).secondsAsDouble
            done += count
        }
        precondition(sum.isFinite)
        return spent * 1e6 / Double(size)
    }

    /// The unseen week, interval by interval: microseconds an interval, judging included, and the error of its forecasts.
    private func updated(_ fleet: [Forecaster]) -> (Double, Double) {
        var (spent, count, miss, load) = (0.0, 0, 0.0, 0.0)
        for (number, restored) in fleet.prefix(SyntheticYear.exported).enumerated() {
            var forecaster = restored
            let samples = Array(SyntheticYear(number: number).samples().suffix(SyntheticYear.unseen * 96))
            forecaster.expect(temperatures: samples.map(\.temperature), from: samples[0].start)
            for day in 0..<SyntheticYear.unseen {
                let truth = samples[day * 96..<(day + 1) * 96]
                let forecast = forecaster.forecast(from: SyntheticYear.end(ofDays: SyntheticYear.days + day))
                for (step, sample) in zip(forecast.steps, truth) {
                    miss += abs(step.middle - (sample.load ?? 0))
                    load += sample.load ?? 0
                }
                let began = clock.now
                for sample in truth { forecaster.observe(sample) }
                spent += (clock.now - began).secondsAsDouble
                count += truth.count
            }
        }
        return (spent * 1e6 / Double(max(1, count)), miss / max(load, 1e-9))
    }
}
