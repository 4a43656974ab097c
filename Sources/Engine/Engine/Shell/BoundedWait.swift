import Ports
import ServiceLifecycle

/// Runs `body`, and gives up with `.timedOut` after `span`. On the time-out `body` is cancelled and waited for, so it must
/// heed cancellation, as every port does. Cancellation of the caller reaches `body`, whose own error is then thrown.
func bounded<Value: Sendable>(
    by span: Duration, _ operation: String, time: Timekeeper,
    _ body: @escaping @Sendable () async throws(PortError) -> Value
) async throws(PortError) -> Value {
    let outcome = await withTaskGroup(of: Result<Value, PortError>?.self) { group in
        group.addTask {
            do throws(PortError) { return .success(try await body()) } catch { return .failure(error) }
        }
        group.addTask {
            do { try await time.expire(span) } catch { return nil }
            return .failure(
                PortError(.timedOut, "\(operation) did not answer within \(span); it may still take effect"))
        }
        defer { group.cancelAll() }
        while let outcome = await group.next() {
            if let outcome { return outcome }
        }
        return .failure(PortError(.unavailable, "\(operation) was given up because the engine is stopping"))
    }
    return try outcome.get()
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
