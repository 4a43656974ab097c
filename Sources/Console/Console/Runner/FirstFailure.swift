import Synchronization

/// Why the terminal could not be taken, carried out of the task that found it.
final class FirstFailure: Sendable {
    private let kept = Mutex<(any Error)?>(nil)

    func keep(_ error: any Error) {
        kept.withLock { if $0 == nil { $0 = error } }
    }

    var error: (any Error)? { kept.withLock { $0 } }
}
