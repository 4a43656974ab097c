import EnergyModel
import GRDB
import Ports

/// The record store in `records.sqlite`.
package final class EmbeddedRecordStore: RecordStore, Sendable {
    /// Rows a read returns at most, whatever was asked for.
    static let maximumRows = 10_000

    let file: StoreFile
    /// For demand response, where hundreds of events are driven at once.
    let commits: GroupCommit

    init(file: StoreFile) {
        self.file = file
        commits = GroupCommit(connection: file.writer)
    }

    package func facilities() async throws(PortError) -> [Facility] {
        try await file.reader.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM facilities ORDER BY number").map(facility)
        }
    }

    package func meters() async throws(PortError) -> [Meter] {
        try await file.reader.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM meters ORDER BY number").map(meter)
        }
    }

    package func importFacilities(_ descriptions: [FacilityDescription]) async throws(PortError) -> ImportOutcome {
        try await file.writer.write { database in
            var outcome = ImportOutcome(facilitiesAdded: 0, facilitiesChanged: 0, metersAdded: 0, metersChanged: 0)
            for description in descriptions { try merge(description, database, &outcome) }
            try database.execute(
                sql: "INSERT INTO imports (facilities) VALUES (?)", arguments: [descriptions.count])
            return outcome
        }
    }

    package func register(meter id: MeterID, facility facilityID: FacilityID) async throws(PortError) -> (
        Facility, Meter
    ) {
        try await file.writer.write { database in try registered(id, facilityID, database) }
    }

    /// One commit for all of them; a meter that cannot be registered spoils no other.
    package func register(
        _ registrations: [MeterRegistration]
    ) async throws(PortError) -> [Result<RegisteredMeter, PortError>] {
        try await file.writer.write { database in
            try registrations.map { registration in
                do {
                    let (facility, meter) = try registered(registration.meter, registration.facility, database)
                    return .success(RegisteredMeter(facility: facility, meter: meter))
                } catch let error as PortError where error.code == .invalid {
                    return .failure(error)
                }
            }
        }
    }

    package func hasImportedFacilities() async throws(PortError) -> Bool {
        try await file.reader.read { database in
            try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM imports)") ?? false
        }
    }

    package func claim(
        lease name: String, owner: String, now: UTCInstant, duration: Duration
    ) async throws(PortError) -> Bool {
        try await file.writer.write { database in
            try database.execute(
                sql: """
                    INSERT INTO leases (name, owner, expires) VALUES (?1, ?2, ?3)
                    ON CONFLICT (name) DO UPDATE SET owner = ?2, expires = ?3
                    WHERE leases.owner = ?2 OR leases.expires <= ?4
                    """,
                arguments: [whole(name), whole(owner), now.advanced(by: duration).milliseconds, now.milliseconds])
            return database.changesCount > 0
        }
    }
}

private func facility(_ row: Row) throws -> Facility {
    let (id, kind): (String, String) = (row["id"], row["kind"])
    guard let id = FacilityID(id), let kind = FacilityKind(rawValue: kind) else { throw unreadable("facilities") }
    let demand: Double? = row["contract_demand_kw"]
    return Facility(
        number: FacilityNumber(rawValue: row["number"]), id: id, name: row["name"], kind: kind, region: row["region"],
        timeZone: row["time_zone"], contractDemand: demand.map(Power.init(kilowatts:)),
        buildingEndpoint: row["building_endpoint"], location: try place(row),
        isDescribed: row["is_described"])
}

/// Both columns or neither.
private func place(_ row: Row) throws -> Place? {
    switch (row["latitude"] as Double?, row["longitude"] as Double?) {
    case (nil, nil): return nil
    case (let latitude?, let longitude?):
        guard let place = Place(latitude: latitude, longitude: longitude) else { throw unreadable("facilities") }
        return place
    default: throw unreadable("facilities")
    }
}

private func meter(_ row: Row) throws -> Meter {
    let text: String = row["id"]
    guard let id = MeterID(text) else { throw unreadable("meters") }
    let limit: Double? = row["register_limit_kwh"]
    return Meter(
        number: MeterNumber(rawValue: row["number"]), id: id, facility: FacilityNumber(rawValue: row["facility"]),
        registerLimit: limit.map(Energy.init(kilowattHours:)))
}

