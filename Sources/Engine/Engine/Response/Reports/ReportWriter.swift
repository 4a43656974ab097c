import DemandResponse
import EnergyModel
import Ports
import Synchronization

/// Issues the participation reports of events that are over, one a facility that took part and version, each the next link
/// of the chain: provisional when the event has settled and its load is in, recomputed when figures change, frozen when the
/// settle time is over. Everything it knows is in the records; after a crash it goes on from there.
final class ReportWriter: Sendable {
    private let sources: ReportSources
    /// Where reports go; what a utility that speaks OpenADR asked for is owed to it.
    private let ports: ReportPorts
    private let settings: EngineSettings.Response
    private let time: Timekeeper
    private let journal: Journal
    private let state = Mutex(State())

    private struct State {
        /// When events are looked at again.
        var looks: [DREventID: UTCInstant] = [:]
        /// Reports issued since the start: who posts them looks when it grows.
        var issued: UInt64 = 0
    }

    private typealias Chains = [FacilityID: SettlementStateMachine]

    init(
        sources: ReportSources, ports: ReportPorts, settings: EngineSettings.Response, time: Timekeeper,
        journal: Journal
    ) {
        self.sources = sources
        self.ports = ports
        self.settings = settings
        self.time = time
        self.journal = journal
    }

    var issued: UInt64 { state.withLock(\.issued) }

    /// Its time to be looked at has not come.
    func mustWait(_ id: DREventID) -> Bool {
        let now = time.now()
        return state.withLock { $0.looks[id].map { now < $0 } ?? false }
    }

    /// Issues what is due. True when the event's reports are frozen, or it has none.
    func advance(_ id: DREventID) async throws(PortError) -> Bool {
        guard let file = try await sources.file(of: id), !file.parts.isEmpty else { return done(id) }
        let frozenAt = file.settledAt.advanced(by: settings.report.freezeAfter)
        let isOver = time.now() >= frozenAt
        if !isOver, try await !isIn(file) {
            look(at: id, time.now().advanced(by: ReportWriter.dataLook))
            return false
        }
        let chains = try await chains(of: id)
        var known = ReportSources.Known()
        var made: [ParticipationReport] = []
        for part in file.parts {
            let figures = try await sources.material(of: part, in: file, &known).figures()
            let chain = chains[part.facility.id] ?? SettlementStateMachine()
            let next = chain.figuresArrived(figures, isSettleTimeOver: isOver, at: time.now(), by: "engine")
            guard let next else { continue }
            try await append(next, of: part.facility.id, in: file)
            made.append(next)
        }
        note(made, of: id)
        if isOver { return done(id) }
        look(at: id, min(frozenAt, time.now().advanced(by: settings.report.checkInterval)))
        return false
    }

    /// A person's request: a new version for each facility whose figures differ.
    func recompute(
        _ id: DREventID, _ only: FacilityID?, because reason: String, by author: String
    ) async throws(PortError) -> CommandOutcome {
        guard let file = try await sources.file(of: id) else {
            return .refused(sentence: "event \(id) is unknown or not settled; its first report comes when it is")
        }
        let parts = file.parts.filter { only == nil || $0.facility.id == only }
        guard !parts.isEmpty else {
            return .refused(sentence: "\(only.map { "\($0)" } ?? "nobody") took part in event \(id)")
        }
        let chains = try await chains(of: id)
        var known = ReportSources.Known()
        var (made, refusal) = ([ParticipationReport](), "")
        for part in parts {
            let figures = try await sources.material(of: part, in: file, &known).figures()
            let chain = chains[part.facility.id] ?? SettlementStateMachine()
            do throws(SettlementStateMachine.Refusal) {
                made.append(try chain.recomputationAsked(figures, because: reason, at: time.now(), by: author))
            } catch {
                refusal = error.description
                continue
            }
            if let next = made.last { try await append(next, of: part.facility.id, in: file) }
        }
        note(made, of: id)
        guard !made.isEmpty else { return .refused(sentence: refusal) }
        let versions = made.map { "\($0.facility.id) version \($0.reportVersion)" }.prefix(5).joined(separator: ", ")
        return .done(
            sentence: "\(made.count) of \(parts.count) reports of \(id) were recomputed: \(versions)"
                + (made.count > 5 ? " …" : ""), affected: made.count)
    }

    // MARK: - Waiting

    /// How often one looks whether the load is in.
    private static let dataLook = Duration.seconds(5)

    /// The load of the whole span is there, or has been waited for long enough.
    private func isIn(_ file: ReportSources.File) async throws(PortError) -> Bool {
        let patience = max(file.settledAt, file.span.end).advanced(by: settings.report.dataWait)
        guard time.now() < patience else { return true }
        return try await sources.hasLoad(until: file.span.end)
    }

    private func look(at id: DREventID, _ moment: UTCInstant) { state.withLock { $0.looks[id] = moment } }

    private func done(_ id: DREventID) -> Bool {
        state.withLock { $0.looks[id] = nil }
        return true
    }

    // MARK: - The chain

    private func chains(of id: DREventID) async throws(PortError) -> Chains {
        let records = try await sources.read { [records = sources.records] () throws(PortError) in
            try await records.reports(of: id, after: 0, limit: 100_000)
        }
        var issued: [FacilityID: [SettlementStateMachine.Issued]] = [:]
        for record in records {
            issued[record.facility, default: []].append(
                .init(report: try ReportText.report(of: record), hash: record.hash))
        }
        return issued.mapValues { SettlementStateMachine($0) }
    }

    private func append(
        _ report: ParticipationReport, of facility: FacilityID, in file: ReportSources.File
    ) async throws(PortError) {
        let body = try ReportText.body(of: report)
        let isOwed = isOwed(file)
        for _ in 0..<5 {
            let previous = try await sources.read { [records = sources.records] () throws(PortError) in
                try await records.newestReportHash()
            }
            let hash = ReportChain.hash(of: body, after: previous)
            let record = ParticipationRecord(
                event: file.event.id, facility: facility, version: report.reportVersion, at: time.now(), body: body,
                previousHash: previous, hash: hash, signature: ports.keys.signature(over: hash, for: file.utility),
                delivery: isOwed ? ReportDelivery(.owed, at: time.now()) : nil)
            do throws(PortError) {
                try await sources.read { [records = sources.records] () throws(PortError) in
                    try await records.append(record)
                }
                return state.withLock { $0.issued += 1 }
            } catch {
                // Somebody else's report came between: chain to that one.
                guard error.code == .superseded else { throw error }
            }
        }
        throw PortError(.unavailable, "others keep adding reports; this one is tried again later")
    }

    private func isOwed(_ file: ReportSources.File) -> Bool {
        guard ports.post != nil, let utility = file.utility else { return false }
        return file.event.source.contains(" openadr-") && (ports.utility ?? utility) == utility
    }

    /// A line for each that changed something told before, one for all others.
    private func note(_ made: [ParticipationReport], of id: DREventID) {
        let subject = "dr-event:\(id)"
        for report in made where report.issue?.state == .recomputed {
            journal.note(
                "report version \(report.reportVersion) of \(report.facility.id) replaces version "
                    + "\(report.reportVersion - 1): \(report.issue?.reason ?? "")", of: subject,
                by: report.issue?.by ?? "engine", about: FacilityID(report.facility.id))
        }
        for state in [ParticipationReport.Issue.State.provisional, .frozen] {
            let count = made.count { $0.issue?.state == state }
            if count > 0 { journal.note("\(count) \(state.rawValue) reports are made", of: subject, by: "engine") }
        }
    }
}
