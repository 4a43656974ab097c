import EnergyModel
import Ports
import Synchronization

/// The record store in memory: the same contract as the durable ones, for tests and small simulations.
package final class MemoryRecordStore: RecordStore, Sendable {
    struct Lease {
        var owner: String
        var expires: UTCInstant
    }

    struct State {
        var facilities: [FacilityID: Facility] = [:]
        var meters: [MeterID: Meter] = [:]
        var hasImported = false
        var letters: [DeadLetter] = []
        var origins: Set<[String]> = []
        var journal: [JournalEntry] = []
        var outcomes: [String: CommandOutcome] = [:]
        var leases: [String: Lease] = [:]
        var redrives: [Redrive] = []
    }

    let state = Mutex(State())
    package let faults: PortFaults

    package init(clock: any Clock<Duration> = ContinuousClock()) { faults = PortFaults(clock: clock) }

    package func facilities() async throws(PortError) -> [Facility] {
        try await faults.pass()
        return state.withLock { $0.facilities.values.sorted { $0.number < $1.number } }
    }

    package func meters() async throws(PortError) -> [Meter] {
        try await faults.pass()
        return state.withLock { $0.meters.values.sorted { $0.number < $1.number } }
    }

    package func importFacilities(_ descriptions: [FacilityDescription]) async throws(PortError) -> ImportOutcome {
        try await faults.pass(storing: true)
        return state.withLock { state in
            var outcome = ImportOutcome(facilitiesAdded: 0, facilitiesChanged: 0, metersAdded: 0, metersChanged: 0)
            for description in descriptions { state.store(description, &outcome) }
            state.hasImported = true
            return outcome
        }
    }

    package func register(meter id: MeterID, facility: FacilityID) async throws(PortError) -> (Facility, Meter) {
        try await faults.pass(storing: true)
        let found = state.withLock { $0.register(meter: id, facility: facility) }
        guard let found else {
            throw PortError(.invalid, "meter \(id) belongs to another facility than \(facility); import the move first")
        }
        return found
    }

    package func hasImportedFacilities() async throws(PortError) -> Bool {
        try await faults.pass()
        return state.withLock { $0.hasImported }
    }

    package func append(_ entries: [JournalEntry]) async throws(PortError) {
        try await faults.pass(storing: true)
        state.withLock { state in
            for var entry in entries {
                entry.number = (state.journal.last?.number ?? 0) + 1
                state.journal.append(entry)
            }
        }
    }

    package func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry] {
        try await faults.pass()
        return state.withLock { state in
            Array(state.journal.reversed().filter { matches($0, query) }.prefix(query.limit))
        }
    }

    package func outcome(ofCommand key: String) async throws(PortError) -> CommandOutcome? {
        try await faults.pass()
        return state.withLock { $0.outcomes[key] }
    }

    package func record(
        outcome: CommandOutcome, ofCommand key: String, at: UTCInstant
    ) async throws(PortError) {
        try await faults.pass(storing: true)
        state.withLock { if $0.outcomes[key] == nil { $0.outcomes[key] = outcome } }
    }

    package func claim(
        lease name: String, owner: String, now: UTCInstant, duration: Duration
    ) async throws(PortError) -> Bool {
        try await faults.pass(storing: true)
        return state.withLock { state in
            if let lease = state.leases[name], lease.owner != owner, lease.expires > now { return false }
            state.leases[name] = Lease(owner: owner, expires: now.advanced(by: duration))
            return true
        }
    }

    package func enforceRetention(_ limits: RecordRetention, batch: Int) async throws(PortError) -> Int {
        try await faults.pass(storing: true)
        return state.withLock { state in
            var left = batch
            func drops(_ isOld: Bool) -> Bool {
                guard isOld, left > 0 else { return false }
                left -= 1
                return true
            }
            state.journal.removeAll { drops($0.at < ($0.kind == .audit ? limits.auditBefore : limits.journalBefore)) }
            state.letters.removeAll { letter in
                let isDone = letter.state == .replayed || letter.state == .discarded
                return drops(isDone && letter.firstSeen < limits.lettersBefore)
            }
            state.redrives.removeAll { drops($0.isFinished && $0.changedAt < limits.journalBefore) }
            return batch - left
        }
    }
}

private func matches(_ entry: JournalEntry, _ query: JournalQuery) -> Bool {
    query.kinds.contains(entry.kind)
        && (query.facility == nil || entry.facility == query.facility)
        && (query.among.map { among in entry.facility.map(among.contains) ?? false } ?? true)
        && (query.range?.contains(entry.at) ?? true)
        && (query.before.map { (entry.number ?? 0) < $0 } ?? true)
        && (query.text.map { text in
            [entry.text, entry.subject, entry.actor].contains { $0.lowercased().contains(text.lowercased()) }
        } ?? true)
}

extension MemoryRecordStore.State {
    mutating func store(_ description: FacilityDescription, _ outcome: inout ImportOutcome) {
        let old = facilities[description.id]
        let facility = Facility(
            number: old?.number ?? FacilityNumber(rawValue: UInt32(facilities.count + 1)), id: description.id,
            name: description.name, kind: description.kind, region: description.region,
            timeZone: description.timeZone, contractDemand: description.contractDemand,
            buildingEndpoint: description.buildingEndpoint, location: description.location)
        if old == nil { outcome.facilitiesAdded += 1 } else if old != facility { outcome.facilitiesChanged += 1 }
        facilities[description.id] = facility
        for described in description.meters {
            let old = meters[described.id]
            let meter = Meter(
                number: old?.number ?? MeterNumber(rawValue: UInt32(meters.count + 1)), id: described.id,
                facility: facility.number, registerLimit: described.registerLimit)
            if old == nil { outcome.metersAdded += 1 } else if old != meter { outcome.metersChanged += 1 }
            meters[described.id] = meter
        }
    }

    /// Nil when the meter belongs to another facility.
    mutating func register(meter id: MeterID, facility facilityID: FacilityID) -> (Facility, Meter)? {
        if let meter = meters[id] {
            guard let owner = facilities[facilityID], owner.number == meter.facility else { return nil }
            return (owner, meter)
        }
        let facility =
            facilities[facilityID]
            ?? Facility(
                number: FacilityNumber(rawValue: UInt32(facilities.count + 1)), id: facilityID, name: facilityID.text,
                isDescribed: false)
        facilities[facilityID] = facility
        let meter = Meter(number: MeterNumber(rawValue: UInt32(meters.count + 1)), id: id, facility: facility.number)
        meters[id] = meter
        return (facility, meter)
    }
}
