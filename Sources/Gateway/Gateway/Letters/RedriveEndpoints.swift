import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// `/api/dead-letters/redrives`: replays of many letters in the background.
struct RedriveEndpoints: Sendable {
    let surface: Surface

    /// What a redrive may be told to do.
    enum Wish: String, CaseIterable, Sendable { case paused, running, cancelled }

    private static let redriveID = Parameter(
        "redrive_id", in: .path, "The redrive.", .text(lengths: 1...400), isRequired: true,
        expected: "1 to 400 characters", read: { (1...400).contains($0.unicodeScalars.count) ? $0 : nil })

    var endpoints: [Endpoint] { [list, single, begin, change] }

    private var path: String { "/api/dead-letters/redrives" }

    private var list: Endpoint {
        Endpoint(.get, path, access: .role(.viewer), rank: .live) { incoming in
            let redrives = try await surface.link(incoming).redrives()
            return try incoming.answer(
                Told(
                    redrives, asOf: redrives.map(\.changedAt).max() ?? incoming.arrivedAt, now: incoming.arrivedAt),
                RedriveShapes.list)
        }
        .described(
            "listRedrives", .letters, "Replays of many letters, newest first.",
            answers: [.json("The newest 50.", RedriveShapes.list)])
    }

    private var single: Endpoint {
        Endpoint(.get, path + "/{redrive_id}", access: .role(.viewer), rank: .live) { incoming in
            let redrive = try await redrive(incoming)
            return try incoming.answer(
                Told(redrive, asOf: redrive.changedAt, now: incoming.arrivedAt), RedriveShapes.single)
        }
        .described(
            "getRedrive", .letters, "One redrive.", parameters: [Self.redriveID.described],
            problems: [404: "No such redrive."], answers: [.json("The redrive.", RedriveShapes.single)])
    }

    private var begin: Endpoint {
        surface.acting(.post, path) { act, body in
            let selection = try LetterSelectionForm.read(body)
            let rate = try body.integer("per_second", in: 1...Int64(Redrive.rates.upperBound))
            let outcome = try await act.perform(
                .redrive(selection, perSecond: Int(rate)), because: try body.reason())
            return try act.answer(outcome, status: .accepted)
        }
        .described(
            "beginRedrive", .letters, "Begins a replay of many in the background.",
            parameters: [Parameters.idempotencyKey.described],
            body: RequestForm.json(
                "NewRedrive", "Which letters, and how fast.",
                [
                    LetterSelectionForm.member,
                    .init("per_second", "Letters a second.", .integer(1...Int64(Redrive.rates.upperBound))),
                    RequestForm.reason,
                ]), answers: [.json(202, "It began.", OutcomeShape.outcome)])
    }

    private var change: Endpoint {
        surface.acting(.patch, path + "/{redrive_id}") { act, body in
            let wish = try body.choice("state", of: Wish.self)
            let reason = try body.reason()
            if let first = try act.first() { return try act.answer(first) }
            let id = try await redrive(act.incoming).id
            let action: OperatorCommand.Action =
                switch wish {
                case .paused: .pauseRedrive(id)
                case .running: .resumeRedrive(id)
                case .cancelled: .cancelRedrive(id)
                }
            return try act.answer(try await act.perform(action, because: reason))
        }
        .described(
            "changeRedrive", .letters, "Pauses, resumes or cancels it.",
            parameters: [Self.redriveID.described, Parameters.idempotencyKey.described],
            body: RequestForm.json(
                "RedriveWish", "What it is to be.",
                [
                    .init("state", "Its state from now on.", .choice(Wish.allCases.map(\.rawValue))),
                    RequestForm.reason,
                ]), problems: [404: "No such redrive."],
            answers: [.json("What came of it.", OutcomeShape.outcome)])
    }

    private func redrive(_ incoming: IncomingRequest) async throws -> Redrive {
        let id = try incoming.required(Self.redriveID)
        guard let redrive = try await surface.link(incoming).redrives().first(where: { $0.id == id }) else {
            throw Problem.nothingThere("There is no such redrive among the newest 50; GET /api/dead-letters/redrives.")
        }
        return redrive
    }
}
