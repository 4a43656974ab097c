import EnergyModel
import Engine
import Synchronization

/// Time that passes only when somebody waits or a test says so: a wait returns at once and moves the clock. Calls take no
/// time, so deadlines never pass. Single-threaded use gives the same run for the same seed.
final class VirtualTime: Sendable {
    private let elapsed = Mutex(Duration.zero)
    let epoch: UTCInstant

    init(startingAt epoch: UTCInstant = UTCInstant(seconds: 1_790_000_000 - 1_790_000_000 % 3600)) {
        self.epoch = epoch
    }

    var now: UTCInstant { epoch.advanced(by: elapsed.withLock { $0 }) }

    func advance(by span: Duration) { elapsed.withLock { $0 += span } }

    /// Each engine that is composed gets its own start.
    var timekeeper: Timekeeper {
        let start = elapsed.withLock { $0 }
        return Timekeeper(
            now: { self.now }, uptime: { self.elapsed.withLock { $0 } - start },
            sleep: { span in
                try Task.checkCancellation()
                self.advance(by: span)
            },
            expire: { _ in
                // Until the call it guards has ended and cancels it.
                for await _ in AsyncStream<Never>.makeStream().stream {}
                throw CancellationError()
            })
    }
}

final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set(_ isSet: Bool) { value.withLock { $0 = isSet } }
}
