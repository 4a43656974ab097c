import Foundation
import Ports

/// An HTTP client on libcurl. One thread of its own drives all transfers; callers only suspend. Redirects are not
/// followed, proxies of the environment are not used, answers are not decompressed. Letting go of the last reference, or
/// `shutDown`, ends every transfer and then the thread.
package final class CurlTransport: Sendable {
    package let configuration: CurlTransportConfiguration
    private let mailbox: CurlMailbox

    package init(_ configuration: CurlTransportConfiguration = CurlTransportConfiguration()) {
        self.configuration = configuration
        let mailbox = CurlMailbox(waitingLimit: configuration.queueCapacity + configuration.concurrent)
        self.mailbox = mailbox
        let thread = Thread { CurlLoop(configuration, mailbox: mailbox).run() }
        thread.name = "switchyard-http"
        thread.start()
    }

    deinit { mailbox.stop() }

    /// Sends and waits for the whole answer, at most until the deadline. Cancelling the task ends the transfer.
    package func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        try request.validate()
        let number = mailbox.announce()
        let deadline = ContinuousClock.now + max(.zero, request.deadline ?? configuration.deadline)
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                mailbox.submit(
                    CurlSubmission(number: number, request: request, deadline: deadline, reply: .whole(continuation)))
            }
        } onCancel: {
            mailbox.cancel(number)
        }
        return try answer.get()
    }

    /// Sends and waits for the answer's head, at most until the deadline. The body comes as it is sent and has no limit but
    /// `idle`: when nothing comes for longer, it ends with an error. Cancelling the task, or letting go of the stream, ends
    /// the transfer.
    package func open(_ request: HTTPRequest, idle: Duration) async throws(HTTPTransportError) -> HTTPStream {
        try request.validate()
        let number = mailbox.announce()
        let deadline = ContinuousClock.now + max(.zero, request.deadline ?? configuration.deadline)
        let stream = CurlStream(idle: idle)
        let handle = CurlStreamHandle(stream, number: number, mailbox: mailbox, transport: self)
        mailbox.submit(CurlSubmission(number: number, request: request, deadline: deadline, reply: .stream(stream)))
        let head = try await handle.head()
        return HTTPStream(
            status: head.status, headers: head.headers,
            next: { () async throws(HTTPTransportError) in try await handle.next() }, close: { handle.close() })
    }

    /// Ends everything under way with `.closed`; later requests get the same. Safe to call twice.
    package func shutDown() { mailbox.stop() }
}
