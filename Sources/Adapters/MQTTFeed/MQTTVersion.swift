/// The protocol spoken on one connection.
package enum MQTTVersion: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case v311 = 4
    case v5 = 5

    package var description: String { self == .v5 ? "MQTT 5" : "MQTT 3.1.1" }
}

/// Which protocols a client may speak.
package enum MQTTVersionChoice: String, Sendable, Hashable, CaseIterable {
    case v5
    case v311
    /// 5 first; 3.1.1 when the broker refuses 5 or hangs up on it.
    case auto
}
