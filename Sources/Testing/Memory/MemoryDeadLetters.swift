import EnergyModel
import Ports
import Synchronization

extension MemoryRecordStore {
    package func add(_ letters: [DeadLetter]) async throws(PortError) -> Int {
        try await faults.pass(storing: true)
        return state.withLock { state in
            var added = 0
            for var letter in letters {
                if let origin = origin(of: letter), !state.origins.insert(origin).inserted { continue }
                letter.number = (state.letters.last?.number ?? 0) + 1
                state.letters.append(letter)
                added += 1
            }
            return added
        }
    }

    package func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter? {
        try await faults.pass()
        return state.withLock { state in state.letters.first { $0.number == number } }
    }

    package func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage {
        try await faults.pass()
        return state.withLock { state in
            let matching = state.letters.reversed().filter { matches($0, query) }
            let page = matching.filter { letter in query.before.map { (letter.number ?? 0) < $0 } ?? true }
            return DeadLetterPage(letters: Array(page.prefix(query.limit)), matching: matching.count)
        }
    }

    package func deadLetterCounts() async throws(PortError) -> [DeadLetterCount] {
        try await faults.pass()
        return state.withLock { state in
            let groups = Dictionary(grouping: state.letters) { [$0.topic, $0.reason, $0.state.rawValue] }
            let counts = groups.values.compactMap { letters -> DeadLetterCount? in
                guard let first = letters.first, let newest = letters.map(\.firstSeen).max() else { return nil }
                return DeadLetterCount(
                    topic: first.topic, reason: first.reason, state: first.state, count: letters.count, newest: newest)
            }
            return counts.sorted { ($0.topic, $0.reason, $0.state.rawValue) < ($1.topic, $1.reason, $1.state.rawValue) }
        }
    }

    package func changeDeadLetters(
        _ numbers: [Int64], from: Set<DeadLetter.State>, to target: DeadLetter.State, note: String?,
        countsAsAttempt: Bool
    ) async throws(PortError) -> [Int64] {
        try await faults.pass(storing: true)
        return state.withLock { state in
            var changed: [Int64] = []
            for number in numbers {
                guard let index = state.letters.firstIndex(where: { $0.number == number }),
                    from.contains(state.letters[index].state)
                else { continue }
                state.letters[index].state = target
                state.letters[index].note = note ?? state.letters[index].note
                if countsAsAttempt { state.letters[index].attempts += 1 }
                changed.append(number)
            }
            return changed
        }
    }
}

/// What makes two dead letters the same one; nil when the letter does not say where it came from.
private func origin(of letter: DeadLetter) -> [String]? {
    guard let topic = letter.headers[DeadLetterHeader.topic],
        let partition = letter.headers[DeadLetterHeader.partition],
        let offset = letter.headers[DeadLetterHeader.offset]
    else { return nil }
    return [letter.topic, topic, partition, offset]
}

func matches(_ letter: DeadLetter, _ query: DeadLetterQuery) -> Bool {
    (query.topic == nil || letter.topic == query.topic)
        && (query.reason == nil || letter.reason == query.reason)
        && (query.state == nil || letter.state == query.state)
        && (query.facility == nil || letter.facility == query.facility)
        && (query.among.map { among in letter.facility.map(among.contains) ?? false } ?? true)
        && (query.text.map { contains(letter, $0) } ?? true)
}

private func contains(_ letter: DeadLetter, _ text: String) -> Bool {
    let payload = String(decoding: letter.payload, as: UTF8.self)
    return ([payload, letter.message] + letter.headers.values).contains { $0.lowercased().contains(text.lowercased()) }
}
