import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// Sends readings of refused writes again by itself, with growing pauses (TSDB-02): what refused them may be mended by then.
/// After the last attempt a letter is quarantined and waits for a person.
final class LetterRetryService: Service {
    private let records: any RecordStore
    private let desk: DeadLetterDesk
    private let settings: EngineSettings.DeadLetters
    private let time: Timekeeper
    private let journal: Journal
    private let logger: Logger
    /// Letters up to this one were looked at; the next turn goes on from there, and begins anew after the last.
    private let reached = Mutex<Int64>(0)

    private static let page = 200

    init(
        records: any RecordStore, desk: DeadLetterDesk, settings: EngineSettings.DeadLetters, time: Timekeeper,
        journal: Journal, logger: Logger
    ) {
        self.records = records
        self.desk = desk
        self.settings = settings
        self.time = time
        self.journal = journal
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while await time.pause(settings.retryInterval) { await turn() }
        }
    }

    func turn() async {
        do throws(PortError) {
            let now = time.now()
            let due = try await nextLetters().filter { isDue($0, at: now) }.compactMap(\.number)
            guard !due.isEmpty else { return }
            let tally = try await desk.replay(due, at: now)
            journal.note(
                "sent \(tally.replayed) of \(due.count) refused writes again", of: "dead-letters",
                by: "service:dead-letters")
        } catch {
            logger.warning("refused writes not sent again", metadata: ["error": "\(error)"])
        }
    }

    /// A page of pending ones, in turn: neither old nor new ones can keep the others from being looked at.
    private func nextLetters() async throws(PortError) -> [DeadLetter] {
        let query = DeadLetterQuery(topic: Topic.seriesWritesDeadLetters.name, state: .pending)
        let after = reached.withLock { $0 }
        let letters = try await bounded(by: .seconds(5), "reading dead letters", time: time) {
            [records] () throws(PortError) in
            let numbers = try await records.letterNumbers(
                of: .matching(query, through: .max), in: [.pending], after: after, limit: LetterRetryService.page)
            var letters: [DeadLetter] = []
            for number in numbers {
                if let letter = try await records.deadLetter(number) { letters.append(letter) }
            }
            return letters
        }
        reached.withLock { $0 = letters.count < LetterRetryService.page ? 0 : letters.last?.number ?? 0 }
        return letters
    }

    /// The pauses of its attempts so far and of the next have passed since it was first seen.
    private func isDue(_ letter: DeadLetter, at now: UTCInstant) -> Bool {
        guard letter.attempts < settings.replayAttempts else { return false }
        var (pause, whole) = (settings.retryFirst, settings.retryFirst)
        for _ in 0..<letter.attempts {
            pause *= 4
            whole += pause
        }
        return now.since(letter.firstSeen) >= whole
    }
}
