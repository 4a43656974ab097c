import EnergyModel
import Metering
import Ports

/// Reads what a facility draws now from the time series: one query, whatever it has of meters.
struct CurrentValues: Sendable {
    let series: any SeriesStore
    let directory: FleetDirectory
    let settings: EngineSettings
    let time: Timekeeper

    func read(_ id: FacilityID) async throws(PortError) -> FacilityCurrent {
        let fleet = directory.current
        guard let number = fleet.directory.number(of: id), let facility = fleet.facilities.first(where: { $0.id == id })
        else { throw PortError(.notFound, "no facility \(id) is known; `switchyard facilities` lists them") }
        let now = time.now()
        let meters = fleet.meters.filter { $0.facility == number }
        var current = FacilityCurrent(
            facility: id, name: facility.name, timeZone: facility.timeZone, contractDemand: facility.contractDemand,
            load: nil, newest: nil, meters: meters.count, freshMeters: 0, usableMeters: 0, quality: nil, readAt: now)
        var kilowatts = 0.0
        for meter in meters {
            let reading = try await series.lastReading(
                of: meter.number, before: now.advanced(by: settings.ingest.futureLimit))
            guard let reading else { continue }
            current.newest = max(current.newest ?? .distantPast, reading.time)
            let freshness = Freshness(age: now.since(reading.time))
            guard freshness != .bad, reading.kilowatts.isFinite else { continue }
            kilowatts += Double(reading.kilowatts)
            current.usableMeters += 1
            if freshness == .fresh { current.freshMeters += 1 }
            current.quality = worse(current.quality, reading.quality)
        }
        if current.usableMeters > 0 { current.load = Power(kilowatts: kilowatts) }
        return current
    }
}

private func worse(_ left: ReadingQuality?, _ right: ReadingQuality) -> ReadingQuality {
    let order: [ReadingQuality] = [.questionable, .estimated, .interpolated, .edited, .raw, .validated]
    return order.first { $0 == left || $0 == right } ?? right
}
