import Foundation
import Ports

/// How one facility's BMS is spoken to.
package struct BuildingProfile: Hashable, Sendable {
    package var version: SOAPVersion
    /// For the transport, which alone can tell connecting from waiting.
    package var connect: Duration
    /// One HTTP request, connecting included.
    package var request: Duration
    /// A whole command, from its first sending until it is confirmed. For the saga.
    package var confirmation: Duration
    package var credential: BuildingCredential?

    package init(
        version: SOAPVersion = .soap12, connect: Duration, request: Duration, confirmation: Duration,
        credential: BuildingCredential? = nil
    ) {
        self.version = version
        self.connect = connect
        self.request = request
        self.confirmation = confirmation
        self.credential = credential
    }

    /// Ledger CF-01.
    package static let standard = BuildingProfile(
        connect: .seconds(2), request: .seconds(5), confirmation: .seconds(30))
    /// Slow sites (CF-01). Old controllers speak 1.1.
    package static let legacy = BuildingProfile(
        version: .soap11, connect: .seconds(10), request: .seconds(20), confirmation: .seconds(30))
}

/// What the `Authorization` header proves. Shows itself nowhere: not in a description, a dump or an error.
package struct BuildingCredential: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    let header: HTTPHeader
    /// Every form in which a peer could quote it.
    let secrets: [String]

    private init(_ scheme: String, _ value: String, _ secret: String) {
        header = HTTPHeader("Authorization", "\(scheme) \(value)")
        secrets = [value, secret]
    }

    package static func basic(user: String, password: String) -> Self {
        Self("Basic", Data("\(user):\(password)".utf8).base64EncodedString(), password)
    }

    package static func bearer(_ token: String) -> Self { Self("Bearer", token, token) }

    package var description: String { "(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
