import EnergyModel
import Ports
import Synchronization

extension MemoryRecordStore {
    package func letterNumbers(
        of selection: LetterSelection, in states: Set<DeadLetter.State>, after: Int64, limit: Int
    ) async throws(PortError) -> [Int64] {
        try await faults.pass()
        return state.withLock { state in
            let numbers = state.letters(of: selection, in: states).compactMap(\.number)
            return Array(numbers.filter { $0 > after }.prefix(max(0, limit)))
        }
    }

    package func count(
        of selection: LetterSelection, in states: Set<DeadLetter.State>
    ) async throws(PortError) -> Int {
        try await faults.pass()
        return state.withLock { $0.letters(of: selection, in: states).count }
    }

    package func edit(deadLetter number: Int64, _ edit: DeadLetter.Edit) async throws(PortError) -> LetterEditing {
        try await faults.pass(storing: true)
        return state.withLock { state in
            guard let index = state.letters.firstIndex(where: { $0.number == number }) else { return .missing }
            if let refusal = state.letters[index].refusal(of: edit) { return refusal }
            state.letters[index].edit = edit
            return .stored
        }
    }

    package func settle(_ results: [LetterResult]) async throws(PortError) -> [Int64] {
        try await faults.pass(storing: true)
        return state.withLock { $0.settle(results) }
    }

    package func begin(_ redrive: Redrive) async throws(PortError) -> Redrive {
        try await faults.pass(storing: true)
        return state.withLock { state in
            if let known = state.redrives.first(where: { $0.id == redrive.id }) { return known }
            state.redrives.append(redrive)
            return redrive
        }
    }

    package func redrive(_ id: String) async throws(PortError) -> Redrive? {
        try await faults.pass()
        return state.withLock { state in state.redrives.first { $0.id == id } }
    }

    package func redrives(in states: Set<Redrive.State>, limit: Int) async throws(PortError) -> [Redrive] {
        try await faults.pass()
        return state.withLock { state in
            Array(state.redrives.reversed().filter { states.contains($0.state) }.prefix(max(0, limit)))
        }
    }

    package func settle(
        _ step: RedriveStep, of id: String, at now: UTCInstant
    ) async throws(PortError) -> Redrive? {
        try await faults.pass(storing: true)
        return state.withLock { state in
            guard let index = state.redrives.firstIndex(where: { $0.id == id }) else { return nil }
            guard step.after == state.redrives[index].reached else { return state.redrives[index] }
            let changed = Set(state.settle(step.results))
            _ = state.redrives[index].take(step, changed: changed, at: now)
            return state.redrives[index]
        }
    }

    package func change(
        redrive id: String, from old: Redrive.Standing, to new: Redrive.Standing, at now: UTCInstant
    ) async throws(PortError) -> Bool {
        try await faults.pass(storing: true)
        return state.withLock { state in
            guard let index = state.redrives.firstIndex(where: { $0.id == id }), state.redrives[index].standing == old
            else { return false }
            state.redrives[index].standing = new
            state.redrives[index].changedAt = max(state.redrives[index].changedAt, now)
            return true
        }
    }
}

extension MemoryRecordStore.State {
    /// By ascending number: letters lie in the order of their numbers.
    fileprivate func letters(of selection: LetterSelection, in states: Set<DeadLetter.State>) -> [DeadLetter] {
        switch selection {
        case .numbers(let numbers):
            let wanted = Set(numbers)
            return letters.filter { states.contains($0.state) && wanted.contains($0.number ?? 0) }
        case .matching(let query, let through):
            return letters.filter {
                states.contains($0.state) && ($0.number ?? .max) <= through && matches($0, query)
            }
        }
    }

    fileprivate mutating func settle(_ results: [LetterResult]) -> [Int64] {
        var changed: [Int64] = []
        for result in results {
            guard let index = letters.firstIndex(where: { $0.number == result.number }),
                letters[index].state == result.state, letters[index].edit?.edition ?? 0 == result.edition
            else { continue }
            letters[index].state = result.newState
            letters[index].note = result.note ?? letters[index].note
            letters[index].attempts += 1
            changed.append(result.number)
        }
        return changed
    }
}
