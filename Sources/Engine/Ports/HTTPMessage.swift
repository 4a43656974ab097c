package enum HTTPMethod: String, Sendable, CaseIterable {
    case get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
}

package struct HTTPHeader: Hashable, Sendable {
    package var name: String
    package var value: String
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

package struct HTTPRequest: Hashable, Sendable {
    package var method: HTTPMethod
    /// Absolute, `http` or `https`.
    package var url: String
    /// Sent as they are; `traceparent` belongs here. Names are tokens, values hold no control characters.
    package var headers: [HTTPHeader]
    package var body: [UInt8]
    /// From `send` to the last byte of the answer, waiting in line included; nil takes the transport's.
    package var deadline: Duration?
    /// False takes a fresh connection. On a kept one that the server has just closed, libcurl sends the request a second
    /// time without asking: only for requests that may arrive twice.
    package var reusesConnection: Bool

    package init(
        _ method: HTTPMethod = .get, _ url: String, headers: [HTTPHeader] = [], body: [UInt8] = [],
        deadline: Duration? = nil, reusesConnection: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadline = deadline
        self.reusesConnection = reusesConnection
    }
}

/// Any status is an answer, not an error; 3xx too, since redirects are never followed.
package struct HTTPResponse: Hashable, Sendable {
    package var status: Int
    /// In the order received; names as the server wrote them.
    package var headers: [HTTPHeader]
    package var body: [UInt8]

    package init(status: Int, headers: [HTTPHeader], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, letter case aside.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// Sends a request and waits for the whole answer, at most until its deadline. Cancelling the task ends the transfer.
package typealias HTTPSend = @Sendable (HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse
