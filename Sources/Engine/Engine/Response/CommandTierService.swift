import DemandResponse
import EnergyModel
import Logging
import Ports
import ServiceLifecycle

/// Takes failed commands through their tiers. Where each stands is in its dead letter, so a restart forgets nothing, and a
/// command that waits for its tier delays no other.
final class CommandTierService: Service {
    private let coordinator: Coordinator
    private let letters: any RecordStore
    private let escalator: Escalator
    private let settings: EngineSettings.Response
    private let time: Timekeeper
    private let journal: Journal
    private let logger: Logger
    private let tiers: CommandTiers

    init(
        coordinator: Coordinator, letters: any RecordStore, escalator: Escalator, settings: EngineSettings.Response,
        time: Timekeeper, journal: Journal, logger: Logger
    ) {
        self.coordinator = coordinator
        self.letters = letters
        self.escalator = escalator
        self.settings = settings
        self.time = time
        self.journal = journal
        self.logger = logger
        tiers = CommandTiers(waits: settings.followUp.tiers)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while await time.pause(settings.followUp.tierInterval) { await turn() }
        }
    }

    func turn() async {
        // Before every event is loaded a missing one need not be over.
        guard coordinator.isComplete else { return }
        do throws(PortError) {
            for letter in try await pending() { try await work(letter) }
            // A retry that failed once more makes no second letter: the first one opens again.
            for letter in try await page(.replayed) { try await reopen(letter) }
        } catch {
            logger.warning("failed commands not looked at", metadata: ["error": "\(error)"])
        }
    }

    /// All that are pending, for each has its time; in pages, up to a bound that no day reaches.
    private func pending() async throws(PortError) -> [DeadLetter] {
        var found: [DeadLetter] = []
        while found.count < CommandTierService.most {
            let next = try await page(.pending, before: found.last?.number)
            found += next
            if next.count < CommandTierService.pageSize { break }
        }
        return found
    }

    private static let pageSize = 500
    private static let most = 20_000

    /// Newest first.
    private func page(_ state: DeadLetter.State, before: Int64? = nil) async throws(PortError) -> [DeadLetter] {
        let query = DeadLetterQuery(
            topic: Topic.buildingFailures.name, state: state, before: before, limit: CommandTierService.pageSize)
        return try await bounded(by: settings.commitTimeout, "reading dead letters", time: time) {
            [letters] () throws(PortError) in try await letters.deadLetters(query)
        }.letters
    }

    private func work(_ letter: DeadLetter) async throws(PortError) {
        guard let failed = FailedCommand(letter), !coordinator.isDamaged(failed.event) else { return }
        let now = time.now()
        switch tiers.move(
            attempts: letter.attempts, firstSeen: letter.firstSeen, command: command(failed), now: now)
        {
        case .wait: break
        case .resolve: try await change(letter, to: .replayed, "confirmed after a retry")
        case .close(let why): try await change(letter, to: .discarded, why)
        case .retry: try await retry(failed, letter)
        case .escalate:
            try await change(letter, to: .quarantined, "sent again \(letter.attempts) times without success")
            await escalator.escalate(
                subject: "dr-event:\(failed.event)",
                "Command #\(failed.sequence) of event \(failed.event) at \(failed.facility) failed \(letter.attempts + 1) "
                    + "times. Set the point at the building by hand, or retry it: "
                    + "switchyard events retry \(failed.event) \(failed.facility) \(failed.sequence).",
                facility: failed.facility)
        }
    }

    private func retry(_ failed: FailedCommand, _ letter: DeadLetter) async throws(PortError) {
        // Counted before it acts: a crash in between costs one attempt and never repeats one for ever.
        try await change(letter, to: .pending, letter.note, countsAsAttempt: true)
        let reply = try await coordinator.change(failed.event, by: "engine") { saga, _, moment in
            saga.retried(failed.facility, sequence: failed.sequence, moment)
        }
        journal.note(
            reply.refusal
                ?? "command #\(failed.sequence) is sent again, attempt \(letter.attempts + 1) after its failure",
            of: "dr-event:\(failed.event)", by: "service:command-tiers", about: failed.facility)
    }

    private func reopen(_ letter: DeadLetter) async throws(PortError) {
        guard let failed = FailedCommand(letter), let command = command(failed), command.progress.phase == .failed,
            command.plan.endsAt > time.now()
        else { return }
        try await change(letter, to: .pending, "failed again")
    }

    private func command(_ failed: FailedCommand) -> BuildingCommand? {
        coordinator.event(failed.event)?.saga.commands.first {
            $0.facility == failed.facility && $0.plan.sequence == failed.sequence
        }
    }

    private func change(
        _ letter: DeadLetter, to state: DeadLetter.State, _ note: String?, countsAsAttempt: Bool = false
    ) async throws(PortError) {
        guard let number = letter.number else { return }
        try await bounded(by: settings.commitTimeout, "changing a dead letter", time: time) {
            [letters] () throws(PortError) in
            _ = try await letters.changeDeadLetters(
                [number], from: [letter.state], to: state, note: note, countsAsAttempt: countsAsAttempt)
        }
    }
}

/// Which command a letter of `bms-failures` is about.
struct FailedCommand: Hashable, Sendable {
    var event: DREventID
    var facility: FacilityID
    var sequence: Int

    init(event: DREventID, facility: FacilityID, sequence: Int) {
        self.event = event
        self.facility = facility
        self.sequence = sequence
    }

    /// Nil when the letter does not say.
    init?(_ letter: DeadLetter) {
        guard let event = letter.headers[InboundForm.eventHeader].flatMap({ DREventID($0) }),
            let facility = letter.headers[InboundForm.facilityHeader].flatMap({ FacilityID($0) }),
            let sequence = letter.headers[InboundForm.sequenceHeader].flatMap({ Int($0) })
        else { return nil }
        self.init(event: event, facility: facility, sequence: sequence)
    }
}

/// Tells the journal, and the person on call if there is a way to.
struct Escalator: Sendable {
    let hook: EscalationHook?
    let timeout: Duration
    let time: Timekeeper
    let journal: Journal
    let logger: Logger

    /// Best effort: the journal keeps it in any case.
    func escalate(subject: String, _ sentence: String, facility: FacilityID?) async {
        note(subject: subject, sentence, facility: facility)
        do throws(PortError) {
            try await tell(subject: subject, sentence, facility: facility)
        } catch {
            logger.error("the person on call was not told", metadata: ["text": "\(sentence)", "error": "\(error)"])
        }
    }

    func note(subject: String, _ sentence: String, facility: FacilityID?) {
        journal.note("for the person on call: \(sentence)", of: subject, by: "engine", about: facility)
    }

    /// Throws when the person on call was not told.
    func tell(subject: String, _ sentence: String, facility: FacilityID?) async throws(PortError) {
        guard let hook else { return }
        let escalation = Escalation(subject: subject, sentence: sentence, facility: facility, at: time.now())
        try await bounded(by: timeout, "the escalation", time: time) { () throws(PortError) in
            try await hook(escalation)
        }
    }
}
