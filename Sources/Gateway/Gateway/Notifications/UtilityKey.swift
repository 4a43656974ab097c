import Crypto
import Foundation

/// What one utility proves itself with at the webhook (ledger SEC-03). Holds a digest of its bearer token and keys made
/// from its secrets, never their text; its description names the utility and nothing else.
package struct UtilityKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// 1-64 of `A-Z a-z 0-9 . _ -`; a metric label, and the utility's name in records.
    package let name: String
    /// A bearer token alone is enough; a signature is checked where one comes. To be shown wherever the utility is shown.
    package let isUnsignedAllowed: Bool
    let tokenDigest: SHA256.Digest?
    /// Newest first or not: all are tried, so that a secret can be changed without a gap.
    let secrets: [WebhookSecret]

    /// - Parameters:
    ///   - bearerToken: 16 or more visible ASCII characters; must then come with every request.
    ///   - secrets: Standard Webhooks secrets, `whsec_` and base64 of 16-128 bytes; several during a change.
    ///   - isUnsignedAllowed: without it a key needs a secret and every request a signature. Needs a bearer token.
    package init(
        name: String, bearerToken: String? = nil, secrets: [String] = [], isUnsignedAllowed: Bool = false
    ) throws(UtilityKeyError) {
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(isNameByte) else {
            throw UtilityKeyError("a utility's name has 1-64 letters, digits, '.', '_' or '-'")
        }
        if let bearerToken {
            guard bearerToken.utf8.count >= 16, bearerToken.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw UtilityKeyError("the bearer token of utility \(name) needs 16 or more visible ASCII characters")
            }
        }
        guard secrets.count <= Self.maximumSecrets else {
            throw UtilityKeyError("utility \(name) has more than \(Self.maximumSecrets) secrets: remove the old ones")
        }
        guard bearerToken != nil || !isUnsignedAllowed else {
            throw UtilityKeyError("utility \(name) may send unsigned and so needs a bearer token")
        }
        guard !secrets.isEmpty || isUnsignedAllowed else {
            throw UtilityKeyError("utility \(name) has no secret: give it one, or allow it to send unsigned")
        }
        self.name = name
        self.isUnsignedAllowed = isUnsignedAllowed
        tokenDigest = bearerToken.map { SHA256.hash(data: Data($0.utf8)) }
        var keys: [WebhookSecret] = []
        for secret in secrets {
            guard let key = WebhookSecret(secret) else {
                throw UtilityKeyError("a secret of utility \(name) is not 'whsec_' and base64 of 16-128 bytes")
            }
            keys.append(key)
        }
        self.secrets = keys
    }

    /// The keys themselves when each has a name and a bearer token of its own.
    package static func distinct(_ keys: [UtilityKey]) throws(UtilityKeyError) -> [UtilityKey] {
        for (index, key) in keys.enumerated() {
            for other in keys[..<index] {
                if other.name == key.name { throw UtilityKeyError("two utilities are named \(key.name)") }
                if let digest = key.tokenDigest, digest == other.tokenDigest {
                    throw UtilityKeyError("utilities \(other.name) and \(key.name) have the same bearer token")
                }
            }
        }
        return keys
    }

    private static let maximumSecrets = 4

    package var description: String { name }
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

/// Names the utility and the rule, never a secret.
package struct UtilityKeyError: Error, Hashable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, 45, 46, 95: true
    default: false
    }
}
