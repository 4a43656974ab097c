import EnergyModel

/// The facilities and meters of a simulation, made from a seed: the same seed gives the same fleet.
package struct Fleet: Sendable {
    package private(set) var facilities: [FacilityDescription]
    /// Facility of each meter, by position in `facilities`. Meters of a facility stand together.
    let facilityOfMeter: [Int]
    let meterIDs: [MeterID]
    /// Share of its facility's load, kWh on the register at the anchor, and where the register starts again at 0.
    let shares: [Double]
    let registerStarts: [Double]
    let registerLimits: [Double?]
    var loads: [FacilityLoad]

    /// `from` is the first moment that will be simulated; registers count from the start of its year.
    /// Throws when there are fewer meters than facilities, more than 100,000, or no facility.
    package init(
        facilities count: Int, meters: Int, seed: UInt64, from: UTCInstant, replays: [LoadReplay] = []
    ) throws(SimulationError) {
        guard count >= 1, meters >= count, meters <= 1_000_000 else {
            throw SimulationError("give 1 or more facilities and for each 1 or more meters, 1,000,000 at most in all")
        }
        let year = civilDate(daysSinceEpoch: from.milliseconds.flooredQuotient(by: 86_400_000)).year
        let anchor = daysSinceEpoch(year: year, month: 1, day: 1) * 86_400_000
        var builder = FleetBuilder(seed: seed, anchor: anchor, digits: max(5, String(meters).count))
        for index in 0..<count {
            let first = meters * index / count
            let replay = replays.first { $0.facility == nil || $0.facility == FleetBuilder.facilityID(index) }
            try builder.addFacility(index, meters: first..<(meters * (index + 1) / count), replay: replay)
        }
        facilities = builder.facilities
        facilityOfMeter = builder.facilityOfMeter
        meterIDs = builder.meterIDs
        shares = builder.shares
        registerStarts = builder.registerStarts
        registerLimits = builder.registerLimits
        loads = builder.loads
    }

    /// The same fleet, its buildings commandable at a `BuildingServer` below `base`, e.g. `http://127.0.0.1:18080`.
    package func withBuildings(at base: String) -> Fleet {
        var fleet = self
        for index in fleet.facilities.indices {
            fleet.facilities[index].buildingEndpoint = "\(base)/bms/\(fleet.facilities[index].id)/soap"
        }
        return fleet
    }

    /// A recorded load without temperatures is taken as a mild day's.
    func conditions(of facility: Int, at moment: UTCInstant) -> BuildingConditions {
        let load = loads[facility]
        return BuildingConditions(
            outdoor: load.celsius(at: moment.milliseconds) ?? 20, undisturbed: load.least(at: moment.milliseconds))
    }

    /// The file of `switchyard facilities import`.
    package var yaml: String {
        var text = "facilities:\n"
        for facility in facilities {
            text += "  - id: \(facility.id)\n    name: \(quoted(facility.name))\n    kind: \(facility.kind.rawValue)\n"
            text += "    region: \(quoted(facility.region))\n    time_zone: \(facility.timeZone)\n"
            if let demand = facility.contractDemand { text += "    contract_demand_kw: \(demand.kilowatts)\n" }
            if let endpoint = facility.buildingEndpoint { text += "    bms_endpoint: \(quoted(endpoint))\n" }
            if let place = facility.location {
                text += "    latitude: \(place.latitude)\n    longitude: \(place.longitude)\n"
            }
            text += "    meters:\n"
            for meter in facility.meters {
                text += "      - id: \(meter.id)\n"
                if let limit = meter.registerLimit { text += "        register_limit_kwh: \(limit.kilowattHours)\n" }
            }
        }
        return text
    }
}

/// Drives the load of one facility (of all when nil) with a recorded one.
package struct LoadReplay: Hashable, Sendable {
    package var facility: FacilityID?
    package var file: LoadFile
    /// File seconds in a real second; above 0.
    package var speed: Double

    package init(facility: FacilityID?, file: LoadFile, speed: Double = 1) {
        self.facility = facility
        self.file = file
        self.speed = speed
    }
}

/// Our names hold neither quotes nor backslashes; quoting keeps YAML from reading them as something else.
private func quoted(_ text: String) -> String { "\"\(text)\"" }
