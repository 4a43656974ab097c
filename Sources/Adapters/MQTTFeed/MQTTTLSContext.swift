import NIOCore
import NIOSSL

/// Certificates read and checked; made anew for every connection, so that renewed files are picked up.
struct MQTTTLSContext: Sendable {
    private let context: NIOSSLContext
    /// Nil for an IP address, which SNI cannot carry; the certificate is then checked against the address.
    private let serverName: String?

    init(_ configuration: MQTTConfiguration) throws(MQTTError) {
        let files = configuration.tls
        do {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .fullVerification
            tls.minimumTLSVersion = .tlsv12
            if let file = files.certificateAuthorityFile {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
            }
            if let certificate = files.certificateFile, let key = files.privateKeyFile {
                tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            }
            context = try NIOSSLContext(configuration: tls)
        } catch {
            throw MQTTError(
                .invalid,
                "The TLS files for \(configuration.endpoint) cannot be used: check that they exist and are PEM.",
                cause: error)
        }
        let name = files.serverName ?? configuration.endpoint.host
        serverName = Self.isAddress(name) ? nil : name
    }

    /// SocketAddress throws for a name: that is the answer, not a failure.
    private static func isAddress(_ name: String) -> Bool {
        do {
            _ = try SocketAddress(ipAddress: name, port: 0)
            return true
        } catch {
            return false
        }
    }

    func handler() throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: serverName)
    }
}
