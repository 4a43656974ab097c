/// One numbered step of a file's schema, with its way back (ledger REL-09).
package struct Migration: Sendable {
    package enum Phase: Sendable, Hashable {
        /// Adds only: the release before still runs on the result (ledger REL-10).
        case expand
        /// Takes away or tightens what the expand migration of that number, of an earlier release, replaced.
        case contract(after: Int)
    }

    package let number: Int
    package let name: String
    package let phase: Phase
    package let up: String
    package let down: String

    package init(_ number: Int, _ name: String, _ phase: Phase = .expand, up: String, down: String) {
        self.number = number
        self.name = name
        self.phase = phase
        self.up = up
        self.down = down
    }

    /// FNV-1a (64 bit) of both scripts, in hexadecimal: an applied migration must never be edited.
    package var checksum: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in up.utf8 + [0] + down.utf8 {
            hash ^= UInt64(byte)
            hash &*= 0x0000_0100_0000_01B3
        }
        return String(hash, radix: 16)
    }
}

/// A migration as a file says it was applied.
package struct AppliedMigration: Sendable, Hashable {
    package var number: Int
    package var name: String
    package var checksum: String
    package init(number: Int, name: String, checksum: String) {
        self.number = number
        self.name = name
        self.checksum = checksum
    }
}

package enum MigrationRefusal: Error, Hashable, CustomStringConvertible {
    case newerSchema(applied: Int, known: Int)
    case edited(number: Int, name: String)
    case gap(number: Int)

    package var description: String {
        switch self {
        case .newerSchema(let applied, let known):
            "was written by a newer Switchyard (schema \(applied), this build knows \(known)): run that version or "
                + "restore a backup from before the upgrade"
        case .edited(let number, let name):
            "was made by another form of migration \(number) \"\(name)\": run the build that made it"
        case .gap(let number): "lacks migration \(number) although later ones are applied: restore a backup"
        }
    }
}

/// What is still to be applied, in order. Pure.
package func pendingMigrations(
    known: [Migration], applied: [AppliedMigration]
) throws(MigrationRefusal) -> [Migration] {
    let newest = applied.map(\.number).max() ?? 0
    let known = known.sorted { $0.number < $1.number }
    if let last = known.last, newest > last.number { throw .newerSchema(applied: newest, known: last.number) }
    for migration in known where migration.number <= newest {
        guard let match = applied.first(where: { $0.number == migration.number }) else {
            throw .gap(number: migration.number)
        }
        if match.checksum != migration.checksum { throw .edited(number: migration.number, name: migration.name) }
    }
    return known.filter { $0.number > newest }
}
