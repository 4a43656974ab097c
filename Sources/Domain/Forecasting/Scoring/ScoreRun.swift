import EnergyModel

/// One line of a forecast file.
package struct ScoredStep: Hashable, Sendable {
    package var start: UTCInstant
    package var low: Double
    package var middle: Double
    package var high: Double
}

/// All forecasts of one series: `steps` per origin in the manifest's order.
package struct ScoredSeries: Sendable {
    package let entry: ScoreEntry
    package let rows: ScoreRows
    package let forecasts: [[ScoredStep]]
}

/// The protocol of FORECASTING.md §2: at each origin the next 24 h from what lies before it. The temperature of the day ahead
/// is the one that came, as a perfect weather forecast; weights are learned anew once a week.
package enum ScoreRun {
    /// Pure: forecasts at every origin of `entry`. What the series holds at or after an origin, but for the temperature and
    /// the holidays, has no influence on the forecast there.
    package static func forecasts(
        _ entry: ScoreEntry, _ rows: ScoreRows, zone: ZoneOffsets, version: ModelVersion = .standard,
        constants: RecipeConstants = RecipeConstants(), network: LoadNetwork? = nil
    ) -> ScoredSeries {
        let history = history(entry, rows, zone: zone)
        let grid = history.grid
        let clean = CleanHistory(history)
        let order = entry.instants.indices.sorted { entry.instants[$0] < entry.instants[$1] }
        var forecasts = [[ScoredStep]](repeating: [], count: order.count)
        guard let first = order.first else { return ScoredSeries(entry: entry, rows: rows, forecasts: []) }

        let prior = LoadPrior(kind: .other)
        let perDay = entry.resolution.slotsPerDay
        let start = min(history.end, grid.slot(of: entry.instants[first]))
        var forecaster = Forecaster.replayed(
            clean, until: start, prior: prior, version: version, constants: constants, network: network)
        var fitted = start
        for index in order {
            let origin = entry.instants[index]
            let slot = min(history.end, grid.slot(of: origin))
            while forecaster.state.end < slot {
                let isDue = forecaster.state.end % perDay == 0 && forecaster.state.end - fitted >= 7 * perDay
                if isDue {
                    fitted = forecaster.state.end
                    forecaster.adopt(
                        Forecaster.fit(clean, until: fitted, prior: prior, version: version, constants: constants))
                }
                forecaster.advance(clean)
            }
            forecasts[index] = steps(forecaster.forecast(from: origin), rows, origin, perDay)
        }
        return ScoredSeries(entry: entry, rows: rows, forecasts: forecasts)
    }

    /// A series' rows as a history.
    package static func history(_ entry: ScoreEntry, _ rows: ScoreRows, zone: ZoneOffsets) -> LoadHistory {
        let grid = LocalGrid(resolution: entry.resolution, zone: zone)
        var holidays: Set<Int32> = []
        for index in rows.starts.indices where rows.holidays[index] {
            holidays.insert(zone.date(at: rows.starts[index]).dayNumber)
        }
        let samples = rows.starts.indices.lazy.filter { index in
            !isSecondPass(rows.starts[index], zone, entry.instants)
        }.map { index in
            LoadSample(
                start: rows.starts[index], load: rows.loads[index].isFinite ? rows.loads[index] : nil,
                temperature: rows.temperatures[index].isFinite ? rows.temperatures[index] : nil)
        }
        return LoadHistory(grid: grid, calendar: DayCalendar(holidays: holidays), samples: samples)
    }

    /// Whether an interval belongs to the second pass of the hour that autumn repeats while an origin lies so near that the
    /// mean of both passes would tell it what comes after it.
    private static func isSecondPass(_ start: UTCInstant, _ zone: ZoneOffsets, _ origins: [UTCInstant]) -> Bool {
        let before = UTCInstant(milliseconds: start.milliseconds - 3_600_000)
        guard zone.offset(at: start) < zone.offset(at: before) else { return false }
        return origins.contains { abs($0.milliseconds - start.milliseconds) <= 7_200_000 }
    }

    /// The 24 hours, and if the file leaves out rows, the rows behind them that the score script will ask for: those repeat
    /// the day.
    private static func steps(
        _ forecast: LoadForecast, _ rows: ScoreRows, _ origin: UTCInstant, _ perDay: Int
    ) -> [ScoredStep] {
        var steps = forecast.steps.map {
            ScoredStep(start: $0.start, low: $0.low, middle: $0.middle, high: $0.high)
        }
        guard let position = rows.position(of: origin), let last = steps.last?.start else { return steps }
        let day: Int64 = 86_400_000
        for start in rows.starts[position..<min(rows.starts.count, position + perDay)] where start > last {
            let offset = (start.milliseconds - origin.milliseconds) % day
            guard let same = forecast.steps.last(where: { $0.start.milliseconds - origin.milliseconds <= offset })
            else { continue }
            steps.append(ScoredStep(start: start, low: same.low, middle: same.middle, high: same.high))
        }
        return steps
    }

    /// The head and the lines of `series,origin,timestamp,p05,p50,p95`.
    package static let header = "series,origin,timestamp,p05,p50,p95\n"

    package static func csv(_ series: ScoredSeries) -> [UInt8] {
        var bytes: [UInt8] = []
        for (origin, steps) in zip(series.entry.origins, series.forecasts) {
            for step in steps {
                let values = [step.low, step.middle, step.high].map(decimal).joined(separator: ",")
                let line = "\(series.entry.series),\(origin),\(series.rows.text(of: step.start)),\(values)\n"
                bytes += Array(line.utf8)
            }
        }
        return bytes
    }

    /// Six digits behind the point at most, and never in powers of ten, which not every reader takes.
    private static func decimal(_ value: Double) -> String {
        guard abs(value) < 1e12 else { return "\(value)" }
        let scaled = (abs(value) * 1_000_000).rounded()
        let whole = Int64(scaled) / 1_000_000
        let rest = String(Int64(scaled) % 1_000_000)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return "\(sign)\(whole).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
    }
}
