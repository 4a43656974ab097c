import Ports
import Resilience
import ServiceLifecycle

/// What a wait may still take once the service that waits has been asked to stop: enough for a store that works, so that
/// what is under way is finished, and little beside the five seconds of a stop when one stands still.
let stopGrace = Duration.milliseconds(500)

/// Runs `body`, and gives up with `.timedOut` after `span` (or what the request it works for has left, ledger API-06), or `stopGrace` after the beginning of a graceful stop. On the
/// time-out `body` is cancelled and waited for, so it must heed cancellation, as every port does. Cancellation of the caller
/// reaches `body`, whose own error is then thrown.
func bounded<Value: Sendable>(
    by span: Duration, _ operation: String, time: Timekeeper,
    _ body: @escaping @Sendable () async throws(PortError) -> Value
) async throws(PortError) -> Value {
    let span = RequestDeadline.shortened(span)
    guard span > .zero else { throw PortError(.timedOut, "the request's time was over before \(operation)") }
    let (stop, stopping) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let outcome = await withGracefulShutdownHandler {
        await firstOutcome(by: span, operation, time: time, stop: stop, body)
    } onGracefulShutdown: {
        stopping.yield()
    }
    return try outcome.get()
}

private func firstOutcome<Value: Sendable>(
    by span: Duration, _ operation: String, time: Timekeeper, stop: AsyncStream<Void>,
    _ body: @escaping @Sendable () async throws(PortError) -> Value
) async -> Result<Value, PortError> {
    await withTaskGroup(of: Result<Value, PortError>?.self) { group in
        group.addTask {
            do throws(PortError) { return .success(try await body()) } catch { return .failure(error) }
        }
        group.addTask {
            do { try await time.expire(span) } catch { return nil }
            return .failure(
                PortError(.timedOut, "\(operation) did not answer within \(span); it may still take effect"))
        }
        group.addTask {
            for await _ in stop {
                do { try await time.expire(min(span, stopGrace)) } catch { return nil }
                return .failure(PortError(.timedOut, "\(operation) was given up because the engine is stopping"))
            }
            return nil
        }
        defer { group.cancelAll() }
        while let outcome = await group.next() {
            if let outcome { return outcome }
        }
        return .failure(PortError(.unavailable, "\(operation) was given up because the engine is stopping"))
    }
}

extension Timekeeper {
    /// Waits; false when the engine began to stop, gracefully or by cancellation, before `span` was over.
    func pause(_ span: Duration) async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await sleep(span) }
            return !Task.isShuttingDownGracefully && !Task.isCancelled
        } catch {
            return false
        }
    }
}

/// True while a service's loop should turn.
var isRunning: Bool { !Task.isShuttingDownGracefully && !Task.isCancelled }
