package enum FacilityKind: String, Sendable, Codable, CaseIterable {
    case office, hospital, factory, dataCentre = "data-centre", school, store, other
}

/// A building or campus that is metered and commanded as one.
package struct Facility: Hashable, Sendable, Codable {
    package var number: FacilityNumber
    package var id: FacilityID
    /// Free text from outside: neutralise before it is drawn.
    package var name: String
    package var kind: FacilityKind
    package var region: String
    /// IANA zone name, e.g. `America/Los_Angeles`.
    package var timeZone: String
    /// `contract_demand_kw`; nil when unknown.
    package var contractDemand: Power?
    /// Where its building management system listens; nil when it cannot be commanded.
    package var buildingEndpoint: String?
    /// Where its weather is; nil when unknown.
    package var location: Place?
    /// False when the engine met the facility in a reading, before anybody described it.
    package var isDescribed: Bool

    package init(
        number: FacilityNumber, id: FacilityID, name: String, kind: FacilityKind = .other, region: String = "",
        timeZone: String = "UTC", contractDemand: Power? = nil, buildingEndpoint: String? = nil,
        location: Place? = nil, isDescribed: Bool = true
    ) {
        self.number = number
        self.id = id
        self.name = name
        self.kind = kind
        self.region = region
        self.timeZone = timeZone
        self.contractDemand = contractDemand
        self.buildingEndpoint = buildingEndpoint
        self.location = location
        self.isDescribed = isDescribed
    }
}

package struct Meter: Hashable, Sendable, Codable {
    package var number: MeterNumber
    package var id: MeterID
    package var facility: FacilityNumber
    /// Highest value of the cumulative register before it starts again at zero, in kWh; nil when unknown.
    package var registerLimit: Energy?

    package init(number: MeterNumber, id: MeterID, facility: FacilityNumber, registerLimit: Energy? = nil) {
        self.number = number
        self.id = id
        self.facility = facility
        self.registerLimit = registerLimit
    }
}

/// A facility and its meters as the owner describes them in a file, before numbers are given.
package struct FacilityDescription: Hashable, Sendable, Codable {
    package struct MeterDescription: Hashable, Sendable, Codable {
        package var id: MeterID
        package var registerLimit: Energy?
        package init(id: MeterID, registerLimit: Energy? = nil) {
            self.id = id
            self.registerLimit = registerLimit
        }
    }

    package var id: FacilityID
    package var name: String
    package var kind: FacilityKind
    package var region: String
    package var timeZone: String
    package var contractDemand: Power?
    package var buildingEndpoint: String?
    package var location: Place?
    package var meters: [MeterDescription]

    package init(
        id: FacilityID, name: String, kind: FacilityKind, region: String, timeZone: String, contractDemand: Power?,
        buildingEndpoint: String?, location: Place? = nil, meters: [MeterDescription]
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.region = region
        self.timeZone = timeZone
        self.contractDemand = contractDemand
        self.buildingEndpoint = buildingEndpoint
        self.location = location
        self.meters = meters
    }
}
