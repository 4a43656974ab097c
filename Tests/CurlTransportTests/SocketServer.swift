import Foundation
import Glibc
import Ports
import Synchronization

/// A real server on a loopback port: every connection gets a thread that runs the script. Lives as long as its value.
final class SocketServer: Sendable {
    let port: Int
    private let listener: Int32
    private let counts: Counts

    final class Counts: Sendable {
        let connections = Atomic<Int>(0)
        let requests = Atomic<Int>(0)
        /// Connections that the other side has closed.
        let hangUps = Atomic<Int>(0)
    }

    init(script: @escaping @Sendable (SocketConnection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(listener, raw, size) == 0 && listen(listener, 512) == 0 && getsockname(listener, raw, &size) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        let counts = Counts()
        self.counts = counts
        self.listener = listener
        Thread.detachNewThread {
            while true {
                let accepted = accept(listener, nil, nil)
                guard accepted >= 0 else {
                    close(listener)
                    return
                }
                counts.connections.add(1, ordering: .relaxed)
                Thread.detachNewThread {
                    script(SocketConnection(descriptor: accepted, counts: counts))
                    close(accepted)
                }
            }
        }
    }

    /// Stops listening at once. The accepting thread closes the descriptor, so that its number is not used again under it.
    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    var url: String { "http://127.0.0.1:\(port)/" }
    var connections: Int { counts.connections.load(ordering: .relaxed) }
    var requests: Int { counts.requests.load(ordering: .relaxed) }
    var hangUps: Int { counts.hangUps.load(ordering: .relaxed) }

    /// Answers every request on every connection with the text the closure makes of it.
    convenience init(answering answer: @escaping @Sendable (String) -> String) throws {
        try self.init(script: { connection in
            while let request = connection.readRequest() { connection.write(answer(request)) }
        })
    }

    /// True when somebody listens there.
    static func accepts(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    static func ok(_ body: String) -> String { "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)" }
}

struct SocketConnection {
    let descriptor: Int32
    let counts: SocketServer.Counts

    /// Head and body of the next request; nil once the client has closed.
    func readRequest() -> String? {
        var bytes: [UInt8] = []
        var expected: Int?
        while expected.map({ bytes.count < $0 }) ?? true {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else {
                counts.hangUps.add(1, ordering: .relaxed)
                return nil
            }
            bytes += chunk[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            guard expected == nil, let head = text.range(of: "\r\n\r\n") else { continue }
            let length = text[..<head.lowerBound].split(separator: "\r\n").compactMap { line in
                line.lowercased().hasPrefix("content-length:") ? Int(line.dropFirst(15).drop { $0 == " " }) : nil
            }
            expected = text[..<head.upperBound].utf8.count + (length.first ?? 0)
        }
        counts.requests.add(1, ordering: .relaxed)
        return String(decoding: bytes, as: UTF8.self)
    }

    func write(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes {
            send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// Returns when the client has gone.
    func waitForHangUp() { while readRequest() != nil {} }

    /// Closes with RST instead of FIN.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
}

/// Lets other tasks run until the condition holds; false when it has not after 20 s.
func eventually(_ condition: () -> Bool) async -> Bool {
    let limit = ContinuousClock.now + .seconds(20)
    while !condition() {
        guard ContinuousClock.now < limit else { return false }
        await Task.yield()
    }
    return true
}
