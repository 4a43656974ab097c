import Ports
import Testing

@testable import CurlTransport

@Suite("HTTP transport on libcurl", .timeLimit(.minutes(5)))
struct CurlTransportTests {
    /// Patient, since a busy machine may let a test's server wait for seconds.
    static let local = CurlTransportConfiguration(
        connectTimeout: .seconds(30), deadline: .seconds(30), addresses: .loopbackOnly)

    @Test("sends method, headers and body as given and returns status, headers and body")
    func roundTrip() async throws {
        let server = try SocketServer { request in
            "HTTP/1.1 201 Made\r\nX-One:  a b \r\nContent-Length: \(request.utf8.count)\r\n\r\n\(request)"
        }
        let transport = CurlTransport(Self.local)
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let response = try await transport.send(
            HTTPRequest(
                .put, server.url + "a?b=c", headers: [HTTPHeader("traceparent", trace), HTTPHeader("X-Empty", "")],
                body: Array("hello".utf8)))
        let echoed = String(decoding: response.body, as: UTF8.self)
        #expect(response.status == 201)
        #expect(response.header("x-ONE") == "a b")
        #expect(echoed.hasPrefix("PUT /a?b=c HTTP/1.1\r\n"))
        #expect(echoed.contains("traceparent: \(trace)\r\n"))
        #expect(echoed.contains("X-Empty:\r\n"))
        #expect(echoed.hasSuffix("\r\n\r\nhello"))
        #expect(!echoed.contains("Expect") && !echoed.contains("Content-Type"))
    }

    @Test("every method goes out with and without a body", arguments: HTTPMethod.allCases, [0, 3, 3_000_000])
    func methods(method: HTTPMethod, size: Int) async throws {
        let hasBody = size > 0 && method != .get && method != .head
        let server = try SocketServer { request in
            let body = request.components(separatedByHeadEnd: 1)
            let head = "HTTP/1.1 200 OK\r\nX-Bytes: \(body.utf8.count)\r\nX-Method: \(request.prefix { $0 != " " })\r\n"
            return head + "Content-Length: 0\r\n\r\n"
        }
        let response = try await CurlTransport(Self.local).send(
            HTTPRequest(method, server.url, body: hasBody ? Array(repeating: 65, count: size) : []))
        #expect(response.header("X-Method") == method.rawValue)
        #expect(response.header("X-Bytes") == String(hasBody ? size : 0))
    }

    @Test("keeps the connection for the next request, unless told not to")
    func reuse() async throws {
        let server = try SocketServer { _ in SocketServer.ok("x") }
        let transport = CurlTransport(Self.local)
        for _ in 0..<5 { _ = try await transport.send(HTTPRequest(.get, server.url)) }
        #expect(server.connections == 1)
        for _ in 0..<2 { _ = try await transport.send(HTTPRequest(.get, server.url, reusesConnection: false)) }
        #expect(server.connections == 3)
    }

    @Test("a redirect is an answer, not followed")
    func redirect() async throws {
        let target = try SocketServer { _ in SocketServer.ok("secret") }
        let location = target.url
        let server = try SocketServer { _ in
            "HTTP/1.1 302 Found\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n"
        }
        let response = try await CurlTransport(Self.local).send(HTTPRequest(.get, server.url))
        #expect(response.status == 302)
        #expect(target.connections == 0)
    }

    @Test("200 requests at once all arrive, over a bounded number of connections")
    func concurrent() async throws {
        let server = try SocketServer { SocketServer.ok(String($0.split(separator: " ")[1])) }
        var configuration = Self.local
        configuration.concurrent = 32
        let transport = CurlTransport(configuration)
        let url = server.url
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<200 {
                group.addTask {
                    String(decoding: try await transport.send(HTTPRequest(.get, url + "\(number)")).body, as: UTF8.self)
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(answers == Set((0..<200).map { "/\($0)" }))
        #expect(server.connections <= configuration.concurrentPerHost)
    }

    @Test("refuses what the line cannot hold, at once")
    func overloaded() async throws {
        let server = try SocketServer(script: { $0.waitForHangUp() })
        var configuration = Self.local
        (configuration.concurrent, configuration.queueCapacity) = (1, 2)
        let transport = CurlTransport(configuration)
        let url = server.url
        let codes = await withTaskGroup(of: HTTPTransportError.Code?.self) { group in
            for _ in 0..<10 { group.addTask { await failure(transport, HTTPRequest(.get, url))?.code } }
            var codes: [HTTPTransportError.Code?] = []
            for await code in group {
                codes.append(code)
                // The other three hold on until now.
                if codes.count == 7 { transport.shutDown() }
            }
            return codes
        }
        #expect(codes.prefix(7).allSatisfy { $0 == .overloaded }, "\(codes)")
        #expect(codes.suffix(3).allSatisfy { $0 == .closed }, "\(codes)")
    }

    @Test("shutting down ends what is under way")
    func shutDown() async throws {
        let server = try SocketServer(script: { $0.waitForHangUp() })
        let transport = CurlTransport(Self.local)
        let url = server.url
        async let pending = failure(transport, HTTPRequest(.get, url))
        #expect(await eventually { server.connections > 0 })
        transport.shutDown()
        #expect(await pending?.code == .closed)
        #expect(await failure(transport, HTTPRequest(.get, url))?.code == .closed)
    }
}

/// The error that sending gives; nil when there was an answer.
func failure(_ transport: CurlTransport, _ request: HTTPRequest) async -> HTTPTransportError? {
    do throws(HTTPTransportError) {
        _ = try await transport.send(request)
        return nil
    } catch {
        return error
    }
}

extension String {
    /// The part of an HTTP message before (0) or after (1) the empty line.
    func components(separatedByHeadEnd part: Int) -> Substring {
        guard let end = firstRange(of: "\r\n\r\n") else { return self[...] }
        return part == 0 ? self[..<end.lowerBound] : self[end.upperBound...]
    }
}
