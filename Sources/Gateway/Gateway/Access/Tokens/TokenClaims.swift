import EnergyModel
import Ports

/// What a token says whose signature is good.
struct TokenClaims: Sendable, Hashable {
    let identity: OperatorIdentity
    /// `exp` itself, without leeway.
    let expiresAt: UTCInstant

    /// Every moment is compared with the same `now`; `leeway` widens both ends.
    init(_ payload: [UInt8], _ rules: TokenRules, now: UTCInstant) throws(AccessRefusal) {
        guard let claims = StrictJSON(payload), let members = claims.members else { throw .malformed }
        guard members["iss"]?.string == rules.issuer else { throw .issuer }
        guard Self.audiences(members["aud"]).contains(rules.audience) else { throw .audience }
        guard let expiry = try Self.moment(members["exp"]) else { throw .claims }
        guard now < expiry.advanced(by: rules.leeway) else { throw .expired }
        for name in ["nbf", "iat"] {
            if let start = try Self.moment(members[name]), start > now.advanced(by: rules.leeway) { throw .notYet }
        }
        guard let name = claims.value(at: rules.nameClaim)?.string, isTokenName(name) else { throw .claims }
        let scope = try Self.scope(claims.value(at: rules.facilitiesClaim))
        guard let role = Self.role(claims.value(at: rules.rolesClaim)) else { throw .noRole }
        identity = OperatorIdentity(name: name, role: role, scope: scope)
        expiresAt = expiry
    }

    private static func audiences(_ claim: StrictJSON?) -> [String] {
        claim?.string.map { [$0] } ?? claim?.items?.compactMap(\.string) ?? []
    }

    /// Seconds since 1970, within what a clock can show; nil when the claim is not there.
    private static func moment(_ claim: StrictJSON?) throws(AccessRefusal) -> UTCInstant? {
        guard let claim else { return nil }
        guard let seconds = claim.double, (0...253_402_300_799).contains(seconds) else { throw .claims }
        return UTCInstant(milliseconds: Int64(seconds * 1000))
    }

    private static func scope(_ claim: StrictJSON?) throws(AccessRefusal) -> FacilityScope {
        guard let claim else { return .only([]) }
        guard let items = claim.items, items.count <= TokenRules.mostFacilities else { throw .claims }
        var facilities: Set<FacilityID> = []
        var all = false
        for item in items {
            guard let text = item.string else { throw .claims }
            if text == "*" {
                all = true
            } else if let facility = FacilityID(text) {
                facilities.insert(facility)
            } else {
                throw .claims
            }
        }
        return all ? .all : .only(facilities)
    }

    /// The highest of those that we know; nil without one.
    private static func role(_ claim: StrictJSON?) -> OperatorRole? {
        let names =
            claim?.string.map { $0.split(separator: " ").map(String.init) } ?? claim?.items?.compactMap(\.string)
        return names?.compactMap(OperatorRole.init(rawValue:)).max()
    }
}

/// Of those who come with a token: printable ASCII without spaces or quotes, and none that looks like a key's or this
/// machine's name.
func isTokenName(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
        && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x27 && $0 != 0x60 && $0 != 0x5C }
        && !text.hasPrefix(ProgramKey.namePrefix) && !text.hasPrefix(LocalToken.namePrefix)
}
