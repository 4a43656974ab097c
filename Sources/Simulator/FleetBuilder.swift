import EnergyModel

struct FleetBuilder {
    private static let kinds: [FacilityKind] = [
        .office, .hospital, .store, .factory, .school, .office, .dataCentre, .store, .factory, .office,
    ]
    private static let places = [
        "Harbor", "Northgate", "Riverside", "Elm Street", "Summit", "Lakeview", "Foundry", "Old Mill", "Canal",
        "Hilltop",
        "Westfield", "Juniper", "Granite", "Meadow", "Station", "Bayview", "Orchard", "Kingsway", "Quarry", "Cedar",
    ]

    let seed: UInt64
    let anchor: Int64
    let digits: Int
    private(set) var facilities: [FacilityDescription] = []
    private(set) var facilityOfMeter: [Int] = []
    private(set) var meterIDs: [MeterID] = []
    private(set) var shares: [Double] = []
    private(set) var registerStarts: [Double] = []
    private(set) var registerLimits: [Double?] = []
    private(set) var loads: [FacilityLoad] = []
    private var calendars: [String: LocalCalendar] = [:]

    init(seed: UInt64, anchor: Int64, digits: Int) {
        self.seed = seed
        self.anchor = anchor
        self.digits = digits
    }

    static func facilityID(_ index: Int) -> FacilityID? { FacilityID("F-" + padded(index + 1, 3)) }

    mutating func addFacility(_ index: Int, meters: Range<Int>, replay: LoadReplay?) throws(SimulationError) {
        let own = mixed(seed, UInt64(index))
        let region = WeatherRegion.all[Int(mixed(own, 1) % UInt64(WeatherRegion.all.count))]
        let kind = Self.kinds[index % Self.kinds.count]
        guard let id = Self.facilityID(index) else { throw SimulationError("facility \(index + 1) got no valid id") }
        let load = try FacilityLoad(
            source: source(kind, region, replay), size: replay == nil ? Self.size(kind, own) : 1, anchor: anchor,
            seed: own)
        let (typical, highest) = load.peaks()
        let contract = max(typical / uniform(own, 2, in: 0.68...0.86), highest / 0.95)
        var descriptions: [FacilityDescription.MeterDescription] = []
        let weights = meters.map { uniform(own, 100 + UInt64($0), in: 0.4...1.6) }
        let sum = weights.reduce(0, +)
        for (number, weight) in zip(meters, weights) {
            guard let meter = MeterID("M-" + padded(number + 1, digits)) else { continue }
            let share = weight / sum
            // Every tenth meter has a short register that starts again within days.
            let limit = mixed(own, 7 + UInt64(number)) % 10 == 0 ? max(1000, (typical * share * 60).rounded()) : 999_999
            meterIDs.append(meter)
            facilityOfMeter.append(index)
            shares.append(share)
            registerStarts.append(uniform(own, 50_000 + UInt64(number), in: 0...limit * 0.9))
            registerLimits.append(limit)
            descriptions.append(.init(id: meter, registerLimit: Energy(kilowattHours: limit)))
        }
        loads.append(load)
        facilities.append(
            FacilityDescription(
                id: id, name: Self.name(kind, index), kind: kind, region: region.name, timeZone: region.zone,
                contractDemand: Power(kilowatts: (contract / 5).rounded(.up) * 5), buildingEndpoint: nil,
                location: region.place(of: own), meters: descriptions))
    }

    private mutating func source(
        _ kind: FacilityKind, _ region: WeatherRegion, _ replay: LoadReplay?
    ) throws(SimulationError) -> FacilityLoad.Source {
        if let replay { return .file(replay.file, speed: replay.speed) }
        if let calendar = calendars[region.zone] { return .model(.of(kind), region.weather(seed: seed), calendar) }
        let calendar = try region.calendar(around: anchor)
        calendars[region.zone] = calendar
        return .model(.of(kind), region.weather(seed: seed), calendar)
    }

    /// Kilowatts.
    private static func size(_ kind: FacilityKind, _ seed: UInt64) -> Double {
        let range: ClosedRange<Double> =
            switch kind {
            case .office, .other: 150...1200
            case .hospital: 900...3500
            case .factory: 600...5000
            case .dataCentre: 1500...9000
            case .school: 80...500
            case .store: 60...450
            }
        return uniform(seed, 3, in: range)
    }

    private static func name(_ kind: FacilityKind, _ index: Int) -> String {
        let suffix =
            switch kind {
            case .office, .other: "Offices"
            case .hospital: "Hospital"
            case .factory: "Works"
            case .dataCentre: "Data Centre"
            case .school: "School"
            case .store: "Market"
            }
        let place = places[(index * 7 + index / places.count) % places.count]
        let round = index / (places.count * 5)
        return round == 0 ? "\(place) \(suffix)" : "\(place) \(suffix) \(round + 1)"
    }
}

private func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
