import Ports
import Testing

@testable import CurlTransport

@Suite("TLS of the HTTP transport", .serialized, .timeLimit(.minutes(5)))
struct CurlTLSTests {
    private func transport(_ tls: TLSConfiguration) -> CurlTransport {
        var configuration = CurlTransportTests.local
        configuration.tls = tls
        return CurlTransport(configuration)
    }

    @Test("a server of our authority is talked to, by name and by address")
    func trusted() async throws {
        let server = try TLSServer()
        let transport = transport(TLSConfiguration(authorityFile: server.file("ca.pem")))
        for host in ["localhost", "127.0.0.1"] {
            let response = try await transport.send(HTTPRequest(.get, "https://\(host):\(server.port)/"))
            #expect(response.status == 200)
        }
    }

    @Test(
        "a certificate for another name, one that has run out, an authority we do not know: refused, nothing sent",
        arguments: [("elsewhere", "ca.pem"), ("expired", "ca.pem"), ("server", "other.pem"), ("server", nil)]
            as [(String, String?)])
    func distrusted(certificate: String, authority: String?) async throws {
        let server = try TLSServer(certificate)
        let transport = transport(TLSConfiguration(authorityFile: authority.map(server.file)))
        let error = await failure(transport, HTTPRequest(.post, server.url, body: [1, 2, 3]))
        #expect(error?.code == .tls, "\(String(describing: error))")
        #expect(error?.mayHaveBeenSent == false)
    }

    @Test("a server that asks gets our certificate; without one there is no answer")
    func clientCertificate() async throws {
        let server = try TLSServer(asksForCertificate: true)
        let authority = server.file("ca.pem")
        let known = transport(
            TLSConfiguration(
                authorityFile: authority, certificateFile: server.file("client.pem"),
                privateKeyFile: server.file("client.key")))
        #expect(try await known.send(HTTPRequest(.get, server.url)).status == 200)
        let unknown = await failure(
            transport(TLSConfiguration(authorityFile: authority)), HTTPRequest(.get, server.url))
        #expect(unknown != nil)
    }

    @Test("files that are missing are a failure before anything is sent")
    func missingFiles() async throws {
        let server = try TLSServer()
        let error = await failure(
            transport(TLSConfiguration(authorityFile: server.file("none.pem"))), HTTPRequest(.get, server.url))
        #expect(error?.code == .tls || error?.code == .invalidRequest, "\(String(describing: error))")
        #expect(error?.mayHaveBeenSent == false)
    }
}
