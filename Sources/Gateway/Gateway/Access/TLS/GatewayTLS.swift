/// Files in PEM that the gateway proves itself with. Without both of the first two it listens in the clear.
package struct GatewayTLS: Sendable, Hashable {
    /// The certificate, and those between it and its authority behind it.
    package var certificateFile: String?
    /// Mode 0600, or 0640 with a group of its own.
    package var keyFile: String?
    /// When given, only clients with a certificate of this authority are listened to.
    package var clientAuthorityFile: String?
    /// How often the files are looked at for a change.
    package var reloadInterval = Duration.seconds(5)

    package init() {}

    package var isOn: Bool { certificateFile != nil || keyFile != nil }
}

extension GatewayConfiguration {
    /// Why it must not listen like this; nil when it may.
    package var refusal: String? {
        if tls.isOn, tls.certificateFile == nil || tls.keyFile == nil {
            return "http.tls.certificate and http.tls.key come together: give both, or neither"
        }
        if tls.clientAuthorityFile != nil, !tls.isOn {
            return "http.tls.client_ca needs http.tls.certificate and http.tls.key"
        }
        let isNear = host == "localhost" || isLoopback(host)
        guard tls.isOn || allowsPlain || isNear else {
            return "\(host) can be reached from other machines, where tokens and keys would travel in the clear: give "
                + "http.tls.certificate and http.tls.key, or set http.plain to true behind a proxy that speaks TLS"
        }
        return nil
    }
}
