import Ports
import Synchronization

/// Who has armed what. Bounded: beyond ``limit`` nobody else can arm until a hold ends, which takes at most its time.
final class ArmingBoard: Sendable {
    private struct Hold {
        var author: String
        var targets: [ActionTarget]
        /// On the engine's uptime.
        var until: Duration
    }

    static let limit = 256

    private let holds = Mutex<[String: Hold]>([:])
    private let time: Timekeeper
    private let span: Duration

    init(span: Duration, time: Timekeeper) {
        self.span = span
        self.time = time
    }

    /// Throws when too many hold something.
    func arm(_ request: ArmRequest) throws(PortError) -> ArmAnswer {
        let now = time.uptime()
        let targets = request.action.targets
        let answer: ArmAnswer? = holds.withLock { holds in
            holds = holds.filter { $0.value.until > now }
            if let other = Self.other(than: request.key, on: targets, in: holds) {
                return .held(by: other.author, for: other.until - now)
            }
            guard holds.count < Self.limit || holds[request.key] != nil else { return nil }
            holds[request.key] = Hold(author: request.author, targets: targets, until: now + span)
            return .armed(for: span)
        }
        guard let answer else {
            throw PortError(.unavailable, "\(Self.limit) actions are armed already; try again in \(span)")
        }
        return answer
    }

    func disarm(key: String) { holds.withLock { _ = $0.removeValue(forKey: key) } }

    /// Whoever keeps this command from being carried out, and for how long at most; nil when nobody does.
    func holder(against command: OperatorCommand) -> (author: String, left: Duration)? {
        let now = time.uptime()
        return holds.withLock { holds in
            holds = holds.filter { $0.value.until > now }
            return Self.other(than: command.key, on: command.action.targets, in: holds)
                .map { ($0.author, $0.until - now) }
        }
    }

    private static func other(than key: String, on targets: [ActionTarget], in holds: [String: Hold]) -> Hold? {
        guard !targets.isEmpty else { return nil }
        return holds.first { entry in
            entry.key != key && entry.value.targets.contains { held in targets.contains { $0.meets(held) } }
        }?.value
    }
}
