import EnergyModel
import Ports

/// Replays, edits and discards dead letters for a person, at once. Needs only the ports, so it also serves a one-shot command.
struct DeadLetterDesk: Sendable {
    let records: any RecordStore
    var sender: LetterSender
    let settings: EngineSettings.DeadLetters

    /// Most letters that are replayed at once, or named in a selection.
    static let handful = 1_000
    static let mostNumbers = 10_000
    /// Letters sent or discarded in one go, and most bytes of theirs.
    static let batch = 100
    static let batchBytes = 4 << 20

    struct Tally: Sendable, Equatable {
        var replayed = 0
        var failed = 0
        var quarantined = 0
        var passedOver = 0
        /// Why the first failed one failed.
        var firstFailure: String?
    }

    /// Letters that are pending or quarantined; others are passed over. Throws when ingest takes nothing any more.
    func replay(_ numbers: [Int64], at now: UTCInstant) async throws(PortError) -> Tally {
        var tally = Tally()
        var rest = numbers[...]
        while !rest.isEmpty {
            let taken = try await load(rest, states: LetterSelection.open)
            rest = rest.dropFirst(taken.seen)
            tally.passedOver += taken.passedOver
            let sending = await sender.send(taken.letters, at: now)
            let changed = Set(try await records.settle(sending.results))
            for result in sending.results { tally.take(result, changed: changed.contains(result.number)) }
            if let stop = sending.stop {
                throw PortError(stop.code, "\(tally.replayed) replayed, then no more: \(stop.description)")
            }
        }
        return tally
    }

    struct Taken: Sendable {
        var letters: [DeadLetter] = []
        var passedOver = 0
        /// How many numbers were looked at, and the last of them.
        var seen = 0
        var last: Int64 = 0
    }

    /// The first few letters, in order: as many as fit in a batch of `most` and in its bytes, one at least.
    func load(
        _ numbers: ArraySlice<Int64>, states: Set<DeadLetter.State>, most: Int = batch
    ) async throws(PortError) -> Taken {
        var (taken, bytes) = (Taken(), 0)
        for number in numbers.prefix(most) where bytes < DeadLetterDesk.batchBytes {
            let letter = try await records.deadLetter(number)
            taken.seen += 1
            taken.last = number
            if let letter, states.contains(letter.state) {
                bytes += letter.currentPayload.count
                taken.letters.append(letter)
            } else {
                taken.passedOver += 1
            }
        }
        return taken
    }

    /// Returns how many changed; those already replayed or discarded stay. In small transactions.
    func discard(_ selection: LetterSelection, because reason: String) async throws(PortError) -> Int {
        var (count, reached): (Int, Int64) = (0, .min)
        while true {
            let numbers = try await records.letterNumbers(
                of: selection, in: LetterSelection.open, after: reached, limit: DeadLetterDesk.batch)
            guard let last = numbers.last else { return count }
            count += try await records.changeDeadLetters(
                numbers, from: LetterSelection.open, to: .discarded, note: reason, countsAsAttempt: false
            ).count
            reached = last
        }
    }
}

extension DeadLetterDesk.Tally {
    fileprivate mutating func take(_ result: LetterResult, changed: Bool) {
        guard changed else { return passedOver += 1 }
        switch result.outcome {
        case .replayed: replayed += 1
        case .failed(_, let sentence, let isLast):
            failed += 1
            if isLast { quarantined += 1 }
            firstFailure = firstFailure ?? sentence
        }
    }
}
