import GatewayWire
import HTTPTypes

/// Why a credential was not accepted. Counted and logged; the caller is told much less, so that a forger learns nothing.
enum AccessRefusal: String, Error, Sendable, CaseIterable {
    /// No credential came where one is needed.
    case missing
    /// Two credentials, or a scheme that is none of ours.
    case ambiguous
    case malformed
    case tooLong = "too_long"
    /// `alg` is not on the list.
    case algorithm
    /// A header that would have us fetch or believe a key of the sender's, or one that we must understand and do not.
    case header
    case unknownKey = "unknown_key"
    case signature
    case claims
    case issuer
    case audience
    case expired
    case notYet = "not_yet"
    case apiKey = "api_key"
    /// The local token from another machine, or an older one.
    case local
    /// No such session, or it is over.
    case session
    /// Known, and holds no role of ours.
    case noRole = "no_role"
    /// Known, and the role is too low.
    case role
    /// The issuer's keys cannot be had, so nobody can tell.
    case keysUnavailable = "keys_unavailable"
    /// Sessions cannot be read.
    case sessionsUnavailable = "sessions_unavailable"

    /// What the caller is told. Everything about a credential that proves nothing is answered alike; that one has expired is
    /// told only after its signature was found to be good.
    var problem: Problem {
        switch self {
        case .missing: .noAccess
        case .ambiguous: .oneCredential
        case .expired: .credentialExpired
        case .session: .sessionOver
        case .noRole, .role: .roleTooLow
        case .keysUnavailable, .sessionsUnavailable: .credentialsUnchecked
        case .malformed, .tooLong, .algorithm, .header, .unknownKey, .signature, .claims, .issuer, .audience, .notYet,
            .apiKey, .local:
            .credentialRefused
        }
    }
}

extension Problem {
    static let noAccess = Problem(
        .unauthorized, status: 401, title: "Unauthorized",
        detail: "Send a credential: Authorization: Bearer with a token, or X-API-Key. `switchyard login` gets a token.")

    static let oneCredential = Problem(
        .unauthorized, status: 401, title: "Unauthorized",
        detail: "Send one credential: either Authorization: Bearer with one token, or one X-API-Key.")

    static let credentialRefused = Problem(
        .unauthorized, status: 401, title: "Unauthorized",
        detail: "This credential is not accepted here; get a new token with `switchyard login`, or check the API key.")

    static let credentialExpired = Problem(
        .unauthorized, status: 401, title: "Unauthorized",
        detail: "This token has expired; get a new one with `switchyard login`, and check this machine's clock.")

    static let sessionOver = Problem(
        .unauthorized, status: 401, title: "Unauthorized",
        detail: "This session is over; log in again with `switchyard login`.")

    static let roleTooLow = Problem(
        .forbidden, status: 403, title: "Forbidden",
        detail: "Your role does not allow this; ask somebody who has a higher one, or for that role.")

    static let credentialsUnchecked = waiting(
        .unavailable, status: 503, title: "Credentials cannot be checked", seconds: 10,
        detail: "What credentials are checked against cannot be read now; send the request again after 10 s.")
}
