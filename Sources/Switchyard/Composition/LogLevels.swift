import Engine
import Logging
import Ports
import Synchronization

/// How much each component logs. Set by configuration, and changed while the engine runs; asked before each line.
final class LogLevels: Sendable {
    private struct State {
        var base: Logger.Level
        /// By component, from the configuration, and set since.
        var configured: [String: Logger.Level]
        var set: [String: Logger.Level] = [:]
    }

    /// Components with a level of their own; `switchyard` is everything.
    static let components =
        ["switchyard", "engine"] + LogMark.parts.map { "engine.\($0)" } + ["gateway", "mqtt", "gateway.server"]

    private let state: Mutex<State>

    /// Throws a sentence for an item of `log.levels` that is none.
    init(_ settings: Settings) throws {
        let base = Logger.Level(rawValue: settings.text("log.level")) ?? .info
        var configured: [String: Logger.Level] = [:]
        for item in settings.list("log.levels") {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, LogLevels.components.contains(parts[0]),
                let level = LogSeverity(rawValue: parts[1])
            else {
                throw CommandFailure(
                    .usage,
                    "log.levels: \(item.debugDescription) is no COMPONENT=LEVEL; components are "
                        + LogLevels.components.joined(separator: ", "))
            }
            configured[parts[0]] = level.loggerLevel
        }
        state = Mutex(State(base: base, configured: configured))
    }

    /// Of the component itself, or of the nearest above it: `engine.response`, `engine`, `switchyard`.
    func level(of component: String) -> Logger.Level {
        state.withLock { state in
            guard !state.set.isEmpty || !state.configured.isEmpty else { return state.base }
            var name = component[...]
            while true {
                if let level = state.set[String(name)] ?? state.configured[String(name)] { return level }
                guard let point = name.lastIndex(of: ".") else { break }
                name = name[..<point]
            }
            return state.set["switchyard"] ?? state.configured["switchyard"] ?? state.base
        }
    }

    /// Nil: as configured.
    @Sendable func set(_ component: String, _ level: LogSeverity?) throws(PortError) {
        guard LogLevels.components.contains(component) else {
            let names = LogLevels.components.joined(separator: ", ")
            throw PortError(.invalid, "there is no component \(component.debugDescription); there are \(names)")
        }
        state.withLock { $0.set[component] = level?.loggerLevel }
    }
}

extension LogSeverity {
    fileprivate var loggerLevel: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
