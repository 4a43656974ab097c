import EnergyModel
import Ports
import Synchronization

@testable import BuildingSOAP

/// What a building is asked, and what it answers: one closure for all requests. Stands where the transport does.
final class ScriptedBuilding: Sendable {
    private let seen = Mutex<[HTTPRequest]>([])
    private let answer: @Sendable (HTTPRequest) -> Result<HTTPResponse, HTTPTransportError>

    init(_ answer: @escaping @Sendable (HTTPRequest) -> Result<HTTPResponse, HTTPTransportError>) {
        self.answer = answer
    }

    convenience init(status: Int = 200, headers: [HTTPHeader] = [], _ body: String) {
        self.init { _ in .success(HTTPResponse(status: status, headers: headers, body: Array(body.utf8))) }
    }

    convenience init(_ content: BuildingOperationAnswer, _ version: SOAPVersion = .soap12) throws {
        let envelope = SOAPAnswerEnvelope(version, content)
        let body = try envelope.encoded()
        self.init { _ in .success(HTTPResponse(status: envelope.httpStatus, headers: [], body: body)) }
    }

    convenience init(failing error: HTTPTransportError) {
        self.init { _ in .failure(error) }
    }

    var requests: [HTTPRequest] { seen.withLock { $0 } }

    var send: HTTPSend {
        { (request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse in
            self.seen.withLock { $0.append(request) }
            return try self.answer(request).get()
        }
    }

    func link(
        now: UTCInstant = noon, profile: BuildingProfile = .standard,
        traceparent: @escaping @Sendable (BuildingRequest) -> String? = { _ in nil }
    ) -> SOAPBuildingLink {
        SOAPBuildingLink(send: send, now: { now }, profile: { _ in profile }, traceparent: traceparent)
    }
}

let noon = UTCInstant(seconds: 1_784_116_800)
let facility = FacilityID("F-007") ?? { preconditionFailure("a constant that is right") }()
let address = BuildingAddress(facility: facility, endpoint: "http://bms.example:8080/soap/building")
let coolingPoint = PointID("01/AHU-1/CLG_SP") ?? { preconditionFailure("a constant that is right") }()
let otherPoint = PointID("01/AHU-2/CLG_SP") ?? { preconditionFailure("a constant that is right") }()
let event = DREventID("evt-1") ?? { preconditionFailure("a constant that is right") }()
/// What `request` below is sent under.
let key = "evt-1:3"

func request(
    _ operation: BuildingRequest.Operation, slot: PrioritySlot = .demandResponse, answerBy: UTCInstant? = nil
) -> BuildingRequest {
    BuildingRequest(
        event: event, facility: facility, sequence: 3, generation: 2, key: .write(event, 3), operation: operation,
        point: coolingPoint, slot: slot, expiresAt: noon.advanced(by: .seconds(3600)),
        answerBy: answerBy ?? noon.advanced(by: .seconds(30)))
}

func commands(_ outcome: CommandResult.Outcome, executionID: String? = "x-1") -> BuildingOperationAnswer {
    .commands(
        idempotencyToken: key, [CommandResult(point: coolingPoint, executionID: executionID, outcome: outcome)])
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
