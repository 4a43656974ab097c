/// An answer whose body comes as it is sent, e.g. server-sent events. Ends with the body, with an error, or with ``close()``.
package struct HTTPStream: Sendable {
    package let status: Int
    /// In the order received; names as the server wrote them.
    package let headers: [HTTPHeader]
    /// The next bytes, at least one; nil at the body's end. For one reader. What is not read holds the sender back, beyond a
    /// bounded buffer. Throws `.timeoutAfterSend` when nothing came for longer than the idle time, `.cancelled` when the
    /// reading task is cancelled.
    package let next: @Sendable () async throws(HTTPTransportError) -> [UInt8]?
    /// Ends the transfer. Safe to call twice, and after the end.
    package let close: @Sendable () -> Void

    package init(
        status: Int, headers: [HTTPHeader],
        next: @escaping @Sendable () async throws(HTTPTransportError) -> [UInt8]?,
        close: @escaping @Sendable () -> Void
    ) {
        self.status = status
        self.headers = headers
        self.next = next
        self.close = close
    }

    /// The first header of that name, letter case aside.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// Sends a request and waits for the answer's head, at most until the request's deadline; the body has none. The second
/// argument is the idle time: a body of which nothing comes for longer is dead. Whoever opens a stream reads it to its end or
/// closes it.
package typealias HTTPOpen = @Sendable (HTTPRequest, Duration) async throws(HTTPTransportError) -> HTTPStream
