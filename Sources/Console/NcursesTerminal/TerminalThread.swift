import Glibc

/// Runs one body on a thread of its own: ncurses belongs to one thread, and its `poll` must not hold one of the few of
/// Swift's pool.
enum TerminalThread {
    private final class Work {
        let body: () throws -> Void
        let done: (Result<Void, any Error>) -> Void

        init(body: @escaping () throws -> Void, done: @escaping (Result<Void, any Error>) -> Void) {
            self.body = body
            self.done = done
        }
    }

    /// `done` is called exactly once: on the new thread, or on this one when no thread could be had.
    static func start(
        done: @escaping @Sendable (Result<Void, any Error>) -> Void, body: @escaping @Sendable () throws -> Void
    ) {
        let work = Unmanaged.passRetained(Work(body: body, done: done))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                work.done(Result { try work.body() })
                return nil
            }, work.toOpaque())
        guard code != 0 else {
            pthread_detach(thread)
            return
        }
        work.release()
        done(.failure(TerminalError.noThread(code: code)))
    }
}
