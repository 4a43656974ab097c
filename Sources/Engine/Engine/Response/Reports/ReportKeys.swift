import Crypto
import EnergyModel
import Foundation
import Ports

/// Signs reports and checks their signatures: HMAC-SHA256 over the report's place in the chain, with the utility's key where it
/// has one, else with the first. All keys check, so that one can be changed without a gap. Says the names of keys, never what
/// they are made of.
package struct ReportKeys: Sendable, CustomStringConvertible, CustomReflectable {
    package enum Verdict: Hashable, Sendable {
        case valid(key: String)
        case unsigned
        case wrong
        /// Signed with a key that is not configured here.
        case unknownKey(String)
    }

    private let keys: [(name: String, key: SymmetricKey)]

    /// Names without `:`; the same name may come twice, then the first signs and both check.
    package init(_ keys: [(name: String, secret: [UInt8])] = []) {
        self.keys = keys.map { ($0.name, SymmetricKey(data: $0.secret)) }
    }

    package var isEmpty: Bool { keys.isEmpty }
    package var description: String { keys.map(\.name).joined(separator: ", ") }
    package var customMirror: Mirror { Mirror(self, children: ["names": keys.map(\.name)]) }

    /// Nil without keys. `hash` is the record's.
    package func signature(over hash: String, for utility: String?) -> String? {
        guard let key = keys.first(where: { $0.name == utility }) ?? keys.first else { return nil }
        let code = HMAC<SHA256>.authenticationCode(for: ReportKeys.text(hash), using: key.key)
        return "\(ReportKeys.algorithm):\(key.name):\(Data(code).base64EncodedString())"
    }

    /// Compares in constant time.
    package func check(_ record: ParticipationRecord) -> Verdict {
        guard let signature = record.signature else { return .unsigned }
        let parts = signature.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == ReportKeys.algorithm, let code = Data(base64Encoded: String(parts[2]))
        else {
            return .wrong
        }
        let candidates = keys.filter { $0.name == parts[1] }
        guard !candidates.isEmpty else { return .unknownKey(String(parts[1])) }
        let isValid = candidates.contains {
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: ReportKeys.text(record.hash), using: $0.key)
        }
        return isValid ? .valid(key: String(parts[1])) : .wrong
    }

    private static let algorithm = "hmac-sha256"

    /// Begins with what it is, so that no other message signed with the same key can stand for it.
    private static func text(_ hash: String) -> Data { Data("switchyard participation report\n\(hash)".utf8) }
}
