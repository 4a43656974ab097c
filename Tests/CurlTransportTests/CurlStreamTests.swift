import Glibc
import Ports
import Synchronization
import Testing

@testable import CurlTransport

@Suite("Answers that come as they are sent", .timeLimit(.minutes(5)))
struct CurlStreamTests {
    private let patience = Duration.seconds(60)

    private func chunk(_ text: String) -> String { "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n" }
    private let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test("pieces come one by one, long before the end")
    func pieces() async throws {
        let gate = Gate()
        let server = try SocketServer(script: { [head, chunk] connection in
            _ = connection.readRequest()
            connection.write(head)
            for text in ["one", "two"] {
                connection.write(chunk(text))
                gate.wait()
            }
            connection.write("0\r\n\r\n")
        })
        let stream = try await CurlTransport(CurlTransportTests.local).open(
            HTTPRequest(.get, server.url), idle: patience)
        #expect(stream.status == 200)
        #expect(stream.header("content-type") == "text/event-stream")
        #expect(try await stream.next() == Array("one".utf8))
        gate.open()
        #expect(try await stream.next() == Array("two".utf8))
        gate.open()
        #expect(try await stream.next() == nil)
        #expect(try await stream.next() == nil)
    }

    @Test("beyond its capacity a stream takes nothing until its reader comes")
    func capacity() async throws {
        let stream = CurlStream(idle: patience)
        let piece = [UInt8](repeating: 7, count: 100 << 10)
        let taken = (0..<4).map { _ in piece.withUnsafeBytes { stream.offer($0) } }
        #expect(taken == [true, true, false, false])
        #expect(stream.isPaused)
        let wasPaused = Mutex(false)
        let bytes = await withCheckedContinuation { reader in
            let isPaused = stream.take(reader)
            wasPaused.withLock { $0 = isPaused }
        }
        let wasHeldBack = wasPaused.withLock { $0 }
        #expect(wasHeldBack)
        #expect(try bytes.get()?.count == 200 << 10)
        stream.resumed()
        #expect(piece.withUnsafeBytes { stream.offer($0) })
    }

    @Test("a reader that lags gets every byte")
    func backPressure() async throws {
        let total = 6 << 20
        let counter = Counter()
        let server = try SocketServer(script: { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            for index in piece.indices { piece[index] = UInt8(truncatingIfNeeded: index &* 31) }
            while counter.value < total {
                let count = send(connection.descriptor, piece, piece.count, Int32(MSG_NOSIGNAL))
                guard count == piece.count else { return }
                counter.add(count)
            }
        })
        let stream = try await CurlTransport(CurlTransportTests.local).open(
            HTTPRequest(.get, server.url), idle: patience)
        var got = try #require(try await stream.next())
        while let bytes = try await stream.next() { got += bytes }
        #expect(got.count == total)
        let isWhole = got.indices.allSatisfy { got[$0] == UInt8(truncatingIfNeeded: ($0 & 0xFFFF) &* 31) }
        #expect(isWhole)
    }

    @Test("a stream of which nothing comes is dead")
    func idle() async throws {
        let server = try SocketServer(script: { [head, chunk] connection in
            _ = connection.readRequest()
            connection.write(head + chunk("one"))
            connection.waitForHangUp()
        })
        let stream = try await CurlTransport(CurlTransportTests.local).open(
            HTTPRequest(.get, server.url), idle: .milliseconds(300))
        #expect(try await stream.next() == Array("one".utf8))
        await #expect(throws: HTTPTransportError.self) { _ = try await stream.next() }
        #expect(await eventually { server.hangUps == 1 })
    }

    @Test("a head that does not come is waited for until the deadline")
    func noHead() async throws {
        let server = try SocketServer(script: { connection in
            _ = connection.readRequest()
            connection.waitForHangUp()
        })
        do throws(HTTPTransportError) {
            _ = try await CurlTransport(CurlTransportTests.local).open(
                HTTPRequest(.get, server.url, deadline: .milliseconds(300)), idle: patience)
            Issue.record("a head came")
        } catch {
            #expect(error.code == .timeoutAfterSend)
        }
    }

    @Test("a stream that breaks says so after its last piece")
    func broken() async throws {
        let server = try SocketServer(script: { [head, chunk] connection in
            _ = connection.readRequest()
            connection.write(head + chunk("one") + "100\r\npart")
        })
        let stream = try await CurlTransport(CurlTransportTests.local).open(
            HTTPRequest(.get, server.url), idle: patience)
        var got: [UInt8] = []
        do throws(HTTPTransportError) {
            while let bytes = try await stream.next() { got += bytes }
            Issue.record("a whole answer")
        } catch {
            #expect(error.code == .lostAfterSend)
        }
        #expect(got == Array("onepart".utf8))
    }

    @Test("closing, letting go and cancelling each end the transfer", arguments: ["close", "release", "cancel"])
    func ends(way: String) async throws {
        let server = try SocketServer(script: { [head, chunk] connection in
            _ = connection.readRequest()
            connection.write(head + chunk("one"))
            connection.waitForHangUp()
        })
        let transport = CurlTransport(CurlTransportTests.local)
        var stream: HTTPStream? = try await transport.open(HTTPRequest(.get, server.url), idle: patience)
        _ = try await stream?.next()
        switch way {
        case "close": stream?.close()
        case "release": stream = nil
        default:
            let reading = Task { [stream] in try await stream?.next() }
            reading.cancel()
            await #expect(throws: HTTPTransportError.self) { _ = try await reading.value }
        }
        #expect(await eventually { server.hangUps == 1 })
        transport.shutDown()
    }

    @Test("an answer that is an error has its status and body")
    func refused() async throws {
        let server = try SocketServer { _ in "HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\nnope" }
        let stream = try await CurlTransport(CurlTransportTests.local).open(
            HTTPRequest(.get, server.url), idle: patience)
        #expect(stream.status == 401)
        #expect(try await stream.next() == Array("nope".utf8))
        #expect(try await stream.next() == nil)
    }

    @Test("addresses outside the policy are refused for streams too")
    func policy() async throws {
        let server = try SocketServer { _ in SocketServer.ok("x") }
        do throws(HTTPTransportError) {
            _ = try await CurlTransport().open(HTTPRequest(.get, server.url), idle: patience)
            Issue.record("connected")
        } catch {
            #expect(error.code == .refusedAddress)
        }
    }
}

/// Lets a server's thread go on one step at a time.
private final class Gate: Sendable {
    private let steps = Atomic<Int>(0)
    private let taken = Atomic<Int>(0)
    func open() { steps.add(1, ordering: .relaxed) }
    func wait() {
        let mine = taken.add(1, ordering: .relaxed).newValue
        while steps.load(ordering: .relaxed) < mine { usleep(2000) }
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add(_ more: Int) { count.add(more, ordering: .relaxed) }
}
