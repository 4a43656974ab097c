import Ports
import Synchronization
import Testing

@testable import CurlTransport

@Suite("What the HTTP transport says when it fails", .timeLimit(.minutes(5)))
struct CurlFailureTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: HTTPTransportError.Code
        let mayHaveBeenSent: Bool
        let script: @Sendable (SocketConnection) -> Void

        init(
            _ name: String, _ code: HTTPTransportError.Code, sent: Bool = true,
            script: @escaping @Sendable (SocketConnection) -> Void
        ) {
            testDescription = name
            self.code = code
            mayHaveBeenSent = sent
            self.script = script
        }
    }

    static let faults = [
        Fault("no answer", .timeoutAfterSend) { $0.waitForHangUp() },
        Fault("half a head", .timeoutAfterSend) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nX-")
            $0.waitForHangUp()
        },
        Fault("body that stops", .timeoutAfterSend) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            $0.waitForHangUp()
        },
        Fault("closed without an answer", .lostAfterSend) { _ = $0.readRequest() },
        Fault("reset after the request", .lostAfterSend) {
            _ = $0.readRequest()
            $0.reset()
        },
        Fault("cut in the body", .lostAfterSend) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        },
        Fault("not HTTP", .lostAfterSend) {
            _ = $0.readRequest()
            $0.write("220 mail ready\r\n")
        },
        Fault("announces too much", .tooLarge) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
            $0.waitForHangUp()
        },
        Fault("sends too much unannounced", .tooLarge) { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\n")
            for _ in 0..<64 { connection.write(String(repeating: "x", count: 1000)) }
            connection.waitForHangUp()
        },
        Fault("endless headers", .tooLarge) { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n")
            for _ in 0..<100 { connection.write("X: \(String(repeating: "x", count: 1000))\r\n") }
            connection.waitForHangUp()
        },
    ]

    @Test("names each fault of the server", arguments: faults)
    func serverFaults(fault: Fault) async throws {
        let server = try SocketServer(script: fault.script)
        var configuration = CurlTransportTests.local
        configuration.responseLimit = 1000
        let transport = CurlTransport(configuration)
        var error = await failure(
            transport, HTTPRequest(.post, server.url, deadline: fault.code == .timeoutAfterSend ? .seconds(1) : nil))
        // A machine so busy that a second does not reach for a connection gets more of them.
        for patience in [5, 20] where error?.code == .timeoutBeforeSend {
            error = await failure(transport, HTTPRequest(.post, server.url, deadline: .seconds(patience)))
        }
        #expect(error?.code == fault.code, "\(String(describing: error))")
        #expect(error?.mayHaveBeenSent == fault.mayHaveBeenSent)
    }

    @Test("a body of exactly the limit is taken")
    func exactLimit() async throws {
        let server = try SocketServer { _ in SocketServer.ok(String(repeating: "x", count: 1000)) }
        var configuration = CurlTransportTests.local
        configuration.responseLimit = 1000
        let transport = CurlTransport(configuration)
        #expect(try await transport.send(HTTPRequest(.get, server.url)).body.count == 1000)
    }

    @Test("a closed port is a connection failure: nothing was sent")
    func closedPort() async throws {
        let port = try SocketServer { _ in "" }.port  // closed again at the end of this line
        let error = await failure(
            CurlTransport(CurlTransportTests.local), HTTPRequest(.post, "http://127.0.0.1:\(port)/"))
        #expect(error?.code == .connect)
        #expect(error?.mayHaveBeenSent == false)
    }

    @Test("a deadline ends a request that nobody answers")
    func deadlineHolds() async throws {
        let server = try SocketServer(script: { $0.waitForHangUp() })
        let transport = CurlTransport(CurlTransportTests.local)
        let start = ContinuousClock.now
        _ = await failure(transport, HTTPRequest(.get, server.url, deadline: .milliseconds(200)))
        let elapsed = ContinuousClock.now - start
        #expect(elapsed >= .milliseconds(200) && elapsed < .milliseconds(120_000), "\(elapsed)")
    }

    @Test("cancelling reaches the transfer: the server sees the connection close")
    func cancellation() async throws {
        let server = try SocketServer(script: { $0.waitForHangUp() })
        let transport = CurlTransport(CurlTransportTests.local)
        let url = server.url
        let error = await withTaskGroup(of: HTTPTransportError?.self) { group in
            group.addTask { await failure(transport, HTTPRequest(.get, url)) }
            #expect(await eventually { server.requests > 0 })
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(error?.code == .cancelled)
        #expect(error?.mayHaveBeenSent == true)
        #expect(await eventually { server.hangUps > 0 })
    }

    @Test("a task cancelled before it sends, sends nothing")
    func cancelledBefore() async throws {
        let server = try SocketServer { _ in SocketServer.ok("x") }
        let transport = CurlTransport(CurlTransportTests.local)
        let url = server.url
        let error = await withTaskGroup(of: HTTPTransportError?.self) { group in
            group.cancelAll()
            group.addTask { await failure(transport, HTTPRequest(.get, url)) }
            return await group.next() ?? nil
        }
        #expect(error?.code == .cancelled && error?.mayHaveBeenSent == false)
        #expect(server.connections == 0)
    }

    @Test(
        "refuses addresses that are not listed, before the first packet",
        arguments: [
            "127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0",
            "169.254.169.254", "10.0.0.1",
        ])
    func refusedAddress(host: String) async throws {
        let server = try SocketServer { _ in SocketServer.ok("secret") }
        let error = await failure(CurlTransport(), HTTPRequest(.get, "http://\(host):\(server.port)/"))
        #expect(error?.code == .refusedAddress, "\(String(describing: error))")
        #expect(server.connections == 0)
    }

    @Test(
        "refuses requests that could smuggle something",
        arguments: [
            HTTPRequest(.get, "file:///etc/passwd"), HTTPRequest(.get, "gopher://127.0.0.1/"),
            HTTPRequest(.get, "127.0.0.1/"),
            HTTPRequest(.get, "http://127.0.0.1/a b"), HTTPRequest(.get, "http://127.0.0.1/\r\nX: y"),
            HTTPRequest(.get, "http://127.0.0.1/", headers: [HTTPHeader("X", "a\r\nY: b")]),
            HTTPRequest(.get, "http://127.0.0.1/", headers: [HTTPHeader("X", "a\nb")]),
            HTTPRequest(.get, "http://127.0.0.1/", headers: [HTTPHeader("X: y\r\nZ", "a")]),
            HTTPRequest(.get, "http://127.0.0.1/", headers: [HTTPHeader("", "a")]),
            HTTPRequest(.get, "http://127.0.0.1/", headers: [HTTPHeader("Content-Length", "3")]),
            HTTPRequest(.get, "http://127.0.0.1/", headers: [HTTPHeader("transfer-encoding", "chunked")]),
            HTTPRequest(.get, "http://"),
        ])
    func smuggling(request: HTTPRequest) async {
        let error = await failure(CurlTransport(CurlTransportTests.local), request)
        #expect(error?.code == .invalidRequest, "\(String(describing: error))")
    }

    @Test("TLS to a server that speaks none is a TLS failure: nothing was sent")
    func noTLS() async throws {
        let server = try SocketServer(script: { $0.write("hello\r\n") })
        let error = await failure(
            CurlTransport(CurlTransportTests.local), HTTPRequest(.get, "https://127.0.0.1:\(server.port)/"))
        #expect(error?.code == .tls, "\(String(describing: error))")
        #expect(error?.mayHaveBeenSent == false)
    }
}
