/// What `/api/session` answers: who the caller is, and until when.
package struct SessionBody: Sendable, Hashable, Codable {
    package static let mediaType = "application/json"
    /// Stands alone in `facilities` for all of them.
    package static let allFacilities = "*"

    /// Author in the audit trail is `operator:NAME`.
    package let name: String
    /// `viewer`, `operator` or `supervisor`.
    package let role: String
    /// Ids, ascending; `*` for all.
    package let facilities: [String]
    /// What it was known by, or what its session was begun with: `token`, `apiKey` or `local`.
    package let credential: String
    package let isSession: Bool
    /// RFC 3339; absent for what does not end by itself. A session's moves on with use, at most to `endsAt`.
    package let expiresAt: String?
    package let endsAt: String?
    /// The engine's clock when it answered.
    package let asOf: String
    /// With 201 alone: the session's token, to be sent as `Authorization: Bearer`. It is told once.
    package var token: String?

    package init(
        name: String, role: String, facilities: [String], credential: String, isSession: Bool, expiresAt: String?,
        endsAt: String?, asOf: String, token: String?
    ) {
        self.name = name
        self.role = role
        self.facilities = facilities
        self.credential = credential
        self.isSession = isSession
        self.expiresAt = expiresAt
        self.endsAt = endsAt
        self.asOf = asOf
        self.token = token
    }

    package var json: [UInt8] {
        JSONText.object { text in
            text.member("name", name)
            text.member("role", role)
            text.member("facilities", facilities)
            text.member("credential", credential)
            text.member("is_session", isSession)
            if let expiresAt { text.member("expires_at", expiresAt) }
            if let endsAt { text.member("ends_at", endsAt) }
            text.member("as_of", asOf)
            if let token { text.member("token", token) }
        }
    }

    private enum CodingKeys: String, CodingKey {
        case name, role, facilities, credential, token
        case isSession = "is_session"
        case expiresAt = "expires_at"
        case endsAt = "ends_at"
        case asOf = "as_of"
    }
}
