import EnergyModel
import Metering
import Ports

/// Charts over the series store: picks the finest resolution that fits into the point limit, and leaves gaps as they are.
struct SeriesQueries: Sendable {
    let series: any SeriesStore
    let directory: FleetDirectory
    let settings: EngineSettings.Series
    let time: Timekeeper

    func answer(_ request: SeriesRequest) async throws(PortError) -> SeriesAnswer {
        guard !request.range.isEmpty else {
            throw PortError(.invalid, "the time range is empty: its start must be before its end")
        }
        let fleet = directory.current
        switch request.subject {
        case .facility(let id):
            guard let number = fleet.directory.number(of: id) else { throw unknown("facility", id.text) }
            let meters = fleet.meters.count { $0.facility == number }
            let finest: Granularity =
                switch request.resolution {
                case .raw: .minute
                case .rollup(let granularity): granularity
                }
            return try await rollups(of: .facility(number), finest, request, expectedPerSlot: meters)
        case .meter(let id):
            guard let number = fleet.directory.number(of: id) else { throw unknown("meter", id.text) }
            switch request.resolution {
            case .raw where request.range.duration.milliseconds / Reading.intervalMilliseconds <= settings.pointLimit:
                return try await readings(of: number, request)
            case .raw: return try await rollups(of: .meter(number), .minute, request, expectedPerSlot: 1)
            case .rollup(let granularity):
                return try await rollups(of: .meter(number), granularity, request, expectedPerSlot: 1)
            }
        }
    }

    private func readings(of meter: MeterNumber, _ request: SeriesRequest) async throws(PortError) -> SeriesAnswer {
        let limit = settings.pointLimit
        let stored = try await bounded(by: settings.queryTimeout, "the series store", time: time) {
            [series] () throws(PortError) in
            try await series.readings(of: meter, in: request.range, limit: limit)
        }
        let hours = Double(Reading.intervalMilliseconds) / 3_600_000
        let points = stored.filter { !$0.kilowatts.isNaN }.map { reading in
            SeriesAnswer.Point(
                start: reading.time, mean: reading.kilowatts, low: reading.kilowatts, high: reading.kilowatts,
                kilowattHours: reading.kilowatts * hours, qualityShare: reading.quality.isGood ? 1 : 0)
        }
        return SeriesAnswer(
            request: request, stepMilliseconds: Reading.intervalMilliseconds, points: points, answeredAt: time.now())
    }

    private func rollups(
        of key: SeriesKey, _ finest: Granularity, _ request: SeriesRequest, expectedPerSlot: Int
    ) async throws(PortError) -> SeriesAnswer {
        let span = request.range.duration.milliseconds
        let granularity =
            Granularity.allCases.sorted().first {
                $0 >= finest && span / $0.milliseconds < settings.pointLimit
            } ?? .hour
        let limit = settings.pointLimit
        let stored = try await bounded(by: settings.queryTimeout, "the series store", time: time) {
            [series] () throws(PortError) in
            try await series.rollups(of: key, granularity, in: request.range, limit: limit)
        }
        let points = stored.filter { !$0.meanKilowatts.isNaN }.map { rollup in
            SeriesAnswer.Point(
                start: rollup.start, mean: rollup.meanKilowatts, low: rollup.minKilowatts, high: rollup.maxKilowatts,
                kilowattHours: rollup.kilowattHours, qualityShare: rollup.qualityShare(expectedPerSlot: expectedPerSlot)
            )
        }
        return SeriesAnswer(
            request: request, stepMilliseconds: granularity.milliseconds, points: points, answeredAt: time.now())
    }

    private func unknown(_ what: String, _ id: String) -> PortError {
        PortError(.notFound, "no \(what) \(id.debugDescription) is known; `switchyard facilities` lists them")
    }
}
