import CMalloc
import ServiceLifecycle

/// Gives memory that the engine has freed back to the machine. glibc keeps it in the arenas of the threads that freed it:
/// after a catch-up hundreds of megabytes would stay with a process that uses a tenth of them.
struct MemoryReturnService: Service {
    let interval: Duration

    init(every interval: Duration = .seconds(20)) { self.interval = interval }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await Task.sleep(for: interval) } catch { return }
                malloc_trim(0)
            }
        }
    }
}
