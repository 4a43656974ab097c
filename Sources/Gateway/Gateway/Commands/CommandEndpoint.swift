import EnergyModel
import Foundation
import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// `POST /api/commands`: any operator's command in the engine's own form, for programs that do what no other endpoint does.
struct CommandEndpoint: Sendable {
    let surface: Surface

    private static let form = RequestForm.json(
        "Command", "An action in the engine's own form.",
        [
            .init(
                "action",
                "One member: the action's name, and under it its values by name, or `_0` and `_1` for those without, e.g. "
                    + "`{\"addNote\":{\"facility\":\"F-1\"}}`. Moments are milliseconds since 1970, powers "
                    + "`{\"kilowatts\":50}`.",
                .named("Action", .oneMember(of: Action.members))), RequestForm.reason,
        ])

    /// Names of the actions there are; a test holds them against `OperatorCommand.Action`.
    enum Action {
        static let names = [
            "replayDeadLetters", "discardDeadLetters", "editDeadLetter", "redrive", "pauseRedrive", "resumeRedrive",
            "cancelRedrive", "addNote", "tripBreaker", "resetBreaker", "importFacilities", "enforceRetentionNow",
            "recompute", "createEvent", "approveEvent", "cancelEvent", "optOut", "retryCommand", "settleByHand",
            "overridePoint", "extendOverride", "releaseOverride", "releaseBuilding", "recomputeReports", "enterProfile",
            "removeProfile", "setLogLevel",
        ]

        fileprivate static let members = names.map {
            Schema.Member($0, "Values of the action.", .object([]), isRequired: false)
        }
    }

    var endpoints: [Endpoint] {
        [
            surface.acting(.post, "/api/commands") { act, body in
                let action = try Self.action(try body.value("action"))
                return try act.answer(try await act.perform(action, because: try body.reason()))
            }
            .described(
                "submitCommand", .commands, "Any operator's command.",
                details:
                    "Values that the engine does not know are refused with the place where they stand. Actions for "
                    + "which there is an endpoint are better sent there.",
                parameters: [Parameters.idempotencyKey.described], body: Self.form,
                answers: [.json("What came of it.", OutcomeShape.outcome)])
        ]
    }

    private static func action(_ value: JSONValue) throws -> OperatorCommand.Action {
        do {
            return try JSONDecoder().decode(OperatorCommand.Action.self, from: Data(value.bytes))
        } catch let error as DecodingError {
            let (path, sentence) = Self.place(of: error)
            throw Problem.badBody(path, "The member \(path) is no action that is known: \(sentence)")
        } catch {
            throw Problem.badBody("/action", "The member /action cannot be read: \(error).")
        }
    }

    private static func place(of error: DecodingError) -> (path: String, sentence: String) {
        let context: DecodingError.Context? =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: nil
            }
        var path = (context?.codingPath ?? []).reduce("/action") {
            $0 + "/" + ($1.intValue.map(String.init) ?? $1.stringValue)
        }
        if case .keyNotFound(let key, _) = error { path += "/" + key.stringValue }
        return (path, Problem.closed(context?.debugDescription ?? "it has another form"))
    }
}
