import EnergyModel
import Gateway
import Ports

/// Who may ask, as configured; keys of programs aside, which are secrets.
struct AccessSettings: Sendable {
    /// Nil: no tokens are taken.
    let tokens: TokenRules?
    let sessions: SessionRules

    /// Throws a sentence for an issuer that is half configured, or a URL that is not safe.
    init(_ settings: Settings) throws {
        tokens = try TokenRules(settings)
        var sessions = SessionRules()
        sessions.idle = settings.span("auth.session.idle")
        sessions.longest = settings.span("auth.session.longest")
        sessions.longestByToken = settings.span("auth.session.longest_by_token")
        sessions.mostPerName = settings.integer("auth.session.per_name")
        self.sessions = sessions
    }
}

extension TokenRules {
    fileprivate init?(_ settings: Settings) throws {
        let names = ["auth.jwt.issuer", "auth.jwt.audience", "auth.jwt.keys_url"]
        let given = names.filter { settings.optionalText($0) != nil }
        guard !given.isEmpty else { return nil }
        guard given.count == names.count else {
            throw CommandFailure(.usage, "\(names.joined(separator: ", ")) come together: give all, or none")
        }
        self.init(
            issuer: settings.text("auth.jwt.issuer"), audience: settings.text("auth.jwt.audience"),
            keySetURL: settings.text("auth.jwt.keys_url"))
        rolesClaim = settings.text("auth.jwt.roles_claim")
        facilitiesClaim = settings.text("auth.jwt.facilities_claim")
        nameClaim = settings.text("auth.jwt.name_claim")
        leeway = settings.span("auth.jwt.leeway")
        keysFreshFor = settings.span("auth.jwt.keys_fresh")
        keysUsableFor = settings.span("auth.jwt.keys_usable")
        keysTimeout = settings.span("auth.jwt.keys_timeout")
        if let refusal { throw CommandFailure(.usage, refusal) }
    }
}

/// Keys for `X-API-Key`. Throws a sentence for a name, a key or a right that is none, never quoting a key.
func programKeys(_ settings: Settings) throws -> [ProgramKey] {
    let keys = try pairs(settings, "auth.keys")
    let rights = try pairs(settings, "auth.key_rights")
    let facilities = try pairs(settings, "auth.key_facilities")
    for (key, found) in [("auth.key_rights", rights), ("auth.key_facilities", facilities)] {
        guard let place = found.firstIndex(where: { item in !keys.contains { $0.name == item.name } }) else { continue }
        throw CommandFailure(.usage, "\(key): the name of item \(place + 1) is not among those of auth.keys")
    }
    do {
        return try ProgramKey.distinct(
            keys.map { name, key in
                let word = rights.last { $0.name == name }?.value ?? OperatorRole.viewer.rawValue
                guard let rights = ProgramKey.Rights(word) else {
                    throw CommandFailure(
                        .usage,
                        "auth.key_rights: \(name) is \(word.debugDescription), allowed is meter, viewer, operator or "
                            + "supervisor")
                }
                let scope = try facilities.last { $0.name == name }.map { try keyScope($0.value, of: name) } ?? .all
                return try ProgramKey(name: name, key: key, rights: rights, scope: scope)
            })
    } catch let error as ProgramKeyError {
        throw CommandFailure(.usage, "auth.keys: \(error)")
    }
}

private func keyScope(_ text: String, of name: String) throws -> FacilityScope {
    .only(
        Set(
            try text.split(separator: " ").map { word in
                guard let facility = FacilityID(String(word)) else {
                    throw CommandFailure(
                        .usage,
                        "auth.key_facilities: \(String(word).debugDescription) of \(name) is no facility id; "
                            + "write NAME=F-001 F-002")
                }
                return facility
            }))
}
