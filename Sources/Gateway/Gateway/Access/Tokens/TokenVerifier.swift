import Crypto
import EnergyModel
import Foundation
import JWTKit
import Resilience
import Synchronization

/// Tells whose a token is, or why it is nobody's.
final class TokenVerifier: Sendable {
    private struct Known {
        var claims: TokenClaims
        var verifiedAt: MonotonicTime
    }
    /// A signature that was good is not checked again this long; a key taken back is felt that much later.
    private static let remembered = Duration.seconds(60)
    private static let mostRemembered = 4096

    private let rules: TokenRules
    let keys: KeySetService
    private let uptime: @Sendable () -> MonotonicTime
    private let known = Mutex<[SHA256.Digest: Known]>([:])

    init(_ rules: TokenRules, keys: KeySetService, uptime: @escaping @Sendable () -> MonotonicTime) {
        self.rules = rules
        self.keys = keys
        self.uptime = uptime
    }

    func claims(of text: String, now: UTCInstant) async throws(AccessRefusal) -> TokenClaims {
        guard text.utf8.count <= TokenRules.longestToken else { throw .tooLong }
        let digest = SHA256.hash(data: Data(text.utf8))
        let before = uptime()
        if let known = known.withLock({ $0[digest] }), before - known.verifiedAt < Self.remembered {
            guard now < known.claims.expiresAt.advanced(by: rules.leeway) else { throw .expired }
            return known.claims
        }
        let token = try CompactToken(text)
        let key = try await keys.key(token.keyID, token.algorithm)
        guard Self.isGood(token, key) else { throw .signature }
        let claims = try TokenClaims(token.payload, rules, now: now)
        known.withLock { known in
            if known.count >= Self.mostRemembered { known.removeAll(keepingCapacity: true) }
            known[digest] = Known(claims: claims, verifiedAt: before)
        }
        return claims
    }

    private static func isGood(_ token: CompactToken, _ key: any JWTAlgorithm) -> Bool {
        do {
            return try key.verify(token.signature, signs: token.signed)
        } catch {
            // Bytes that cannot be a signature of this algorithm.
            return false
        }
    }
}
