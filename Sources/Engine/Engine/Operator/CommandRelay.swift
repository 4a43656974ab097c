import EnergyModel
import Foundation
import Logging
import Ports
import ServiceLifecycle

/// A person's command on its way from a desk to the engine that runs beside it. It goes through the log, so that it is
/// durable, and carries an end: a command that no engine took in time is never carried out later, when the world has moved.
struct RelayedCommand: Codable {
    static let topic = Topic("operator-commands")
    static let group = "operator"

    var command: OperatorCommand
    var expiresAt: UTCInstant

    func record(at now: UTCInstant) throws(PortError) -> LogRecord {
        do {
            return LogRecord(
                key: RelayedCommand.topic.name, value: Array(try JSONEncoder().encode(self)),
                headers: TraceContext.current.map { [DeadLetterHeader.traceparent: $0.traceparent] } ?? [:], time: now)
        } catch {
            throw PortError(.invalid, "the command cannot be written down", cause: error)
        }
    }

    init(command: OperatorCommand, expiresAt: UTCInstant) {
        self.command = command
        self.expiresAt = expiresAt
    }

    init(_ record: LogRecord) throws {
        self = try JSONDecoder().decode(RelayedCommand.self, from: Data(record.value))
    }
}

/// The desk's end: hands the command over and waits for its outcome.
struct CommandRelay: Sendable {
    let log: any EventLog
    let records: any RecordStore
    let time: Timekeeper
    /// How long an engine has to begin; after it the command is void.
    var validity = Duration.seconds(10)
    /// How long one that has begun may take.
    var patience = Duration.seconds(30)
    var poll = Duration.milliseconds(100)

    /// The same key again waits for the first one's outcome; it is carried out once.
    func send(_ command: OperatorCommand) async -> CommandOutcome {
        do throws(PortError) {
            if let outcome = try await outcome(of: command) { return outcome }
            let now = time.now()
            let record = try RelayedCommand(command: command, expiresAt: now.advanced(by: validity)).record(at: now)
            try await bounded(by: .seconds(5), "handing the command over", time: time) {
                [log] () throws(PortError) in try await log.append([record], to: RelayedCommand.topic)
            }
            if let outcome = try await outcome(of: command, within: validity + .seconds(2)) { return outcome }
            guard try await hasBegun(command, at: time.now(), records, time) else {
                return .refused(
                    sentence: "no engine took the command within \(validity), and none will any more; "
                        + "start `switchyard engine`")
            }
            if let outcome = try await outcome(of: command, within: patience) { return outcome }
        } catch {
            return .refused(
                sentence: "the command may or may not have reached the engine; look at `switchyard audit` before you "
                    + "send it again: \(error)")
        }
        return .refused(
            sentence: "the engine began and is not done yet; look at `switchyard audit`, do not send it again")
    }

    private func outcome(of command: OperatorCommand, within span: Duration) async throws(PortError) -> CommandOutcome?
    {
        let giveUpAt = time.uptime() + span
        while time.uptime() < giveUpAt, await time.pause(poll) {
            if let outcome = try await outcome(of: command) { return outcome }
        }
        return nil
    }

    private func outcome(of command: OperatorCommand) async throws(PortError) -> CommandOutcome? {
        try await bounded(by: .seconds(2), "the record store", time: time) { [records] () throws(PortError) in
            try await records.outcome(ofCommand: command.key)
        }
    }
}

/// The engine's end: carries out what desks hand over, each key once, in order.
final class CommandRelayService: Service {
    private let log: any EventLog
    private let records: any RecordStore
    private let time: Timekeeper
    private let logger: Logger
    /// The running engine's own `submit`: audits, acts, keeps the outcome by key.
    private let submit: @Sendable (OperatorCommand) async -> CommandOutcome

