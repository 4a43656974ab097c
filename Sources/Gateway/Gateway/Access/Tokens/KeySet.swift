import Foundation
import JWTKit

/// An issuer's public keys (RFC 7517 §5), by key id and algorithm. A key works with the algorithm it is meant for and with no
/// other, whatever a token says.
struct KeySet: Sendable {
    static let mostKeys = 100
    static let largest = 256 << 10
    /// Shorter RSA keys are not used (RFC 7518 §3.3).
    private static let leastModulusBytes = 256

    private struct Name: Hashable {
        var keyID: String
        var algorithm: String
    }
    private let keys: [Name: any JWTAlgorithm]
    private let ids: Set<String>

    var isEmpty: Bool { keys.isEmpty }
    func has(keyID: String) -> Bool { ids.contains(keyID) }
    func key(_ keyID: String, _ algorithm: String) -> (any JWTAlgorithm)? {
        keys[Name(keyID: keyID, algorithm: algorithm)]
    }

    /// Nil for what is no key set. Keys that we cannot use are passed over: an issuer may have some for others.
    init?(_ bytes: [UInt8]) async {
        guard bytes.count <= Self.largest, let items = StrictJSON(bytes)?.members?["keys"]?.items,
            items.count <= Self.mostKeys
        else { return nil }
        var keys: [Name: any JWTAlgorithm] = [:]
        for item in items {
            guard let members = item.members, let keyID = members["kid"]?.string, isKeyID(keyID) else { continue }
            for algorithm in Self.algorithms(of: members) {
                let name = Name(keyID: keyID, algorithm: algorithm)
                guard keys[name] == nil, let key = await Self.key(members, algorithm) else { continue }
                keys[name] = key
            }
        }
        self.keys = keys
        ids = Set(keys.keys.map(\.keyID))
    }

    /// By the key's own word, and by its type alone where it has none.
    private static func algorithms(of members: [String: StrictJSON]) -> [String] {
        if let use = members["use"], use.string != "sig" { return [] }
        if let operations = members["key_ops"]?.items, !operations.contains(.text("verify")) { return [] }
        let possible =
            switch (members["kty"]?.string, members["crv"]?.string) {
            case ("RSA", _): ["RS256", "PS256"]
            case ("EC", "P-256"): ["ES256"]
            case ("EC", "P-384"): ["ES384"]
            case ("OKP", "Ed25519"): ["EdDSA"]
            default: [String]()
            }
        guard let stated = members["alg"] else { return possible }
        return possible.filter { .text($0) == stated }
    }

    private static func key(_ members: [String: StrictJSON], _ name: String) async -> (any JWTAlgorithm)? {
        guard let algorithm = JWK.Algorithm(rawValue: name) else { return nil }
        func text(_ member: String) -> String? { members[member]?.string }
        let id = JWKIdentifier(string: "key")
        let key: JWK
        switch name {
        case "ES256": key = .ecdsa(algorithm, identifier: id, x: text("x"), y: text("y"), curve: .p256)
        case "ES384": key = .ecdsa(algorithm, identifier: id, x: text("x"), y: text("y"), curve: .p384)
        case "EdDSA": key = .octetKeyPair(algorithm, identifier: id, x: text("x"), y: nil, curve: .ed25519)
        default:
            guard let modulus = text("n").flatMap({ Base64URL.decode($0.utf8) }),
                modulus.drop(while: { $0 == 0 }).count >= leastModulusBytes
            else { return nil }
            key = .rsa(algorithm, identifier: id, modulus: text("n"), exponent: text("e"))
        }
        // A collection of this key alone: jwt-kit's own choice of a key would fall back to another one.
        do {
            let found = try await JWTKeyCollection().add(jwk: key).getKey(for: id, alg: name)
            return found.name == name ? found : nil
        } catch {
            return nil
        }
    }
}
