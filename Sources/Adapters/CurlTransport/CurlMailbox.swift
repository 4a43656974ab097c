import CCurl
import Ports
import Synchronization

/// One request on its way to the driving thread.
struct CurlSubmission: Sendable {
    typealias Answer = Result<HTTPResponse, HTTPTransportError>

    let number: UInt64
    let request: HTTPRequest
    /// Of the whole answer; of a stream's head.
    let deadline: ContinuousClock.Instant
    let reply: Reply

    enum Reply: Sendable {
        case whole(CheckedContinuation<Answer, Never>)
        case stream(CurlStream)
    }

    func answer(_ answer: Answer) {
        switch reply {
        case .whole(let continuation): continuation.resume(returning: answer)
        case .stream(let stream):
            if case .failure(let error) = answer { stream.finish(error) } else { stream.finish(nil) }
        }
    }

    var stream: CurlStream? { if case .stream(let stream) = reply { stream } else { nil } }
}

/// What callers leave for the driving thread. Bounded: a submission beyond `waitingLimit` unanswered ones is refused.
final class CurlMailbox: Sendable {
    struct Mail: Sendable {
        var submissions: [CurlSubmission] = []
        var cancellations: [UInt64] = []
        /// Streams whose reader has caught up.
        var resumptions: [UInt64] = []
        var isStopping = false
    }

    /// The sleeping multi handle, for waking only.
    fileprivate struct Sleeper: @unchecked Sendable {
        // Safe to pass between threads: curl_multi_wakeup is the one call that libcurl allows from any thread, and the
        // driving thread takes the handle out of the mailbox before it frees it.
        let multi: UnsafeMutableRawPointer
    }

    fileprivate struct State {
        var mail = Mail()
        /// Numbers of callers that have not submitted yet; a cancellation takes its number out.
        var announced: Set<UInt64> = []
        var nextNumber: UInt64 = 0
        var unanswered = 0
        var sleeper: Sleeper?
    }

    private let waitingLimit: Int
    private let state = Mutex(State())

    init(waitingLimit: Int) { self.waitingLimit = waitingLimit }

    func announce() -> UInt64 {
        state.withLock { state in
            state.nextNumber += 1
            state.announced.insert(state.nextNumber)
            return state.nextNumber
        }
    }

    func submit(_ submission: CurlSubmission) {
        let refusal: HTTPTransportError? = state.withLock { state in
            guard state.announced.remove(submission.number) != nil else {
                return HTTPTransportError(.cancelled, "The request was cancelled before it was sent.")
            }
            guard !state.mail.isStopping else { return .closed }
            guard state.unanswered < waitingLimit else {
                return HTTPTransportError(
                    .overloaded, "\(waitingLimit) requests are under way or waiting already; try again later.")
            }
            state.unanswered += 1
            state.mail.submissions.append(submission)
            state.wake()
            return nil
        }
        if let refusal { submission.answer(.failure(refusal)) }
    }

    func cancel(_ number: UInt64) {
        state.withLock { state in
            guard state.announced.remove(number) == nil else { return }
            state.mail.cancellations.append(number)
            state.wake()
        }
    }

    /// A paused stream goes on.
    func resume(_ number: UInt64) {
        state.withLock { state in
            state.mail.resumptions.append(number)
            state.wake()
        }
    }

    func stop() {
        state.withLock { state in
            state.mail.isStopping = true
            state.wake()
        }
    }

    /// From the driving thread: where to ring. Nil before the handle is freed.
    func setSleeper(_ multi: UnsafeMutableRawPointer?) {
        let sleeper = multi.map { Sleeper(multi: $0) }
        state.withLock { $0.sleeper = sleeper }
    }

    /// From the driving thread: takes everything out. `isStopping` stays set.
    func collect(answered: Int) -> Mail {
        state.withLock { state in
            state.unanswered -= answered
            let mail = state.mail
            state.mail = Mail(isStopping: mail.isStopping)
            return mail
        }
    }
}

extension CurlMailbox.State {
    fileprivate func wake() {
        if let sleeper { curl_multi_wakeup(sleeper.multi) }
    }
}

extension HTTPTransportError {
    static let closed = HTTPTransportError(.closed, "The HTTP transport was shut down; make a new one.")
}
