import Ports
import Synchronization

/// A body on its way from the driving thread to its one reader. Bounded: beyond `capacity` bytes the transfer is paused until
/// the reader has caught up.
final class CurlStream: Sendable {
    typealias Head = Result<(status: Int, headers: [HTTPHeader]), HTTPTransportError>
    typealias Piece = Result<[UInt8]?, HTTPTransportError>

    private struct State {
        var head: Head?
        var headWaiter: CheckedContinuation<Head, Never>?
        var pending: [UInt8] = []
        var reader: CheckedContinuation<Piece, Never>?
        /// Nil while the body goes on.
        var end: Piece?
        var isPaused = false
    }

    static let capacity = 256 << 10

    let idle: Duration
    private let state = Mutex(State())

    init(idle: Duration) { self.idle = idle }

    var hasHead: Bool { state.withLock { $0.head != nil } }
    var isPaused: Bool { state.withLock(\.isPaused) }
}

// MARK: - The driving thread

extension CurlStream {
    func begin(status: Int, headers: [HTTPHeader]) { answer(.success((status, headers))) }

    /// False: take the same bytes again when ``take(_:)`` asked for more.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (taken, reader): (Bool, CheckedContinuation<Piece, Never>?) = state.withLock { state in
            guard state.pending.isEmpty || state.pending.count + bytes.count <= Self.capacity else {
                state.isPaused = true
                return (false, nil)
            }
            defer { state.reader = nil }
            if state.reader == nil { state.pending += bytes }
            return (true, state.reader)
        }
        reader?.resume(returning: .success(Array(bytes)))
        return taken
    }

    func resumed() { state.withLock { $0.isPaused = false } }

    /// Nil: the body came to its end.
    func finish(_ error: HTTPTransportError?) {
        if let error { answer(.failure(error)) }
        let end: Piece = error.map { .failure($0) } ?? .success(nil)
        let reader = state.withLock { state in
            defer { state.reader = nil }
            state.end = state.end ?? end
            return state.reader
        }
        reader?.resume(returning: end)
    }

    private func answer(_ head: Head) {
        let waiter = state.withLock { state -> CheckedContinuation<Head, Never>? in
            guard state.head == nil else { return nil }
            state.head = head
            defer { state.headWaiter = nil }
            return state.headWaiter
        }
        waiter?.resume(returning: head)
    }
}

// MARK: - The reader

extension CurlStream {
    func wait(_ waiter: CheckedContinuation<Head, Never>) {
        let head = state.withLock { state in
            if state.head == nil { state.headWaiter = waiter }
            return state.head
        }
        if let head { waiter.resume(returning: head) }
    }

    /// Gives the reader what there is or will be. True: the transfer is to go on.
    func take(_ reader: CheckedContinuation<Piece, Never>) -> Bool {
        let (piece, wasPaused): (Piece?, Bool) = state.withLock { state in
            guard state.pending.isEmpty else {
                defer { state.pending = [] }
                return (.success(state.pending), state.isPaused)
            }
            if state.end == nil { state.reader = reader }
            return (state.end, state.isPaused)
        }
        if let piece { reader.resume(returning: piece) }
        return wasPaused
    }
}

/// The reader's hold on a transfer: when it goes, the transfer ends.
final class CurlStreamHandle: Sendable {
    private let stream: CurlStream
    private let number: UInt64
    private let mailbox: CurlMailbox
    /// Would end its transfers if nobody held it.
    private let transport: CurlTransport

    init(_ stream: CurlStream, number: UInt64, mailbox: CurlMailbox, transport: CurlTransport) {
        self.transport = transport
        self.stream = stream
        self.number = number
        self.mailbox = mailbox
    }

    deinit { mailbox.cancel(number) }

    func head() async throws(HTTPTransportError) -> (status: Int, headers: [HTTPHeader]) {
        let head = await withTaskCancellationHandler {
            await withCheckedContinuation { stream.wait($0) }
        } onCancel: {
            close()
        }
        return try head.get()
    }

    func next() async throws(HTTPTransportError) -> [UInt8]? {
        let piece = await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                if stream.take(reader) { mailbox.resume(number) }
            }
        } onCancel: {
            close()
        }
        return try piece.get()
    }

    func close() { mailbox.cancel(number) }
}
