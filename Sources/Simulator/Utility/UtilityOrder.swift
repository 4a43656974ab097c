import EnergyModel

/// What a simulated utility wants of a fleet, before it is put into anybody's words.
package struct UtilityOrder: Hashable, Sendable {
    package enum Demand: Hashable, Sendable {
        /// Take so much away. In OpenADR's words DISPATCH_SETPOINT_RELATIVE, which a receiver takes only where the program
        /// defines its sign.
        case reduction(Power)
        /// Draw no more than this: IMPORT_CAPACITY_LIMIT.
        case limit(Power)
        /// SIMPLE, 0...3.
        case level(Int)
    }
    package enum Form: String, Hashable, Sendable, CaseIterable, Codable {
        case openADR31 = "openadr-3.1"
        case openADR30 = "openadr-3.0"
        case plain
    }

    /// 1-128 of `A-Z a-z 0-9 _ -`.
    package var id: String
    package var program: String
    package var name: String
    /// 0 is the highest; nil the lowest.
    package var priority: Int?
    /// Nil: at once.
    package var start: UTCInstant?
    package var length: Duration
    package var demand: Demand
    /// Empty: whom it may concern.
    package var facilities: [FacilityID]
    package var createdAt: UTCInstant
    /// The event's version.
    package var modifiedAt: UTCInstant

    package init(
        id: String, program: String = "simulated-program", name: String = "", priority: Int? = 1,
        start: UTCInstant?, length: Duration, demand: Demand, facilities: [FacilityID] = [], createdAt: UTCInstant,
        modifiedAt: UTCInstant? = nil
    ) {
        self.id = id
        self.program = program
        self.name = name
        self.priority = priority
        self.start = start
        self.length = length
        self.demand = demand
        self.facilities = facilities
        self.createdAt = createdAt
        self.modifiedAt = modifiedAt ?? createdAt
    }
}

/// What the utility says about an order.
package enum UtilityWord: String, Hashable, Sendable, CaseIterable, Codable {
    case create, update
    /// The event is deleted: an operation of its own.
    case delete
    /// The other way to call it off: an update to a length of nothing.
    case zeroLength = "zero_length"
}
