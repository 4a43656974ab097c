import EnergyModel
import Foundation
import Ports
import RemoteOperator

/// The operator's link to an engine elsewhere, ready to be run. Throws a sentence for an endpoint that cannot be used.
///
/// - Parameters:
///   - endpoint: `https://engine.example:8443`; `http` only to this machine, since the credential would be readable on the way.
///   - credential: a bearer token, asked for before every request, so that it can be renewed; throws a sentence when there is
///     none.
///   - ca: PEM file of the authorities to trust in place of the system's.
func remoteLink(
    endpoint: String, credential: @escaping @Sendable () async throws(PortError) -> String, ca: String? = nil
) throws -> RemoteOperator {
    try checkEndpoint(endpoint)
    if let ca, !FileManager.default.isReadableFile(atPath: ca) {
        throw CommandFailure(.usage, "the authority file \(ca) cannot be read; name a PEM file")
    }
    let transport = TransportOnDemand(engineTransport(authorityFile: ca), service: "engine")
    let origin = ContinuousClock.now
    return RemoteOperator(
        endpoint: endpoint, credential: credential,
        send: { request throws(HTTPTransportError) in try await transport.send(request) },
        open: { request, idle throws(HTTPTransportError) in try await transport.open(request, idle: idle) },
        surroundings: RemoteOperator.Surroundings(
            now: { .wallClock }, uptime: { ContinuousClock.now - origin },
            sleep: { try await ContinuousClock().sleep(for: $0) }, random: randomWord))
}

private func checkEndpoint(_ endpoint: String) throws {
    guard let url = URLComponents(string: endpoint), let scheme = url.scheme, let host = url.host, !host.isEmpty,
        ["http", "https"].contains(scheme), url.user == nil, url.password == nil, url.query == nil,
        url.path.isEmpty || url.path == "/"
    else {
        throw CommandFailure(.usage, "\(endpoint.debugDescription) is no engine's address; write https://HOST:PORT")
    }
    guard scheme == "https" || isLoopback(host) else {
        throw CommandFailure(.usage, "\(endpoint) would send your credential readable by anybody; write https://")
    }
}

/// The name alone would do for `127.example.com`, which is somebody else's.
private func isLoopback(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return ["localhost", "::1", "[::1]"].contains(host) || parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
}
