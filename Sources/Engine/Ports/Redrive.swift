import EnergyModel

/// Which dead letters an action is about.
package enum LetterSelection: Sendable, Hashable, Codable {
    case numbers([Int64])
    /// All that match and have a number of at most `through`, so that what comes later is not swept along. The query's
    /// `before` and `limit` mean nothing here.
    case matching(DeadLetterQuery, through: Int64)
}

/// A replay of many dead letters, kept in the record store: it goes on after a restart where it stood, and can be paused.
package struct Redrive: Sendable, Hashable, Codable, Identifiable {
    package enum State: String, Sendable, Codable, CaseIterable {
        case running, paused, cancelled, done
    }

    /// The key of the command that began it.
    package var id: String
    package var selection: LetterSelection
    /// Letters a second, at least 1.
    package var perSecond: Int
    package var state: State
    package var author: String
    package var reason: String
    package var begunAt: UTCInstant
    package var changedAt: UTCInstant
    /// Letters are taken by ascending number; those up to this one are dealt with.
    package var reached: Int64
    /// Letters of the selection when it began.
    package var total: Int
    package var replayed: Int
    package var failed: Int
    /// Of the failed ones, those that reached the limit of attempts.
    package var quarantined: Int
    /// Dealt with by somebody else before their turn.
    package var passedOver: Int
    /// How many failed for which reason; at most `failureKinds` entries, further reasons under `other`.
    package var failures: [String: Int]
    /// Why it stands still, when the engine paused it by itself.
    package var note: String?

    package static let failureKinds = 20
    package static let otherFailures = "other"

    package init(
        id: String, selection: LetterSelection, perSecond: Int, author: String, reason: String, begunAt: UTCInstant,
        total: Int
    ) {
        self.id = id
        self.selection = selection
        self.perSecond = perSecond
        state = .running
        self.author = author
        self.reason = reason
        self.begunAt = begunAt
        changedAt = begunAt
        reached = 0
        self.total = total
        replayed = 0
        failed = 0
        quarantined = 0
        passedOver = 0
        failures = [:]
    }

    package var handled: Int { replayed + failed + passedOver }
}

/// What processing would say to a payload now. Nothing is stored or sent.
package enum LetterCheck: Sendable, Hashable, Codable {
    /// One sentence for each thing that would be taken, at most 20.
    case passes([String])
    case fails([Fault])

    package struct Fault: Sendable, Hashable, Codable {
        /// Class of the failure, e.g. `malformed_json`.
        package var reason: String
        package var sentence: String
        /// Byte of the payload where it is, when that is known.
        package var offset: Int?
        package init(reason: String, sentence: String, offset: Int? = nil) {
            self.reason = reason
            self.sentence = sentence
            self.offset = offset
        }
    }
}

/// What a replay of a selection would bring now, by reason, most frequent first.
package struct DryRun: Sendable, Hashable, Codable {
    package struct Row: Sendable, Hashable, Codable {
        /// Nil for letters that would be taken.
        package var reason: String?
        package var count: Int
        /// A letter of this row, to look at.
        package var example: Int64
        package var sentence: String
        package init(reason: String?, count: Int, example: Int64, sentence: String) {
            self.reason = reason
            self.count = count
            self.example = example
            self.sentence = sentence
        }
    }

    package var rows: [Row]
    /// Letters of the selection that can be replayed, and those looked at: at most `sampled` of them, the oldest.
    package var matching: Int
    package var examined: Int
    package static let sampled = 10_000

    package init(rows: [Row], matching: Int, examined: Int) {
        self.rows = rows
        self.matching = matching
        self.examined = examined
    }
}
