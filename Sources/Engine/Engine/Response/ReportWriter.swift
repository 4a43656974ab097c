import DemandResponse
import EnergyModel
import Foundation
import Logging
import Ports

/// Writes the participation reports of an event that is over, one a facility that took part, each the next link of the chain.
/// A report that is there already is not written again.
struct ReportWriter: Sendable {
    let records: any ResponseRecords
    let facilities: FacilityIndex
    let directory: FleetDirectory
    let baseline: SameDayBaseline
    let settings: EngineSettings.Response
    let time: Timekeeper
    let journal: Journal

    func report(_ id: DREventID) async throws(PortError) {
        guard let event = try await read({ [records] () throws(PortError) in try await records.event(id) }),
            event.kind == .demandResponse
        else { return }
        let history = try await history(of: id, event.ordinal)
        let saga: SagaStateMachine
        do throws(SagaHistoryError) {
            saga = try SagaStateMachine(event: id, history: history, rules: settings.saga)
        } catch {
            throw PortError(.corrupt, error.description)
        }
        let written = try await read { [records] () throws(PortError) in
            try await records.reports(of: id, after: 0, limit: 10_000)
        }
        let overrides = try await overrides(during: event.window)
        for name in saga.facilities where !written.contains(where: { $0.facility == name && $0.version == 1 }) {
            let commands = saga.commands.filter { $0.facility == name }
            guard commands.contains(where: { $0.progress.generation > 0 }) || saga.leg(name)?.ending == .optedOut,
                let facility = facilities[name], let leg = saga.leg(name)
            else { continue }
            let material = ReportMaterial(
                event: event, facility: facility, leg: leg, commands: commands, history: history,
                baseline: try await baseline.power(of: name, before: event.window),
                rollups: try await baseline.rollups(of: name, in: event.window), meters: meters(of: facility),
                overrides: overrides[name] ?? [])
            try await append(material, of: id)
        }
    }

    private func append(_ material: ReportMaterial, of id: DREventID) async throws(PortError) {
        let body = try ReportWriter.json(material.report())
        for _ in 0..<5 {
            let previous = try await read { [records] () throws(PortError) in try await records.newestReportHash() }
            let record = ParticipationRecord(
                event: id, facility: material.facility.id, version: 1, at: time.now(), body: body,
                previousHash: previous, hash: ReportChain.hash(of: body, after: previous))
            do throws(PortError) {
                return try await read { [records] () throws(PortError) in try await records.append(record) }
            } catch {
                // Somebody else's report came between: chain to that one.
                guard error.code == .superseded else { throw error }
            }
        }
        throw PortError(.unavailable, "others keep adding reports; this one is tried again later")
    }

    private static func json(_ report: ParticipationReport) throws(PortError) -> String {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(report), as: UTF8.self)
        } catch {
            throw PortError(.corrupt, "a report cannot be written as JSON; report this", cause: error)
        }
    }

    /// Operators' values that stood in the window, by facility.
    private func overrides(
        during window: TimeRange
    ) async throws(PortError) -> [FacilityID: [ParticipationReport.Override]] {
        let events = try await read { [records] () throws(PortError) in
            try await records.events(EventQuery(scope: .all, kind: .override, limit: 500))
        }
        var found: [FacilityID: [ParticipationReport.Override]] = [:]
        for event in events where event.window.start < window.end && window.start < event.window.end {
            let commands = try await read { [records] () throws(PortError) in try await records.commands(of: event.id) }
            guard let command = commands.last else { continue }
            found[command.facility, default: []].append(
                .init(
                    id: event.id.text, point: command.plan.point.text, by: event.source, reason: event.name,
                    from: event.window.start.iso8601, to: event.window.end.iso8601))
        }
        return found
    }

    private func meters(of facility: Facility) -> Int {
        directory.current.meters.count { $0.facility == facility.number }
    }

    private func history(of id: DREventID, _ count: Int) async throws(PortError) -> [DRTransition] {
        var history: [DRTransition] = []
        while history.count < count {
            let last = history.last?.ordinal ?? 0
            let page = try await read { [records] () throws(PortError) in
                try await records.transitions(of: id, after: last, limit: 1_000)
            }
            guard !page.isEmpty else { break }
            history += page
        }
        return history
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        try await bounded(by: settings.commitTimeout, "the records of demand response", time: time, body)
    }
}
