import EnergyModel

/// How a link to a remote engine stands, told when it is made and about every ten seconds after. A link inside the engine's
/// process tells none.
package struct LinkStanding: Sendable, Hashable, Codable {
    /// `https://engine.example:8443`, without credentials.
    package var endpoint: String
    package var identity: OperatorIdentity
    /// When the session ends by itself; nil for none.
    package var expiresAt: UTCInstant?
    /// The engine's clock minus this machine's, good to half of `roundTrip`.
    package var clockOffset: Duration
    /// Of the newest measurement.
    package var roundTrip: Duration
    /// Times the link was made anew since it was first made.
    package var reconnects: Int
    package init(
        endpoint: String, identity: OperatorIdentity, expiresAt: UTCInstant?, clockOffset: Duration,
        roundTrip: Duration, reconnects: Int
    ) {
        self.endpoint = endpoint
        self.identity = identity
        self.expiresAt = expiresAt
        self.clockOffset = clockOffset
        self.roundTrip = roundTrip
        self.reconnects = reconnects
    }
}
