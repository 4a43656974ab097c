import CCurl
import DequeModule
import Ports

/// Drives all transfers on one thread: never used from another. Owns the multi handle.
final class CurlLoop {
    private let configuration: CurlTransportConfiguration
    private let mailbox: CurlMailbox
    private let multi: UnsafeMutableRawPointer
    private var running: [UnsafeMutableRawPointer: CurlTransfer] = [:]
    private var waiting: Deque<CurlSubmission> = []
    private var answered = 0

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(_ configuration: CurlTransportConfiguration, mailbox: CurlMailbox) {
        guard Self.isLibraryReady, let multi = curl_multi_init() else {
            preconditionFailure("libcurl could not be set up: out of memory")
        }
        self.configuration = configuration
        self.mailbox = mailbox
        self.multi = multi
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.concurrent)
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.concurrent)
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, configuration.concurrentPerHost)
        mailbox.setSleeper(multi)
    }

    deinit {
        mailbox.setSleeper(nil)
        for transfer in running.values { curl_multi_remove_handle(multi, transfer.easy) }
        running = [:]
        curl_multi_cleanup(multi)
    }

    /// Returns once the mailbox says stop.
    func run() {
        while true {
            let mail = mailbox.collect(answered: answered)
            answered = 0
            waiting.append(contentsOf: mail.submissions)
            for number in mail.cancellations { cancel(number) }
            for number in mail.resumptions { resume(number) }
            if mail.isStopping { break }
            expireWaiting()
            startWaiting()
            expireStreams()
            var stillRunning: Int32 = 0
            curl_multi_perform(multi, &stillRunning)
            if !finishDone() { curl_multi_poll(multi, nil, 0, sleepMilliseconds, nil) }
        }
        for submission in waiting { answer(submission, .failure(.closed)) }
        for transfer in running.values { answer(transfer.submission, .failure(transfer.stopped(.closed))) }
    }

    /// libcurl shortens this to its own timers.
    private var sleepMilliseconds: Int32 {
        let ends = waiting.map(\.deadline) + running.values.compactMap(\.nextStreamDeadline)
        guard let first = ends.min() else { return 1000 }
        let milliseconds = (first - .now) / .milliseconds(1)
        return Int32(min(max(milliseconds.rounded(.up), 0), 1000))
    }

    private func startWaiting() {
        while running.count < configuration.concurrent, let submission = waiting.popFirst() {
            do throws(HTTPTransportError) {
                let transfer = try CurlTransfer(submission, configuration)
                curl_multi_add_handle(multi, transfer.easy)
                running[transfer.easy] = transfer
            } catch {
                answer(submission, .failure(error))
            }
        }
    }

    private func expireWaiting() {
        guard !waiting.isEmpty else { return }
        let now = ContinuousClock.now
        let expired = waiting.filter { $0.deadline <= now }
        guard !expired.isEmpty else { return }
        waiting.removeAll { $0.deadline <= now }
        for submission in expired {
            answer(
                submission,
                .failure(
                    HTTPTransportError(
                        .timeoutBeforeSend, "The deadline passed while other requests were served; try again later.")))
        }
    }

    /// libcurl counts no deadline of a stream: its body has none.
    private func expireStreams() {
        let now = ContinuousClock.now
        for transfer in running.values where transfer.nextStreamDeadline.map({ $0 <= now }) ?? false {
            remove(transfer)
            answer(transfer.submission, .failure(transfer.silenceError))
        }
    }

    private func resume(_ number: UInt64) {
        running.values.first { $0.submission.number == number }?.resume()
    }

    private func cancel(_ number: UInt64) {
        if let index = waiting.firstIndex(where: { $0.number == number }) {
            let cancelled = HTTPTransportError(.cancelled, "The request was cancelled before it was sent.")
            answer(waiting.remove(at: index), .failure(cancelled))
        } else if let transfer = running.values.first(where: { $0.submission.number == number }) {
            remove(transfer)
            let cancelled = HTTPTransportError(.cancelled, "The request was cancelled.")
            answer(transfer.submission, .failure(transfer.stopped(cancelled)))
        }
    }

    /// False when no transfer had ended.
    private func finishDone() -> Bool {
        var isAnyDone = false
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            // The message dies with curl_multi_remove_handle: copy first.
            let (kind, easy, code) = (message.pointee.msg, message.pointee.easy_handle, message.pointee.data.result)
            guard kind == CURLMSG_DONE, let easy, let transfer = running[easy] else { continue }
            isAnyDone = true
            remove(transfer)
            answer(transfer.submission, transfer.answer(code))
        }
        return isAnyDone
    }

    private func remove(_ transfer: CurlTransfer) {
        curl_multi_remove_handle(multi, transfer.easy)
        running[transfer.easy] = nil
    }

    private func answer(_ submission: CurlSubmission, _ answer: CurlSubmission.Answer) {
        answered += 1
        submission.answer(answer)
    }
}
