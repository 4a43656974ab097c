import NIOCore

/// How a client connects and what it bounds.
package struct MQTTConfiguration: Sendable {
    package var endpoint: MQTTEndpoint
    /// Stable, so that the broker knows us again; 1-65,535 bytes. One connection at a time: a second one with the same id
    /// pushes the first out.
    package var clientID: String
    package var version = MQTTVersionChoice.auto
    /// False keeps the session: the broker queues for us while we are away, and unacknowledged publishes are sent again.
    package var cleanStart = true
    /// How long the broker keeps the session (MQTT 5; 3.1.1 has no such limit). 0 s...136 years.
    package var sessionExpiry = Duration.seconds(7 * 86_400)
    /// 1...65,535 s between packets at most; a ping unanswered for half of it (at least 1 s, at most 10 s) ends the connection.
    package var keepAlive = Duration.seconds(30)
    package var will: MQTTMessage?
    package var tls = MQTTTLSConfiguration()

    /// TCP, TLS and the broker's answer together.
    package var connectTimeout = Duration.seconds(5)
    /// From `publish` or `subscribe` to the last acknowledgement.
    package var requestTimeout = Duration.seconds(30)
    /// DISCONNECT written and the socket closed.
    package var disconnectTimeout = Duration.seconds(1)

    /// Largest packet taken or sent, in bytes.
    package var maximumPacketBytes = 1 << 20
    /// QoS 1 publishes sent but not acknowledged; the broker may ask for fewer. 1...65,535.
    package var outgoingWindow = 1024
    /// Publishes waiting for the window; more are refused with `.tooManyOutstanding`.
    package var maximumOutstandingPublishes = 65_536

    /// QoS 1 messages that the broker may have on the way to us (receive maximum of MQTT 5). 1...65,535.
    package var receiveMaximum = 4096
    /// Messages a batch holds at most.
    package var maximumBatchMessages = 2048
    /// Batches handed out and not yet acknowledged; further ones wait.
    package var maximumUnacknowledgedBatches = 8
    /// Arrived but unacknowledged messages and bytes beyond which the socket is not read any more.
    package var maximumUnacknowledgedMessages = 16_384
    package var maximumUnacknowledgedBytes = 16 << 20

    package init(endpoint: MQTTEndpoint, clientID: String) {
        self.endpoint = endpoint
        self.clientID = clientID
    }

    /// Throws `.invalid` for what no broker could take and for bounds that would bring everything to a stop.
    func validate() throws(MQTTError) {
        guard (1...65_535).contains(clientID.utf8.count), !clientID.utf8.contains(where: { $0 < 0x20 }) else {
            throw MQTTError(.invalid, "An MQTT client id has 1-65,535 bytes and no control character.")
        }
        guard (1...65_535).contains(keepAlive.components.seconds) else {
            throw MQTTError(.invalid, "The keep-alive is 1 to 65,535 s.")
        }
        let user = endpoint.user ?? "", password = endpoint.password ?? ""
        guard user.utf8.count <= 65_535, password.utf8.count <= 65_535, !user.utf8.contains(0),
            !password.utf8.contains(0)
        else {
            throw MQTTError(.invalid, "User name and password have at most 65,535 bytes and no NUL.")
        }
        let windows = [outgoingWindow, receiveMaximum]
        guard windows.allSatisfy({ (1...65_000).contains($0) }) else {
            throw MQTTError(.invalid, "The MQTT windows are 1 to 65,000 messages.")
        }
        let bounds = [
            maximumBatchMessages, maximumUnacknowledgedBatches, maximumUnacknowledgedMessages,
            maximumUnacknowledgedBytes,
            maximumOutstandingPublishes,
        ]
        guard bounds.allSatisfy({ $0 >= 1 }), (1024...268_435_455).contains(maximumPacketBytes) else {
            throw MQTTError(.invalid, "The MQTT bounds are at least 1, and packets between 1 KiB and 256 MiB.")
        }
        if let will {
            guard MQTTMessage.isValidTopic(will.topic), will.payload.count <= 65_535 else {
                throw MQTTError(.invalid, "The will needs a valid topic and at most 65,535 bytes.")
            }
        }
        guard (tls.certificateFile == nil) == (tls.privateKeyFile == nil) else {
            throw MQTTError(.invalid, "A client certificate needs its private key, and the key its certificate.")
        }
    }
}

/// Used for `mqtts://`. The broker's certificate and name are always verified.
package struct MQTTTLSConfiguration: Sendable, Hashable {
    /// PEM; nil trusts the system's authorities.
    package var certificateAuthorityFile: String?
    /// PEM, our certificate first; both or none.
    package var certificateFile: String?
    package var privateKeyFile: String?
    /// The name to verify and to send as SNI where it is not the endpoint's host.
    package var serverName: String?

    package init(
        certificateAuthorityFile: String? = nil, certificateFile: String? = nil, privateKeyFile: String? = nil,
        serverName: String? = nil
    ) {
        self.certificateAuthorityFile = certificateAuthorityFile
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        self.serverName = serverName
    }
}

extension Duration {
    /// As SwiftNIO counts: whole nanoseconds, clamped to 0...about 292 years.
    var timeAmount: TimeAmount {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow2) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return .nanoseconds(overflow || overflow2 ? (seconds < 0 ? 0 : .max) : max(0, sum))
    }
}
