import Foundation
import JWTKit
import Logging
import Ports
import Resilience
import Synchronization

/// Keeps an issuer's keys as `KeySetStateMachine` says. One question is under way at a time, and all who need its answer wait
/// for it, at most the question's deadline.
package final class KeySetService: Sendable {
    private struct State {
        var machine: KeySetStateMachine
        var isAsking = false
        var hasStopped = false
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextTicket: UInt64 = 0
        var fault: PortError?
    }

    private let url: String
    private let timeout: Duration
    private let send: HTTPSend
    private let uptime: @Sendable () -> MonotonicTime
    private let logger: Logger
    private let state: Mutex<State>
    private let questions: AsyncStream<Void>
    private let question: AsyncStream<Void>.Continuation

    init(
        _ rules: TokenRules, send: @escaping HTTPSend, uptime: @escaping @Sendable () -> MonotonicTime, logger: Logger
    ) {
        url = rules.keySetURL
        timeout = rules.keysTimeout
        self.send = send
        self.uptime = uptime
        self.logger = logger
        state = Mutex(
            State(machine: KeySetStateMachine(freshFor: rules.keysFreshFor, usableFor: rules.keysUsableFor)))
        (questions, question) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Why the last question brought no keys; nil when it did, or none was asked.
    var fault: PortError? { state.withLock(\.fault) }

    func key(_ keyID: String, _ algorithm: String) async throws(AccessRefusal) -> any JWTAlgorithm {
        for mayAsk in [true, false] {
            let (verdict, isAsking) = consult(keyID, mayAsk: mayAsk)
            switch verdict {
            case .use, .useAndRefresh:
                guard let key = state.withLock({ $0.machine.keys?.key(keyID, algorithm) }) else { throw .algorithm }
                return key
            case .ask: await answer()
            case .unknown, .unavailable:
                // Somebody else's question is under way: its answer may be ours too.
                guard mayAsk, isAsking else { throw verdict == .unknown ? .unknownKey : .keysUnavailable }
                await answer()
            }
        }
        throw .keysUnavailable
    }

    private func consult(_ keyID: String, mayAsk: Bool) -> (KeySetStateMachine.Verdict, isAsking: Bool) {
        let now = uptime()
        let (verdict, isAsking) = state.withLock { state in
            let wasAsking = state.isAsking
            let verdict = state.machine.verdict(on: keyID, at: now, mayAsk: mayAsk && !wasAsking && !state.hasStopped)
            if verdict == .ask || verdict == .useAndRefresh {
                state.machine.asked(at: now)
                state.isAsking = true
            }
            return (verdict, wasAsking)
        }
        if verdict == .ask || verdict == .useAndRefresh { question.yield() }
        return (verdict, isAsking)
    }

    /// Ends with the question under way, or with the caller's cancellation.
    private func answer() async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.isAsking, !state.hasStopped else { return false }
                    state.waiting[ticket] = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
    }

    /// Asks whenever a question is put, until cancelled. Once.
    func run() async {
        for await _ in questions {
            let (keys, fault) = await fetch()
            let now = uptime()
            let waiting = state.withLock { state in
                state.machine.answered(keys, at: now)
                state.fault = fault
                state.isAsking = false
                defer { state.waiting = [:] }
                return state.waiting.values
            }
            for continuation in waiting { continuation.resume() }
        }
        let waiting = state.withLock { state in
            state.hasStopped = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume() }
    }

    private func fetch() async -> (KeySet?, PortError?) {
        let request = Ports.HTTPRequest(
            .get, url, headers: [HTTPHeader("Accept", "application/json")], deadline: timeout)
        let fault: PortError
        do throws(HTTPTransportError) {
            let answer = try await send(request)
            if answer.status == 200, let keys = await KeySet(answer.body), !keys.isEmpty { return (keys, nil) }
            fault = PortError(
                .unavailable, "auth.jwt.keys_url was answered \(answer.status) without keys that can be used; check it."
            )
        } catch {
            fault = PortError(.unavailable, "auth.jwt.keys_url does not answer: \(error.sentence)")
        }
        logger.warning("the keys of the token issuer cannot be had", metadata: ["error": "\(fault)"])
        return (nil, fault)
    }
}
