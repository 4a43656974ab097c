import CoreMetrics
import CurlTransport
import EnergyModel
import Engine
import Foundation
import Gateway
import Glibc
import Logging
import Ports

/// Who may ask the gateway of one engine, and its certificate.
struct AccessComposition: Sendable {
    /// In the data directory; `switchyard --connect` on this machine reads it.
    static let tokenFile = "operator.token"

    let desk: AccessDesk
    let tls: TLSContexts?
    private let takesTokens: Bool

    /// Makes this start's local token and writes it where only the engine's user can read it.
    init(
        _ settings: Settings, _ configured: ConfiguredSettings, gateway: GatewayConfiguration, directory: DataDirectory,
        sessions: any SessionRecords, metrics: any MetricsFactory, logger: Logger
    ) throws {
        let local = LocalToken(user: try Self.userName(), randomness: randomWord)
        try Self.write(local.text, to: directory.file(Self.tokenFile))
        var parts = AccessParts()
        parts.local = local
        parts.keys = try programKeys(settings)
        parts.sessions = sessions
        parts.sessionRules = configured.access.sessions
        if let tokens = configured.access.tokens {
            parts.tokens = tokens
            let transport = TransportOnDemand(try Self.transport(settings, tokens), service: "token-keys")
            parts.send = { (request) async throws(HTTPTransportError) in try await transport.send(request) }
        }
        desk = AccessDesk(
            parts, metrics: metrics, logger: logger, now: { .wallClock }, randomness: randomWord)
        takesTokens = parts.tokens != nil
        tls = gateway.tls.isOn ? try TLSContexts(gateway.tls, logger: logger) : nil
    }

    /// Neither takes the instance out of traffic: known keys and the old certificate go on being used.
    func addChecks(to health: HealthService) {
        if takesTokens {
            health.addCheck("token-keys", decidesReadiness: false) { [desk] () throws(PortError) in
                if let fault = desk.fault { throw fault }
            }
        }
        guard let tls else { return }
        health.addCheck("http-tls", decidesReadiness: false) { () throws(PortError) in
            if let fault = tls.fault(at: .wallClock) { throw fault }
        }
    }

    private static func transport(_ settings: Settings, _ tokens: TokenRules) throws -> CurlTransportConfiguration {
        CurlTransportConfiguration(
            deadline: tokens.keysTimeout, responseLimit: 256 << 10,
            addresses: try addressPolicy(settings, "auth.jwt.allow"),
            tls: TLSConfiguration(authorityFile: settings.optionalText("auth.jwt.ca_file")))
    }

    /// As far as it is a plain word.
    private static func userName() throws -> String {
        let name = NSUserName().filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        return name.isEmpty ? "engine" : String(name.prefix(64))
    }

    /// Replaces the file in one step, and nobody else could ever read it.
    private static func write(_ text: String, to file: URL) throws {
        let path = file.path(percentEncoded: false)
        let fresh = path + ".new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8) + [UInt8(ascii: "\n")]
        guard bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count,
            rename(fresh, path) == 0
        else { throw failure(path) }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
