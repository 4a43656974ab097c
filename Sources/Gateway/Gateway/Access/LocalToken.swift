import Crypto
import EnergyModel
import Foundation
import Ports

/// What a person at the engine's own machine proves that with: made anew at each start and written to a file that only the
/// engine's user can read. Taken from a loopback address alone.
package struct LocalToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// Begins every local token, so that none is ever taken for another kind.
    package static let prefix = "swl_"
    /// Begins the name of whoever comes with one.
    static let namePrefix = "local:"

    /// To be written to the file, and nowhere else.
    package let text: String
    private let digest: SHA256.Digest
    let identity: OperatorIdentity

    /// - Parameters:
    ///   - user: the engine's user on this machine, for the audit trail.
    ///   - randomness: 64 unpredictable bits a call.
    package init(user: String, randomness: () -> UInt64) {
        text = Self.prefix + opaqueText(randomness)
        digest = SHA256.hash(data: Data(text.utf8))
        identity = OperatorIdentity(name: Self.namePrefix + user, role: .supervisor, scope: .all)
    }

    /// Digests are compared, in constant time.
    func matches(_ candidate: String) -> Bool { SHA256.hash(data: Data(candidate.utf8)) == digest }

    package var description: String { "a local token" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// 256 unpredictable bits as 43 characters.
func opaqueText(_ randomness: () -> UInt64) -> String {
    let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: randomness()) { Array($0) } }
    return Base64URL.encode(bytes)
}

/// Of an address without its port, as a channel tells it; `local` is a Unix socket. False for a name.
func isLoopback(_ client: String) -> Bool {
    let address = client.hasPrefix("::ffff:") ? client.dropFirst("::ffff:".count) : client[...]
    if address == "local" || address == "::1" { return true }
    let parts = address.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return parts.count == 4 && parts.first == 127 && parts.allSatisfy { $0 != nil }
}