/// For `IN (SELECT value FROM json_each(?))`. An id's alphabet needs no escapes.
func jsonList(_ facilities: Set<FacilityID>) -> String {
    "[" + facilities.map { "\"\($0.text)\"" }.sorted().joined(separator: ",") + "]"
}

func unreadable(_ table: String) -> PortError {
    PortError(.corrupt, "records.sqlite holds a row of \(table) that cannot be read: run doctor, restore a backup")
}

private func findFacility(_ id: FacilityID, _ database: Database) throws -> Facility? {
    try Row.fetchOne(database, sql: "SELECT * FROM facilities WHERE id = ?", arguments: [id.text]).map(facility)
}

private func findMeter(_ id: MeterID, _ database: Database) throws -> Meter? {
    try Row.fetchOne(database, sql: "SELECT * FROM meters WHERE id = ?", arguments: [id.text]).map(meter)
}

private func registered(
    _ id: MeterID, _ facilityID: FacilityID, _ database: Database
) throws -> (Facility, Meter) {
    if let known = try findMeter(id, database) {
        guard let owner = try findFacility(facilityID, database), owner.number == known.facility else {
            throw PortError(
                .invalid, "meter \(id) belongs to another facility than \(facilityID); import the move first")
        }
        return (owner, known)
    }
    let owner = try findFacility(facilityID, database) ?? addUndescribed(facilityID, database)
    try database.execute(
        sql: "INSERT INTO meters (id, facility) VALUES (?, ?)", arguments: [id.text, Int64(owner.number.rawValue)])
    let number = MeterNumber(rawValue: UInt32(truncatingIfNeeded: database.lastInsertedRowID))
    return (owner, Meter(number: number, id: id, facility: owner.number))
}

private func addUndescribed(_ id: FacilityID, _ database: Database) throws -> Facility {
    var facility = Facility(number: FacilityNumber(rawValue: 0), id: id, name: id.text, isDescribed: false)
    try save(facility, isNew: true, database)
    facility.number = FacilityNumber(rawValue: UInt32(truncatingIfNeeded: database.lastInsertedRowID))
    return facility
}

private func save(_ facility: Facility, isNew: Bool, _ database: Database) throws {
    try database.execute(
        sql: """
            INSERT INTO facilities
            (number, id, name, kind, region, time_zone, contract_demand_kw, building_endpoint, is_described,
                latitude, longitude)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, region = excluded.region,
                time_zone = excluded.time_zone, contract_demand_kw = excluded.contract_demand_kw,
                building_endpoint = excluded.building_endpoint, is_described = excluded.is_described,
                latitude = excluded.latitude, longitude = excluded.longitude
            """,
        arguments: [
            isNew ? nil : Int64(facility.number.rawValue), facility.id.text, whole(facility.name),
            facility.kind.rawValue,
            whole(facility.region), whole(facility.timeZone), facility.contractDemand?.kilowatts,
            whole(facility.buildingEndpoint),
            facility.isDescribed, facility.location?.latitude, facility.location?.longitude,
        ])
}

private func merge(
    _ description: FacilityDescription, _ database: Database, _ outcome: inout ImportOutcome
) throws {
    let old = try findFacility(description.id, database)
    var facility = Facility(
        number: old?.number ?? FacilityNumber(rawValue: 0), id: description.id, name: description.name,
        kind: description.kind, region: description.region, timeZone: description.timeZone,
        contractDemand: description.contractDemand, buildingEndpoint: description.buildingEndpoint,
        location: description.location)
    if old != facility { try save(facility, isNew: old == nil, database) }
    if old == nil {
        facility.number = FacilityNumber(rawValue: UInt32(truncatingIfNeeded: database.lastInsertedRowID))
        outcome.facilitiesAdded += 1
    } else if old != facility {
        outcome.facilitiesChanged += 1
    }
    for described in description.meters {
        let known = try findMeter(described.id, database)
        if known?.facility == facility.number, known?.registerLimit == described.registerLimit { continue }
        if known == nil { outcome.metersAdded += 1 } else { outcome.metersChanged += 1 }
        try database.execute(
            sql: """
                INSERT INTO meters (id, facility, register_limit_kwh) VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET facility = excluded.facility, register_limit_kwh = excluded.register_limit_kwh
                """,
            arguments: [
                described.id.text, Int64(facility.number.rawValue), described.registerLimit?.kilowattHours,
            ])
    }
}
