import EnergyModel
import Ports

/// Dead letters of the scope's facilities. One that names no facility, or whose facility cannot be read, is nobody's but
/// theirs who see all.
extension ScopedLink {
    package func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage {
        try await inner.deadLetters(try narrowed(query))
    }

    package func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter? {
        let letter = try await inner.deadLetter(number)
        guard let narrowing else { return letter }
        return letter?.facility.map(narrowing.facilities.contains) == true ? letter : nil
    }

    package func check(deadLetter number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck {
        try await requireVisible(letters: [number])
        return try await inner.check(deadLetter: number, payload: payload)
    }

    package func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun {
        try await inner.dryRun(try await narrowed(selection))
    }

    package func redrives() async throws(PortError) -> [Redrive] {
        try await inner.redrives().filter(isVisible)
    }

    /// One's own, and those whose selection says that it is about facilities of the scope alone.
    func isVisible(_ redrive: Redrive) -> Bool {
        guard let narrowing, redrive.author != identity.author else { return true }
        guard case .matching(let query, _) = redrive.selection else { return false }
        let named = query.facility.map { [$0] } ?? query.among
        return named?.isSubset(of: narrowing.facilities) ?? false
    }

    func narrowed(_ query: DeadLetterQuery) throws(PortError) -> DeadLetterQuery {
        var query = query
        if let facility = query.facility { try requireVisible(facility) }
        query.among = narrowed(query.among)
        return query
    }

    func narrowed(_ selection: LetterSelection) async throws(PortError) -> LetterSelection {
        guard narrowing != nil else { return selection }
        switch selection {
        case .numbers(let numbers):
            try await requireVisible(letters: numbers)
            return selection
        case .matching(let query, let through): return .matching(try narrowed(query), through: through)
        }
    }

    /// How many letters a scoped caller names at once: each is looked up.
    static let mostNamedLetters = 200

    func requireVisible(letters numbers: [Int64]) async throws(PortError) {
        guard narrowing != nil else { return }
        guard numbers.count <= Self.mostNamedLetters else {
            throw PortError(
                .invalid, "Name at most \(Self.mostNamedLetters) letters; select more by facility, reason or state.")
        }
        for number in numbers where try await deadLetter(number) == nil { throw .noSuchLetter(number) }
    }
}
