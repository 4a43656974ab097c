import EnergyModel
import Foundation
import Hummingbird

/// The control side of the utility, for whoever tests:
/// - `POST /send` `{"event_id": "E-1", "word": "create", "form": "openadr-3.1", "manner": "sound", "start_in_seconds": 5,
///   "minutes": 15, "limit_kw": 400, "facilities": ["F-001"], "version_shift_seconds": 0, "copies": 1}`; `reduction_kw` or
///   `level` may stand for `limit_kw`. With copies every event's id gets `-1`, `-2` …
/// - `POST /replay` `{"id": "msg_…", "signed_anew": true}`; `GET /deliveries`.
struct UtilityDesk: Sendable {
    private struct SendBody: Decodable {
        let eventId: String
        let word: UtilityWord?
        let form: UtilityOrder.Form?
        let manner: DeliveryManner?
        let startInSeconds: Double?
        let minutes: Double?
        let reductionKw: Double?
        let limitKw: Double?
        let level: Int?
        let facilities: [FacilityID]?
        let priority: Int?
        let versionShiftSeconds: Double?
        let copies: Int?
    }
    private struct ReplayBody: Decodable {
        let id: String
        let signedAnew: Bool?
    }
    private struct Line: Encodable {
        let id: String
        let event: String
        let word: UtilityWord
        let manner: DeliveryManner
        let sentAt: String
        let status: Int?
        let answer: String
    }

    let utility: SimulatedUtility

    /// Nil for what is not the desk's.
    func answer(_ exchange: HTTPExchange) async throws -> Response? {
        switch (exchange.method, exchange.path.last) {
        case (.get, "deliveries"): return try Self.answer(utility.deliveries)
        case (.post, "send"):
            return try await read(SendBody.self, exchange.body) { try Self.answer(try await send($0)) }
        case (.post, "replay"):
            return try await read(ReplayBody.self, exchange.body) { body in
                guard let delivery = await utility.replay(body.id, signedAnew: body.signedAnew ?? true) else {
                    return .text("no such delivery\n", .notFound)
                }
                return try Self.answer([delivery])
            }
        default: return nil
        }
    }

    private func read<Body: Decodable>(
        _ type: Body.Type, _ bytes: [UInt8], then act: (Body) async throws -> Response
    ) async throws -> Response {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let body: Body
        do {
            body = try decoder.decode(type, from: Data(bytes))
        } catch {
            return .text("the body cannot be read: \(error)\n", .badRequest)
        }
        do {
            return try await act(body)
        } catch let error as SimulationError {
            return .text("\(error)\n", .badRequest)
        }
    }

    private func send(_ body: SendBody) async throws -> [UtilityDelivery] {
        let order = try order(body)
        let copies = min(max(body.copies ?? 1, 1), 10_000)
        guard copies > 1 else {
            return [
                await utility.deliver(
                    body.word ?? .create, order, form: body.form, manner: body.manner ?? .sound)
            ]
        }
        let orders = (1...copies).map { number in
            var copy = order
            copy.id += "-\(number)"
            return copy
        }
        return await utility.burst(orders, form: body.form, manner: body.manner ?? .sound)
    }

    private func order(_ body: SendBody) throws(SimulationError) -> UtilityOrder {
        let demand: UtilityOrder.Demand
        if let power = body.reductionKw {
            demand = .reduction(Power(kilowatts: power))
        } else if let power = body.limitKw {
            demand = .limit(Power(kilowatts: power))
        } else {
            demand = .level(body.level ?? 2)
        }
        let numbers = [body.startInSeconds, body.minutes, body.versionShiftSeconds].compactMap { $0 }
        guard numbers.allSatisfy({ abs($0) <= 1e7 }) else { throw SimulationError("times must be below 10,000,000") }
        let now = utility.moment
        return UtilityOrder(
            id: body.eventId, name: "Sent by hand", priority: body.priority,
            start: body.startInSeconds.map { now.advanced(by: .seconds($0)) },
            length: .seconds((body.minutes ?? 15) * 60), demand: demand, facilities: body.facilities ?? [],
            createdAt: now, modifiedAt: now.advanced(by: .seconds(body.versionShiftSeconds ?? 0)))
    }

    private static func answer(_ deliveries: [UtilityDelivery]) throws -> Response {
        let lines = deliveries.map { delivery in
            let answer: String =
                switch delivery.outcome {
                case .pending: ""
                case .answered(_, let body): body
                case .failed(let sentence): sentence
                }
            return Line(
                id: delivery.id, event: delivery.event, word: delivery.word, manner: delivery.manner,
                sentAt: delivery.sentAt.iso8601, status: delivery.status, answer: answer)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return .json(Array(try encoder.encode(lines)))
    }
}
