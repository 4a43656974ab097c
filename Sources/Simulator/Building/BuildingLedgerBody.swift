import EnergyModel
import Foundation

/// The body of `GET /bms/{facility}/ledger`: enough to prove that every effect happened exactly once and that nothing is
/// left reduced.
struct BuildingLedgerBody: Encodable {
    struct Effect: Encodable {
        let at: String
        let kind: BuildingEffect.Kind
        let point: String
        let slot: Int
        let value: Double?
        let key: String
        let execution: String?
    }
    struct Execution: Encodable {
        let id: String
        let key: String
        let point: String
        let slot: Int
        /// Absent for a release.
        let value: Double?
        let state: BuildingExecution.State
        let acceptedAt: String
        let settledAt: String?
        let fault: String?
    }
    struct Key: Encodable {
        let key: String
        let requests: Int
        let items: Int
        let effects: Int
        /// Of the point that the key acted on most often; more than 1 is a double execution.
        let mostEffects: Int
    }
    struct Slot: Encodable {
        let slot: Int
        let value: Double
        let key: String
        let since: String
        let expiresAt: String?
    }
    struct Point: Encodable {
        let point: String
        let kind: PointKind
        let zone: String
        let normal: Double
        let value: Double
        let output: Double
        let slots: [Slot]
        let isCritical: Bool
    }
    struct Zone: Encodable {
        let zone: Int
        let departureKelvin: Double
    }

    let facility: FacilityID
    let at: String
    let outdoorCelsius: Double
    let undisturbedKilowatts: Double
    let reductionKilowatts: Double
    let requests: Int
    let faults: [String: Int]
    let duplicates: Int
    /// Keys that acted twice on one point; must be empty.
    let doubled: [String]
    /// Points whose value is not the normal one.
    let reduced: [String]
    let effects: [Effect]
    let executions: [Execution]
    let keys: [Key]
    let points: [Point]
    let zones: [Zone]
    /// Entries that the ledger has forgotten for want of room; a proof needs 0.
    let forgotten: Int

    init(_ building: SimulatedBuilding, _ faults: FaultStateMachine, _ conditions: BuildingConditions) {
        facility = building.facility
        at = building.now.iso8601
        outdoorCelsius = rounded(conditions.outdoor)
        undisturbedKilowatts = rounded(conditions.undisturbed)
        reductionKilowatts = rounded(building.history.current)
        requests = faults.requests
        self.faults = Dictionary(uniqueKeysWithValues: faults.befallen.map { ($0.key.rawValue, $0.value) })
        duplicates = building.duplicates
        effects = building.effects.elements.map(Effect.init)
        executions = building.executions.elements.map(Execution.init)
        keys = building.keyOrder.elements.compactMap { key in building.keys[key].map { Key(key, $0) } }
        doubled = keys.filter { $0.mostEffects > 1 }.map(\.key)
        points = building.points.map(Point.init)
        reduced = points.filter { $0.value != $0.normal }.map(\.point)
        zones = building.zones.enumerated().map { Zone(zone: $0, departureKelvin: rounded($1.departure)) }
        forgotten = building.effects.forgotten + building.executions.forgotten + building.keyOrder.forgotten
    }

    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode(self))
    }
}

private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

extension BuildingLedgerBody.Effect {
    init(_ effect: BuildingEffect) {
        at = effect.at.iso8601
        kind = effect.kind
        point = effect.point.text
        slot = effect.slot.rawValue
        value = effect.value
        key = effect.key
        execution = effect.execution
    }
}

extension BuildingLedgerBody.Execution {
    init(_ execution: BuildingExecution) {
        id = execution.id
        key = execution.key
        point = execution.write.point.text
        slot = execution.write.slot.rawValue
        value = execution.write.value
        state = execution.state
        acceptedAt = execution.acceptedAt.iso8601
        settledAt = execution.settledAt?.iso8601
        fault = execution.fault
    }
}

extension BuildingLedgerBody.Key {
    init(_ key: String, _ record: KeyRecord) {
        self.key = key
        requests = record.requests
        items = record.writes.count
        effects = record.effects.values.reduce(0, +)
        mostEffects = record.effects.values.max() ?? 0
    }
}

extension BuildingLedgerBody.Point {
    init(_ point: SimulatedPoint) {
        self.point = point.description.id.text
        kind = point.description.kind
        zone = point.description.zone
        normal = point.description.normal
        value = point.array.present
        output = point.output
        isCritical = point.description.isCritical
        slots = point.array.holdings.map { slot, holding in
            BuildingLedgerBody.Slot(
                slot: slot.rawValue, value: holding.value, key: holding.key, since: holding.since.iso8601,
                expiresAt: holding.expiresAt?.iso8601)
        }
    }
}
