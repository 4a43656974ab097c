import Foundation

/// Whose tokens are taken, and what must stand in them (ledger SEC-01).
package struct TokenRules: Sendable, Hashable {
    /// `iss`, to the letter.
    package var issuer: String
    /// Must be among `aud`.
    package var audience: String
    /// Where the issuer's keys are; https, or http on this machine.
    package var keySetURL: String
    /// A text, a list of texts, or texts separated by spaces; points lead into objects (`realm_access.roles`).
    package var rolesClaim = "roles"
    /// A list of facility ids; `*` in it means all. Without the claim: none.
    package var facilitiesClaim = "facility_ids"
    /// Who it is in the audit trail.
    package var nameClaim = "sub"
    /// How far clocks may be apart, at most a minute.
    package var leeway = Duration.seconds(30)
    /// Keys younger than this are used without asking the issuer; at most 10 min.
    package var keysFreshFor = Duration.seconds(600)
    /// Known keys go on being used this long while the issuer does not answer.
    package var keysUsableFor = Duration.seconds(86_400)
    /// Deadline of asking for the keys.
    package var keysTimeout = Duration.seconds(5)

    package init(issuer: String, audience: String, keySetURL: String) {
        self.issuer = issuer
        self.audience = audience
        self.keySetURL = keySetURL
    }

    /// Why keys must not be fetched from there; nil when they may.
    package var refusal: String? {
        let components = URLComponents(string: keySetURL)
        let host = components?.host?.trimmingCharacters(in: CharacterSet(charactersIn: "[]")) ?? ""
        guard !host.isEmpty, components?.user == nil, components?.password == nil else {
            return "auth.jwt.keys_url is no https:// URL with a host and without a login"
        }
        switch components?.scheme {
        case "https": return nil
        case "http" where host == "localhost" || isLoopback(host): return nil
        default:
            return
                "auth.jwt.keys_url must be https://, or http:// on this machine: whoever changes the keys on the way "
                + "can make tokens"
        }
    }

    /// Never `none`, never a shared secret (RFC 8725 §3.1).
    static let algorithms: Set<String> = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]

    /// Longer ones are refused unread.
    static let longestToken = 8 << 10
    static let mostFacilities = 10_000
}

/// How often the issuer is asked.
enum KeySetPace {
    /// After a key id that is not known: whoever sends one cannot make us ask more often (RELIABILITY §4).
    static let unknownKey = Duration.seconds(60)
    /// While there are no keys, or only stale ones.
    static let retry = Duration.seconds(10)
}
