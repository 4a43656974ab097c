import DemandResponse
import EnergyModel
import Foundation
import Ports

extension NoticeService {
    /// False when its time has not come. Throws when it must be tried again.
    func handle(_ stored: StoredNotice) async throws(PortError) -> Bool {
        let id = stored.id.event
        switch stored.notice {
        case .statusChanged(let status): try await tellStatus(status, stored)
        case .commandFailed(let facility, let sequence, let why):
            try await bury(FailedCommand(event: id, facility: facility, sequence: sequence), why, stored)
        case .releaseFailing(let facility, let sequence, let why):
            try await escalate(
                "Point of command #\(sequence) at \(facility) cannot be given back: \(why) It keeps being tried; "
                    + "look at the building and give it back there if need be.", about: facility, stored)
        case .underDelivery(let facility, let achieved, let target):
            measures.count(.underDeliveries)
            let whole = facility.map { "\($0)" } ?? "the event"
            try await escalate(
                "\(whole) gives \(Int(achieved.kilowatts.rounded())) kW of \(Int(target.kilowatts.rounded())) kW.",
                about: facility, stored)
        case .discrepancy(let facility, let recorded, let measured):
            measures.count(.discrepancies)
            journal.note(
                "commands stand for \(Int(recorded.kilowatts.rounded())) kW at \(facility), the meters show "
                    + "\(Int(measured.kilowatts.rounded())) kW", of: "dr-event:\(id)", by: "engine", about: facility,
                traceID: stored.traceID)
        case .buildingBusy(let facility): return try await planAgain(id, facility)
        case .settled:
            // Kept until its reports are frozen, so that they are after a crash, too.
            guard !reporter.mustWait(id) else { return false }
            try await letGo(id)
            return try await reporter.advance(id)
        }
        return true
    }

    /// Tried as often as a status is sent; the journal keeps it in any case, once.
    private func escalate(
        _ sentence: String, about facility: FacilityID?, _ stored: StoredNotice
    ) async throws(PortError) {
        let subject = "dr-event:\(stored.id.event)"
        if escalatesFirst(stored.id) { escalator.note(subject: subject, sentence, facility: facility) }
        do throws(PortError) {
            try await escalator.tell(subject: subject, sentence, facility: facility)
        } catch {
            let attempts = attempts(of: stored.id) + 1
            guard attempts >= settings.followUp.noticeAttempts else { throw error }
            journal.note(
                "the person on call was not told after \(attempts) attempts: \(error.sentence)", of: subject,
                by: "service:notices", about: facility, traceID: stored.traceID)
        }
    }

    private func tellStatus(_ status: DREventStatus, _ stored: StoredNotice) async throws(PortError) {
        let id = stored.id.event
        guard let event = try await event(id) else { return }
        if isFirstAttempt(stored.id) {
            journal.note("is \(status.rawValue)", of: "dr-event:\(id)", by: "engine", traceID: stored.traceID)
        }
        guard let callback, event.kind == .demandResponse, !event.source.hasPrefix("operator:") else { return }
        let report = StatusReport(
            id: "\(id):\(stored.id.ordinal):\(stored.id.index)", event: event, status: status, at: stored.at)
        let call = { [settings, time] () async throws(PortError) in
            try await bounded(by: settings.followUp.callbackTimeout, "the utility's callback", time: time) {
                () throws(PortError) in try await callback(report)
            }
        }
        guard let context = TraceContext(ofEvent: stored.traceID) else { return try await call() }
        try await tracer.span(
            "dr.callback", .callback, .client, in: context, isKept: true,
            with: [.init("event", "\(id)"), .init("status", status.rawValue)], call)
    }

    /// To `bms-failures`, at most once a command by its origin; a replay there is a retry of just this command.
    private func bury(_ failed: FailedCommand, _ why: String, _ stored: StoredNotice) async throws(PortError) {
        let records = coordinator.records
        let commands = try await coordinator.read { () throws(PortError) in
            try await records.commands(of: failed.event)
        }
        guard let command = commands.first(where: { $0.plan.sequence == failed.sequence }) else { return }
        if !hasEscalated(stored.id) { try await bury(command, failed, why, stored) }
        guard tellsFirst(of: failed.event, failed.facility) else { return }
        do throws(PortError) {
            try await escalate(
                "Command #\(failed.sequence) at \(failed.facility) failed: \(why) Set \(command.plan.point) to "
                    + "\(command.plan.value) by hand, or wait for its next attempt.", about: failed.facility, stored)
        } catch {
            untell(of: failed.event, failed.facility)
            throw error
        }
    }

    private func bury(
        _ command: BuildingCommand, _ failed: FailedCommand, _ why: String, _ stored: StoredNotice
    ) async throws(PortError) {
        let now = time.now()
        var headers = [
            InboundForm.eventHeader: failed.event.text, InboundForm.facilityHeader: failed.facility.text,
            InboundForm.sequenceHeader: String(failed.sequence),
            DeadLetterHeader.topic: "dr-event:\(failed.event)", DeadLetterHeader.partition: failed.facility.text,
            DeadLetterHeader.offset: String(failed.sequence), DeadLetterHeader.exception: "command_failed",
            DeadLetterHeader.message: why, DeadLetterHeader.stage: "dispatch",
            DeadLetterHeader.attempts: String(command.progress.attempts),
            DeadLetterHeader.firstSeen: stored.at.iso8601, DeadLetterHeader.lastSeen: now.iso8601,
        ]
        headers[DeadLetterHeader.traceparent] = TraceContext(ofEvent: stored.traceID)?.traceparent ?? stored.traceID
        let record = LogRecord(
            key: failed.facility.text, value: try NoticeService.payload(command), headers: headers, time: now)
        try await bounded(by: settings.intake.appendTimeout, "the event log", time: time) {
            [log] () throws(PortError) in try await log.append([record], to: .buildingFailures)
        }
        measures.count(.failedCommands)
    }

    private static func payload(_ command: BuildingCommand) throws(PortError) -> [UInt8] {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(command))
        } catch {
            throw PortError(.corrupt, "a command cannot be written as JSON; report this", cause: error)
        }
    }

    /// What an override held shows as held until its building is read again.
    private func letGo(_ id: DREventID) async throws(PortError) {
        forget(id)
        guard let event = try await event(id), event.kind == .override else { return }
        let records = coordinator.records
        let commands = try await coordinator.read { () throws(PortError) in try await records.commands(of: id) }
        for facility in Set(commands.map(\.facility)) { planner.outlooks.points.outdate(facility) }
    }

    /// Once the building is free, the event is planned again and takes it in.
    private func planAgain(_ id: DREventID, _ facility: FacilityID) async throws(PortError) -> Bool {
        guard coordinator.isComplete else { return false }
        guard let saga = coordinator.event(id)?.saga, !saga.progress.status.isFinal else { return true }
        guard saga.hasLetGo(of: facility) else { return false }
        _ = try await planner.replan(id, PlanDesk.Order(actor: "engine", isApproved: true))
        return true
    }

    private func event(_ id: DREventID) async throws(PortError) -> DemandResponseEvent? {
        if let open = coordinator.event(id)?.event { return open }
        let records = coordinator.records
        return try await coordinator.read { () throws(PortError) in try await records.event(id) }
    }
}
