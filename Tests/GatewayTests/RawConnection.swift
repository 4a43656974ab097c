import NIOCore
import NIOPosix

/// A TCP client that says exactly what it is told, so that tests can misbehave.
struct RawConnection {
    struct Answer {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    struct Closed: Error {}

    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received: [UInt8] = []

    static func with<Result: Sendable>(
        _ port: Int, _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&connection)
        }
    }

    private init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound
        self.outbound = outbound
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }
    func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    /// The next answer; throws `Closed` when the connection ends first.
    mutating func answer(toHead: Bool = false) async throws -> Answer {
        var end = headEnd()
        while end == nil {
            try await receive()
            end = headEnd()
        }
        let lines = String(decoding: received[..<(end ?? 0)], as: UTF8.self).split(separator: "\r\n")
        received.removeFirst((end ?? 0) + 4)
        var answer = Answer(status: Int(lines[0].split(separator: " ")[1]) ?? 0, headers: [:], body: [])
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            answer.headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        if !toHead, answer.headers["transfer-encoding"] == "chunked" {
            answer.body = try await chunks()
            return answer
        }
        let length = toHead ? 0 : answer.headers["content-length"].flatMap { Int($0) } ?? 0
        while received.count < length { try await receive() }
        answer.body = Array(received.prefix(length))
        received.removeFirst(length)
        return answer
    }

    private mutating func chunks() async throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            while !received.contains(UInt8(ascii: "\n")) { try await receive() }
            let end = received.firstIndex(of: UInt8(ascii: "\n")) ?? 0
            let size = String(decoding: received[..<end], as: UTF8.self).prefix { $0.isHexDigit }
            received.removeFirst(end + 1)
            let length = Int(size, radix: 16) ?? 0
            while received.count < length + 2 { try await receive() }
            body += received.prefix(length)
            received.removeFirst(length + 2)
            if length == 0 { return body }
        }
    }

    /// Reads until the server closes; what came in besides answers already taken.
    mutating func untilClosed() async throws -> [UInt8] {
        do {
            while true { try await receive() }
        } catch {
            return received
        }
    }

    private mutating func receive() async throws {
        guard let chunk = try await inbound.next() else { throw Closed() }
        received += chunk.readableBytesView
    }

    private func headEnd() -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard received.count >= 4 else { return nil }
        return (0...(received.count - 4)).first { received[$0..<($0 + 4)].elementsEqual(mark) }
    }
}

/// A request with a length.
func request(
    _ method: String, _ path: String, type: String? = nil, headers: [String] = [], body: String? = nil
) -> String {
    var lines = ["\(method) \(path) HTTP/1.1", "Host: gateway"] + headers
    if let type { lines.append("Content-Type: \(type)") }
    if let body { lines.append("Content-Length: \(body.utf8.count)") }
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
}

/// One request on a connection of its own.
func ask(_ port: Int, _ text: String, toHead: Bool = false) async throws -> RawConnection.Answer {
    try await RawConnection.with(port) { connection in
        try await connection.send(text)
        return try await connection.answer(toHead: toHead)
    }
}
