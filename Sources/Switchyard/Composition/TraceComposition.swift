import CurlTransport
import EmbeddedStore
import Engine
import Foundation
import Ports

extension TracePorts {
    /// Where spans are kept and exported to, as configured. Throws a sentence for a URL, a header or an address that is none.
    static func open(_ settings: Settings, directory: DataDirectory) async throws -> TracePorts {
        let spans = try await EmbeddedSpanStore.open(
            directory: directory.path, options: EmbeddedStoreOptions(settings), onTimeout: countTimeouts(of: "store"))
        return TracePorts(spans: spans, export: try spanExport(settings))
    }
}

/// Nil without a collector.
func spanExport(_ settings: Settings) throws -> SpanExport? {
    guard let text = settings.optionalText("trace.otlp_url") else { return nil }
    guard let url = URL(string: text), ["http", "https"].contains(url.scheme ?? ""), url.host != nil else {
        throw CommandFailure(.usage, "trace.otlp_url: \(text.debugDescription) is no http or https URL")
    }
    let items = (settings.optionalText("trace.otlp_headers") ?? "").split(separator: ",")
    let headers = try items.enumerated().map { place, item in
        let parts = item.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(while: \.isWhitespace) }
        // Not quoted: it is a secret.
        guard parts.count == 2, parts[0].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }),
            parts[1].utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
        else { throw CommandFailure(.usage, "trace.otlp_headers: item \(place + 1) is no NAME=VALUE") }
        return HTTPHeader(String(parts[0]), String(parts[1]))
    }
    let timeout = settings.span("trace.otlp_timeout")
    let transport = TransportOnDemand(
        CurlTransportConfiguration(deadline: timeout, addresses: try addressPolicy(settings, "trace.otlp_allow")),
        service: "otlp")
    return SpanExport(
        url: text, headers: headers,
        send: { (request) async throws(HTTPTransportError) in try await transport.send(request) })
}
