import ArgumentParser
import EnergyModel
import Ports

/// Which dead letters, by what they are.
struct LetterFilterOptions: ParsableArguments {
    @Option(help: "Only this topic, e.g. sensor-readings-dlt.") var topic: String?
    @Option(help: "Only this reason, e.g. malformed_json.") var reason: String?
    @Option(help: "pending, replayed, discarded or quarantined.") var state: String?
    @Option(help: "Only those of this facility.") var facility: String?
    @Option(help: "Only those with this text in payload, message or headers.") var text: String?

    var isEmpty: Bool { [topic, reason, state, facility, text].allSatisfy { $0 == nil } }

    func query(limit: Int = 1) throws -> DeadLetterQuery {
        var query = DeadLetterQuery(topic: topic, reason: reason, text: text, limit: limit)
        query.facility = try facility.map(facilityID)
        if let state {
            guard let known = DeadLetter.State(rawValue: state) else {
                throw CommandFailure(.usage, "--state is pending, replayed, discarded or quarantined")
            }
            query.state = known
        }
        return query
    }
}

/// Which dead letters an act is about: numbers, or all that match now. Nothing at all is never "all".
struct SelectionOptions: ParsableArguments {
    @Argument(help: "Numbers of letters; without any, the options say which.") var numbers: [Int64] = []
    @OptionGroup var filter: LetterFilterOptions
    @Flag(help: "All letters, where neither a number nor another option says which.") var all = false

    func validate() throws {
        let ways = [!numbers.isEmpty, !filter.isEmpty, all].count { $0 }
        guard ways == 1 else {
            throw ValidationError(
                "Say which letters: by their numbers, or by --topic, --reason, --state, --facility and --text, or --all."
            )
        }
    }

    /// What comes after this moment is not swept along.
    func selection(at desk: Desk) async throws -> LetterSelection {
        guard numbers.isEmpty else { return .numbers(numbers) }
        let newest = try await desk.link.deadLetters(DeadLetterQuery(limit: 1)).letters.first?.number ?? 0
        return .matching(try filter.query(), through: newest)
    }
}
