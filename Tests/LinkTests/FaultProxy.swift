import Foundation
import Glibc
import Synchronization

/// A TCP proxy on loopback that does to each connection what its plan says: threads and plain sockets, so that it shares
/// nothing with what it tests. Lives until ``close()``.
final class FaultProxy: Sendable {
    enum Fault: Sendable, Hashable {
        case none
        /// Each piece is held back so long, both ways.
        case delays(milliseconds: Int)
        /// In pieces of so many bytes.
        case slices(bytes: Int)
        /// The connection ends after so many bytes of the answer, in the way of a server that dies (`reset`) or leaves.
        case cuts(afterAnswer: Int, reset: Bool)
        /// Ends after so many bytes of the question.
        case cutsQuestion(after: Int)
        /// Takes the connection and says nothing.
        case swallows
    }

    let port: Int
    private let listener: Int32
    private let target: Int
    private let plan: @Sendable (_ connection: Int) -> Fault
    private let state = Mutex<(connections: Int, open: Set<Int32>, isClosed: Bool)>((0, [], false))

    /// - Parameter plan: what to do to the connection of that number, from 0.
    init(to target: Int, plan: @escaping @Sendable (Int) -> Fault) throws {
        self.target = target
        self.plan = plan
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard let port = bound(listener) else { throw POSIXError(.EADDRNOTAVAIL) }
        self.port = port
        Thread.detachNewThread { [self] in
            while case let client = accept(listener, nil, nil), client >= 0 { begin(client) }
        }
    }

    var connections: Int { state.withLock { $0.connections } }

    /// Cuts every connection there is, as when somebody pulls the cable and puts it back.
    func cutAll() { for descriptor in state.withLock({ $0.open }) { shutdown(descriptor, Int32(SHUT_RDWR)) } }

    func close() {
        state.withLock { $0.isClosed = true }
        shutdown(listener, Int32(SHUT_RDWR))
        cutAll()
    }

    private func begin(_ client: Int32) {
        let (number, isClosed) = state.withLock { state in
            state.connections += 1
            return (state.connections - 1, state.isClosed)
        }
        let server = isClosed ? -1 : connected(to: target)
        guard server >= 0 else {
            Glibc.close(client)
            return
        }
        state.withLock { $0.open.formUnion([client, server]) }
        let fault = plan(number)
        let ends = Mutex(2)
        for (from, to, isAnswer) in [(client, server, false), (server, client, true)] {
            Thread.detachNewThread { [self] in
                pump(from, to, isAnswer: isAnswer, fault)
                for descriptor in [from, to] { shutdown(descriptor, Int32(SHUT_RDWR)) }
                let isLast = ends.withLock { left in
                    left -= 1
                    return left == 0
                }
                guard isLast else { return }
                // Only now, so that no number is used again under the other thread.
                state.withLock { $0.open.subtract([client, server]) }
                for descriptor in [client, server] { Glibc.close(descriptor) }
            }
        }
    }

    private func pump(_ from: Int32, _ to: Int32, isAnswer: Bool, _ fault: Fault) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var passed = 0
        while case let count = read(from, &buffer, buffer.count), count > 0 {
            var piece = Array(buffer[..<count])
            var isLast = false
            switch fault {
            case .none: break
            case .swallows: continue
            case .delays(let milliseconds): usleep(UInt32(milliseconds) * 1000)
            case .slices(let bytes):
                for start in stride(from: 0, to: piece.count, by: bytes) {
                    guard put(Array(piece[start..<min(start + bytes, piece.count)]), to) else { return }
                }
                continue
            case .cuts(let limit, let reset) where isAnswer:
                isLast = passed + count >= limit
                piece = Array(piece.prefix(max(0, limit - passed)))
                if isLast, reset { resets(to) }
            case .cutsQuestion(let limit) where !isAnswer:
                isLast = passed + count >= limit
                piece = Array(piece.prefix(max(0, limit - passed)))
            case .cuts, .cutsQuestion: break
            }
            passed += count
            guard put(piece, to), !isLast else { return }
        }
    }

    private func put(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}

private func resets(_ descriptor: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
}

private func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

private func bound(_ listener: Int32) -> Int? {
    var address = address(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
            bind(listener, raw, size) == 0 && listen(listener, 128) == 0 && getsockname(listener, raw, &size) == 0
        }
    }
    return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
}

/// Negative when nobody listens.
private func connected(to port: Int) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = address(port)
    let answer = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard answer == 0 else {
        Glibc.close(descriptor)
        return -1
    }
    return descriptor
}
