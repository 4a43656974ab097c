/// A token as it came (RFC 7515 §7.1), taken apart but not believed.
struct CompactToken: Sendable {
    let algorithm: String
    let keyID: String
    /// Header and payload as they were signed.
    let signed: [UInt8]
    let payload: [UInt8]
    let signature: [UInt8]

    /// Members of a header that name a key or its place, change what is signed, or must be understood.
    private static let refusedMembers: Set<String> = [
        "jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "cty", "p2c", "p2s", "epk",
    ]
    private static let types: Set<String> = ["jwt", "at+jwt", "application/at+jwt"]

    init(_ text: String) throws(AccessRefusal) {
        guard text.utf8.count <= TokenRules.longestToken else { throw .tooLong }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), let members = StrictJSON(header)?.members
        else { throw .malformed }
        guard Self.refusedMembers.isDisjoint(with: members.keys) else { throw .header }
        if let type = members["typ"] {
            guard let name = type.string, Self.types.contains(name.lowercased()) else { throw .header }
        }
        guard let algorithm = members["alg"]?.string, TokenRules.algorithms.contains(algorithm) else {
            throw .algorithm
        }
        guard let keyID = members["kid"]?.string, isKeyID(keyID) else { throw .unknownKey }
        guard !signature.isEmpty else { throw .signature }
        self.algorithm = algorithm
        self.keyID = keyID
        self.payload = payload
        self.signature = signature
        signed = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
    }
}

/// A name and nothing else: no path, no address, no statement. It is only ever looked up among known ones, and an odd one
/// does not even lead to a question to the issuer.
func isKeyID(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count) && !text.contains("..")
        && text.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122: true
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "="),
                UInt8(ascii: "~"):
                true
            default: false
            }
        }
}
