import Crypto
import EnergyModel
import Foundation
import Ports

/// An `X-API-Key` of a program: of a utility, of a dashboard, of a meter gateway (ledger SEC-03). Holds the key's digest, not
/// the key. It is taken away by taking it out of the configuration.
package struct ProgramKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// What a program may do.
    package enum Rights: Sendable, Hashable {
        /// Bring readings, and nothing else.
        case meter
        case role(OperatorRole)

        package init?(_ text: String) {
            if text == "meter" {
                self = .meter
            } else if let role = OperatorRole(rawValue: text) {
                self = .role(role)
            } else {
                return nil
            }
        }
    }

    /// Begins the name of whoever comes with a key.
    static let namePrefix = "key:"
    package static let leastLength = 24

    package let name: String
    package let rights: Rights
    package let scope: FacilityScope
    private let digest: SHA256.Digest

    /// - Parameters:
    ///   - name: 1-64 of `A-Z a-z 0-9 . _ -`; stands in the audit trail and in metrics.
    ///   - key: 24-256 visible ASCII characters.
    package init(name: String, key: String, rights: Rights, scope: FacilityScope) throws(ProgramKeyError) {
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ isIdentifier([$0]) && $0 != 0x3A }) else {
            throw ProgramKeyError("a key's name has 1-64 letters, digits, '.', '_' or '-'")
        }
        guard (Self.leastLength...256).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw ProgramKeyError("the key \(name) needs \(Self.leastLength)-256 visible ASCII characters")
        }
        self.name = name
        self.rights = rights
        self.scope = scope
        digest = SHA256.hash(data: Data(key.utf8))
    }

    var identity: OperatorIdentity {
        let role: OperatorRole = if case .role(let role) = rights { role } else { .viewer }
        return OperatorIdentity(name: Self.namePrefix + name, role: role, scope: scope)
    }

    /// The key among `keys` that a candidate is. All are compared, digest with digest, so the time taken tells nothing.
    static func find(_ candidate: String, among keys: [ProgramKey]) -> ProgramKey? {
        let digest = SHA256.hash(data: Data(candidate.utf8))
        return keys.reduce(nil) { found, key in key.digest == digest ? key : found }
    }

    /// The keys themselves when each has a name and a text of its own.
    package static func distinct(_ keys: [ProgramKey]) throws(ProgramKeyError) -> [ProgramKey] {
        for (index, key) in keys.enumerated() {
            for other in keys[..<index] {
                if other.name == key.name { throw ProgramKeyError("two keys are named \(key.name)") }
                if other.digest == key.digest {
                    throw ProgramKeyError("the keys \(other.name) and \(key.name) are the same; give each its own")
                }
            }
        }
        return keys
    }

    package var description: String { name }
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

/// Names the key and the rule, never its text.
package struct ProgramKeyError: Error, Hashable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
