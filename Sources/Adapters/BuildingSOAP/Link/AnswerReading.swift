import EnergyModel
import Ports

/// Makes a `BuildingAnswer` of an exchange. Whatever leaves room for doubt about a write or a release is `timedOut`: the
/// caller then asks by key, and nothing is done twice.
struct AnswerReading {
    let request: BuildingRequest
    let secrets: [String]

    func answer(_ exchange: Exchange) -> BuildingAnswer {
        switch request.operation {
        case .write, .release: effect(exchange)
        case .status: question(exchange, status)
        case .readSlot: question(exchange, slot)
        }
    }

    // MARK: - Requests that act

    private func effect(_ exchange: Exchange) -> BuildingAnswer {
        switch exchange {
        case .unavailable(let why): return .unavailable(why)
        case .refused(let why): return .rejected(why)
        case .unclear, .lost: return .timedOut
        case .answer(.commands(let token, let results)):
            // An answer about something else says nothing about this command.
            guard token == request.key.text, results.count == 1, results[0].point == request.point else {
                return .timedOut
            }
            return effect(results[0])
        case .answer: return .timedOut
        }
    }

    private func effect(_ result: CommandResult) -> BuildingAnswer {
        switch result.outcome {
        case .applied, .duplicate(of: .applied): .applied(executionID: result.executionID)
        case .accepted, .duplicate(of: .accepted): .pending(executionID: result.executionID)
        case .duplicate(of: nil): .timedOut
        case .rejected(let refusal):
            switch refusal.meaning {
            case .transient: .unavailable(shown(refusal))
            case .permanent: .rejected(shown(refusal))
            case .unknown: .timedOut
            }
        }
    }

    // MARK: - Questions

    /// A question that is refused says nothing about what it asks for, so it is never `rejected`.
    private func question(
        _ exchange: Exchange, _ read: (BuildingOperationAnswer) -> BuildingAnswer?
    ) -> BuildingAnswer {
        switch exchange {
        case .answer(let answer):
            read(answer) ?? .unavailable("The building answered something else than it was asked.")
        case .unavailable(let why), .refused(let why), .unclear(let why): .unavailable(why)
        case .lost: .timedOut
        }
    }

    private func status(_ answer: BuildingOperationAnswer) -> BuildingAnswer? {
        guard case .executions(let reports) = answer else { return nil }
        let ours = reports.filter { $0.point == request.point }
        guard let report = ours.first else {
            return reports.allSatisfy { $0.point == nil && $0.state == .unknown } ? .notKnown : nil
        }
        guard ours.count == 1 else { return nil }
        switch report.state {
        case .unknown: return .notKnown
        case .pending: return .pending(executionID: report.executionID)
        case .applied: return .applied(executionID: report.executionID)
        // Nothing was done and the key may be used again, as if it had never come.
        case .failed(let refusal) where refusal.meaning == .transient: return .notKnown
        case .failed(let refusal): return .rejected(shown(refusal))
        }
    }

    private func slot(_ answer: BuildingOperationAnswer) -> BuildingAnswer? {
        guard case .points(let reports) = answer else { return nil }
        let ours = reports.filter { $0.point == request.point }
        guard ours.count == 1 else {
            return ours.isEmpty ? .unavailable("The building does not list the point \(request.point).") : nil
        }
        // An old picture must not end a release.
        guard ours[0].quality != .bad else {
            return .unavailable("The device behind \(request.point) does not answer its building.")
        }
        return .slot(ours[0].slots[request.slot.rawValue])
    }

    private func shown(_ refusal: BuildingRefusal) -> String { neutralised(refusal.shownText, hiding: secrets) }
}
