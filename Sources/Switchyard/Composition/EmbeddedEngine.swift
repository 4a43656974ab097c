import Engine
import ServiceLifecycle
import Synchronization

/// The engine in the console's own process: opened while the console draws already, stopped when the console ends.
final class EmbeddedEngine: Sendable {
    /// Exits: `opening` → `running` or `stopping`; `running` → `stopping`.
    private enum State: Sendable {
        case opening
        case running(ServiceGroup)
        case stopping
    }

    let link = OpeningLink()
    private let settings: Settings
    private let state = Mutex(State.opening)

    init(_ settings: Settings) { self.settings = settings }

    /// Until ``stop()`` or cancellation; throws a sentence when the data directory cannot be taken or the engine cannot go
    /// on.
    func run() async throws {
        let host = try await EngineHost.open(settings, mode: "embedded")
        var configuration = ServiceGroupConfiguration(services: host.services, logger: host.logger)
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        guard begin(group) else { return }
        link.open(host.engine.link)
        do {
            try await group.run()
        } catch let error as ServiceGroupError where error.errorCode == .alreadyFinished {
            // Stopped between being made and being run.
        }
    }

    /// Gracefully, within 5 s. An engine that is still being opened is not run at all.
    func stop() async {
        let group: ServiceGroup? = state.withLock { state in
            defer { state = .stopping }
            if case .running(let group) = state { return group }
            return nil
        }
        await group?.triggerGracefulShutdown()
    }

    private func begin(_ group: ServiceGroup) -> Bool {
        state.withLock { state in
            guard case .opening = state else { return false }
            state = .running(group)
            return true
        }
    }
}
