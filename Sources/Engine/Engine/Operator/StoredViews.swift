import EnergyModel
import Metering
import Ports

/// What the standing screens show, built from what is stored: at a past moment, or now beside another process's engine.
struct StoredViews: Sendable {
    let series: any SeriesStore
    let log: any EventLog
    let records: any RecordStore
    /// Nil where nothing is forecast.
    let forecasts: (any ForecastRecords)?
    let directory: FleetDirectory
    let settings: EngineSettings
    let time: Timekeeper

    /// `isHistorical` false builds it for now, with the queues and dead letters of now; a past moment has neither.
    func snapshot(at moment: UTCInstant, isHistorical: Bool) async throws(PortError) -> OperatorSnapshot {
        let current = directory.current
        var fleet = LiveFleet(settings: settings.live)
        fleet.describe(facilities: current.facilities, meters: current.meters)
        let stored = StoredFleet(series: series, settings: settings, time: time)
        try await stored.load(at: moment, span: .seconds(1200), lookback: settings.operations.travelLookback) {
            fleet.apply($0, now: moment)
            fleet.apply($1)
        }
        let letters: [DeadLetterCount] = try await isHistorical ? [] : records.deadLetterCounts()
        var days = LocalDays()
        var facilities = fleet.facilitySnapshots(at: moment) { days.start(of: $0.timeZone, at: moment) }
        let board = try await board(at: moment)
        let briefs = board.briefs
        for index in facilities.indices { facilities[index].forecast = briefs[facilities[index].id] }
        return OperatorSnapshot(
            at: moment, sequence: 0, isHistorical: isHistorical,
            facilities: facilities.filter { $0.id.text != settings.canary.facility },
            deadLetters: letters, deadLettersPerMinute: 0,
            health: try await health(at: moment, isHistorical: isHistorical), forecast: board.fleet)
    }

    /// The forecasts in force at a moment.
    private func board(at moment: UTCInstant) async throws(PortError) -> ForecastBoard {
        let board = ForecastBoard()
        guard let forecasts else { return board }
        let inForce = try await forecasts.newestForecasts(at: moment)
        board.take(inForce.filter { $0.range.end > moment })
        return board
    }

    /// Meters of a facility from stored readings of the last hour.
    func meters(of facility: FacilityID, at now: UTCInstant) async throws(PortError) -> [MeterSnapshot] {
        let fleet = directory.current
        guard let number = fleet.directory.number(of: facility) else {
            throw PortError(.notFound, "no facility \(facility) is known; `switchyard facilities` lists them")
        }
        let slots = LiveFleet.lastHour(at: now)
        let range = TimeRange(
            start: UTCInstant(milliseconds: slots.lowerBound * Reading.intervalMilliseconds),
            end: UTCInstant(milliseconds: slots.upperBound * Reading.intervalMilliseconds))
        var snapshots: [MeterSnapshot] = []
        for meter in fleet.meters where meter.facility == number {
            let readings = try await series.readings(of: meter.number, in: range, limit: 5000)
            let newest = try await series.lastReading(
                of: meter.number, before: now.advanced(by: settings.ingest.futureLimit))
            snapshots.append(
                MeterSnapshot(
                    id: meter.id, kilowatts: newest.flatMap { finite($0.kilowatts) },
                    registerKilowattHours: newest.flatMap { finite($0.registerKilowattHours) },
                    volts: newest.flatMap { finite(Double($0.volts)) }, quality: newest?.quality, newest: newest?.time,
                    missingSlotsLastHour: GapReport(readings: readings, in: range).missingSlots))
        }
        return snapshots.sorted { $0.id < $1.id }
    }

    private func health(at moment: UTCInstant, isHistorical: Bool) async throws(PortError) -> HealthSnapshot {
        var partitions: [PartitionStatus] = []
        if !isHistorical {
            let group = settings.aggregation.group
            partitions = try await log.lag(of: .sensorReadings, group: group).map {
                PartitionStatus(
                    topic: $0.partition.topic.name, group: group, index: $0.partition.index, lag: $0.items,
                    endOffset: $0.endOffset, secondsToRetentionLoss: nil)
            }
        }
        return HealthSnapshot(
            version: settings.version, startedAt: moment, mode: isHistorical ? "history" : "data directory",
            dependencies: [], breakers: [], queues: [], feeds: [], partitions: partitions, rates: [], latencies: [],
            counters: [], residentBytes: 0, diskFreeBytes: 0, diskTotalBytes: 0)
    }

    private func finite(_ value: Double) -> Double? { value.isNaN ? nil : value }
}
