import EnergyModel
import Logging
import Ports
import ServiceLifecycle

/// Sends readings of refused writes again by itself, with growing pauses (TSDB-02): what refused them may be mended by then.
/// After the last attempt a letter is quarantined and waits for a person.
final class LetterRetryService: Service {
    private let records: any RecordStore
    private let desk: DeadLetterDesk
    private let settings: EngineSettings.DeadLetters
    private let time: Timekeeper
    private let journal: Journal
    private let logger: Logger

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
            let query = DeadLetterQuery(topic: Topic.seriesWritesDeadLetters.name, state: .pending, limit: 200)
            let page = try await bounded(by: .seconds(5), "reading dead letters", time: time) {
                [records] () throws(PortError) in try await records.deadLetters(query)
            }
            let now = time.now()
            let due = page.letters.filter { isDue($0, at: now) }.compactMap(\.number)
            guard !due.isEmpty else { return }
            let tally = try await desk.replay(due, at: now)
            journal.note(
                "sent \(tally.replayed) of \(due.count) refused writes again", of: "dead-letters",
                by: "service:dead-letters")
        } catch {
            logger.warning("refused writes not sent again", metadata: ["error": "\(error)"])
        }
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
