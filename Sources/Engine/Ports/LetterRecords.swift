import EnergyModel

extension LetterSelection {
    /// States in which a replay takes a letter of this selection. Quarantined ones only when they are asked for: by number,
    /// or by a query for quarantined letters.
    package var replayable: Set<DeadLetter.State> {
        switch self {
        case .numbers: [.pending, .quarantined]
        case .matching(let query, _): query.state == .quarantined ? [.quarantined] : [.pending]
        }
    }

    /// States in which a letter may be edited or discarded.
    package static let open: Set<DeadLetter.State> = [.pending, .quarantined]
}

/// What came of the attempt to put an edit beside a letter.
package enum LetterEditing: Sendable, Hashable {
    case stored
    case missing
    /// The letter's edit has this edition by now, 0 for none.
    case superseded(edition: Int)
    /// It was replayed or discarded.
    case closed(DeadLetter.State)
}

extension DeadLetter {
    /// Why an edit cannot be put beside the letter as it stands; nil when it can. `.stored`: it lies there already.
    package func refusal(of new: Edit) -> LetterEditing? {
        guard LetterSelection.open.contains(state) else { return .closed(state) }
        if let edit, edit.edition == new.edition, edit.author == new.author, edit.payload == new.payload {
            return .stored
        }
        let edition = edit?.edition ?? 0
        return edition + 1 == new.edition ? nil : .superseded(edition: edition)
    }
}

/// What came of sending one letter again. It counts as one attempt.
package struct LetterResult: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        case replayed
        /// `reason` is the class of the failure; `isLast` when the limit of attempts is reached, which quarantines the letter.
        case failed(reason: String, sentence: String, isLast: Bool)
    }

    package var number: Int64
    /// State and edition (0: no edit) of the letter that was sent. When one is another by now, the letter stays as it is.
    package var state: DeadLetter.State
    package var edition: Int
    package var outcome: Outcome

    package init(of letter: DeadLetter, number: Int64, _ outcome: Outcome) {
        self.number = number
        state = letter.state
        edition = letter.edit?.edition ?? 0
        self.outcome = outcome
    }

    package var newState: DeadLetter.State {
        switch outcome {
        case .replayed: .replayed
        case .failed(_, _, let isLast): isLast ? .quarantined : .pending
        }
    }

    /// Nil: the letter keeps the one it has.
    package var note: String? {
        if case .failed(_, let sentence, _) = outcome { sentence } else { nil }
    }
}

/// One step of a redrive: letters sent, and how far it got. Stored whole or not at all, so its counts are true after a crash
/// at any moment.
package struct RedriveStep: Sendable, Hashable {
    /// What `reached` was when the step began. When it is another by now, somebody took the step, and nothing is stored.
    package var after: Int64
    package var reached: Int64
    package var results: [LetterResult]
    /// Letters that had been dealt with when their turn came.
    package var passedOver: Int

    package init(after: Int64, reached: Int64, results: [LetterResult], passedOver: Int) {
        self.after = after
        self.reached = reached
        self.results = results
        self.passedOver = passedOver
    }
}

extension Redrive {
    /// Letters a second that may be asked for.
    package static let rates = 1...100_000

    /// What people and the engine decide about a redrive, apart from how far it got: each changes without touching the other.
    package struct Standing: Sendable, Hashable {
        package var state: State
        /// Set when the engine paused it; a pause without a note is a person's.
        package var note: String?

        package init(_ state: State, note: String? = nil) {
            self.state = state
            self.note = note
        }
    }

    package var standing: Standing {
        get { Standing(state, note: note) }
        set { (state, note) = (newValue.state, newValue.note) }
    }

    package var isFinished: Bool { state == .cancelled || state == .done }

    /// Takes a step in: `changed` are the letters it changed, the others had been dealt with meanwhile. False, and nothing
    /// changes, when the step began elsewhere than where the redrive stands.
    package mutating func take(_ step: RedriveStep, changed: Set<Int64>, at now: UTCInstant) -> Bool {
        guard step.after == reached else { return false }
        reached = step.reached
        passedOver += step.passedOver
        for result in step.results {
            guard changed.contains(result.number) else {
                passedOver += 1
                continue
            }
            switch result.outcome {
            case .replayed: replayed += 1
            case .failed(let reason, _, let isLast):
                failed += 1
                if isLast { quarantined += 1 }
                count(failure: reason)
            }
        }
        // A letter that matched only after the beginning.
        total = max(total, handled)
        changedAt = max(changedAt, now)
        return true
    }

    private mutating func count(failure reason: String) {
        let hasRoom = failures.count < Redrive.failureKinds - 1 || failures[reason] != nil
        failures[hasRoom ? reason : Redrive.otherFailures, default: 0] += 1
    }
}