    init(
        log: any EventLog, records: any RecordStore, time: Timekeeper, logger: Logger,
        submit: @escaping @Sendable (OperatorCommand) async -> CommandOutcome
    ) {
        self.log = log
        self.records = records
        self.time = time
        self.logger = logger
        self.submit = submit
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while isRunning {
                do throws(PortError) {
                    let consumer = try await log.consumer(of: RelayedCommand.topic, group: RelayedCommand.group)
                    while isRunning { try await turn(consumer) }
                    await consumer.close()
                } catch {
                    logger.warning("commands of desks not read, trying again", metadata: ["error": "\(error)"])
                }
                _ = await time.pause(.seconds(1))
            }
        }
    }

    /// One batch: carried out first, acknowledged after; what comes twice is known by its key.
    func turn(_ consumer: any LogConsumer, wait: Duration = .milliseconds(250)) async throws(PortError) {
        guard let batch = try await consumer.next(items: 16, wait: wait) else { return }
        for stored in batch.records { try await carryOut(stored) }
        try await consumer.acknowledge(batch)
    }

    private func carryOut(_ stored: StoredRecord) async throws(PortError) {
        let relayed: RelayedCommand
        do {
            relayed = try RelayedCommand(stored.record)
        } catch {
            logger.error(
                "a command of a desk cannot be read and is left out; use the same version at desk and engine",
                metadata: ["offset": "\(stored.offset)", "error": "\(error)"])
            return
        }
        // What was begun before a crash is finished: acts repeat without harm by their key.
        var mayAct = time.now() < relayed.expiresAt
        if !mayAct { mayAct = try await hasBegun(relayed.command, at: relayed.expiresAt, records, time) }
        guard mayAct else { return try await refuse(relayed) }
        guard
            let context = stored.record.headers[DeadLetterHeader.traceparent].flatMap(
                TraceContext.init(traceparent:))
        else {
            _ = await submit(relayed.command)
            return
        }
        _ = await context.asCurrent { await submit(relayed.command) }
    }

    /// Too late: said once, so that who asks with the same key hears it.
    private func refuse(_ relayed: RelayedCommand) async throws(PortError) {
        let (key, now) = (relayed.command.key, time.now())
        try await bounded(by: .seconds(5), "the record store", time: time) { [records] () throws(PortError) in
            guard try await records.outcome(ofCommand: key) == nil else { return }
            let outcome = CommandOutcome.refused(
                sentence: "the engine came to it after its end at \(relayed.expiresAt.iso8601); nothing was done")
            try await records.append([
                JournalEntry(
                    at: now, kind: .audit, actor: relayed.command.author, subject: relayed.command.action.subject,
                    text: "not carried out, too late: \(relayed.command.action.sentence)",
                    facility: relayed.command.action.facility, commandKey: key)
            ])
            try await records.record(outcome: outcome, ofCommand: key, at: now)
        }
    }
}

/// The audit trail says that somebody began with the command in the minute before `moment`, or later.
private func hasBegun(
    _ command: OperatorCommand, at moment: UTCInstant, _ records: any RecordStore, _ time: Timekeeper
) async throws(PortError) -> Bool {
    let range = TimeRange(start: moment.advanced(by: .seconds(-60)), end: time.now().advanced(by: .seconds(1)))
    let entries = try await bounded(by: .seconds(2), "the audit trail", time: time) { () throws(PortError) in
        try await records.journal(JournalQuery(kinds: [.audit], range: range, limit: 1_000))
    }
    return entries.contains { $0.commandKey == command.key && $0.text.hasPrefix("asked") }
}

extension OperatorCommand.Action {
    /// Only a running engine can do it.
    package var isForEngine: Bool {
        switch self {
        case .createEvent, .approveEvent, .cancelEvent, .optOut, .retryCommand, .settleByHand, .overridePoint,
            .extendOverride, .releaseOverride, .releaseBuilding, .recomputeReports, .tripBreaker, .resetBreaker,
            .enterProfile,
            .removeProfile, .setLogLevel:
            true
        case .replayDeadLetters, .discardDeadLetters, .editDeadLetter, .redrive, .pauseRedrive, .resumeRedrive,
            .cancelRedrive, .addNote, .importFacilities, .enforceRetentionNow, .recompute:
            false
        }
    }
}
