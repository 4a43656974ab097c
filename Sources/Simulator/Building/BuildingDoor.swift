import BuildingSOAP
import EnergyModel
import HTTPTypes
import Hummingbird
import NIOCore

/// What a building management system itself answers, faults included.
struct BuildingDoor: Sendable {
    let buildings: SimulatedBuildings

    func answer(_ exchange: HTTPExchange) async throws -> Response {
        guard exchange.path.count == 3, let facility = FacilityID(exchange.path[1]) else {
            return .text("no such path\n", .notFound)
        }
        switch (exchange.method, exchange.path[2]) {
        case (.post, "soap"): return try await soap(exchange, facility)
        case (.get, "soap"):
            guard exchange.query.lowercased().hasPrefix("wsdl") else {
                return .text("POST here, or GET ?wsdl\n", .methodNotAllowed)
            }
            let endpoint = "http://\(exchange.authority)/bms/\(facility)/soap"
            return .bytes(Array(BuildingWSDL.text(endpoint: endpoint).utf8), type: "text/xml; charset=utf-8")
        case (.get, "health"): return try await health(exchange, facility)
        default: return .text("no such path\n", .notFound)
        }
    }

    private func health(_ exchange: HTTPExchange, _ facility: FacilityID) async throws -> Response {
        let found = buildings.visit(facility) { _, faults, now in
            (faults.befalls(.health, now: now), faults.isLockedOut(now: now))
        }
        guard let (fault, isLockedOut) = found else { return .text("no such building\n", .notFound) }
        return try await befall(exchange, fault) {
            let status = isLockedOut ? "locked out" : "ok"
            return SoundAnswer(
                status: isLockedOut ? 503 : 200, type: "application/json",
                bytes: Array("{\"status\":\"\(status)\"}".utf8))
        }
    }

    private func soap(_ exchange: HTTPExchange, _ facility: FacilityID) async throws -> Response {
        let request: SOAPRequestEnvelope
        do {
            request = try SOAPRequestEnvelope.decode(exchange.body)
        } catch {
            return try SoundAnswer(SOAPAnswerEnvelope(error)).response
        }
        let header = exchange.header("X-Idempotency-Key")
        if let header, let token = request.operation.idempotencyToken, header != token {
            let fault = SOAPFault(
                .sender, faultCode: "MALFORMED", reason: "X-Idempotency-Key and the token in the body differ.")
            return try SoundAnswer(SOAPAnswerEnvelope(request.version, fault)).response
        }
        let kind = BuildingWire.kind(request.operation)
        let found = buildings.visit(facility) { _, faults, now in faults.befalls(kind, now: now) }
        guard let fault = found else { return .text("no such building\n", .notFound) }
        if let fault, let refusal = Self.refusal(fault) {
            return try SoundAnswer(SOAPAnswerEnvelope(request.version, refusal)).response
        }
        return try await befall(exchange, fault) {
            try SoundAnswer(perform(request, facility, refusing: Self.itemRefusal(fault)))
        }
    }

    private func perform(
        _ request: SOAPRequestEnvelope, _ facility: FacilityID, refusing: BuildingReceipt.Rejection?
    ) -> SOAPAnswerEnvelope {
        let outcome = buildings.visit(facility) { building, faults, _ in
            BuildingWire.perform(request.operation, on: &building, &faults, refusing: refusing)
        }
        switch outcome {
        case .success(let answer)?: return SOAPAnswerEnvelope(request.version, answer)
        case .failure(let fault)?: return SOAPAnswerEnvelope(request.version, fault)
        case nil: return SOAPAnswerEnvelope(request.version, SOAPFault(.receiver, reason: "There is no such building."))
        }
    }

    // MARK: - Faults

    /// `act` is the sound answer; what it does is done where the fault says that the building acts.
    private func befall(
        _ exchange: HTTPExchange, _ rule: BuildingFaultRule?, act: () throws -> SoundAnswer
    ) async throws -> Response {
        guard let rule else { return try act().response }
        switch rule.fault {
        case .transientFault, .permanentFault, .itemRejection: return try act().response
        case .delay:
            try await Task.sleep(for: rule.span)
            return try act().response
        case .hang:
            try await Task.sleep(for: rule.span)
            return await Self.cut(exchange)
        case .reset: return await Self.cut(exchange)
        case .status: return Self.failure(rule.status)
        case .answerLost:
            _ = try act()
            return await Self.cut(exchange)
        case .answerHangs:
            _ = try act()
            try await Task.sleep(for: rule.span)
            return await Self.cut(exchange)
        case .garbage:
            _ = try act()
            return .bytes([0x3C, 0x68, 0x74, 0x6D, 0x6C, 0x3E, 0xFF, 0x00, 0xC3, 0x28], type: "text/xml")
        case .drip: return Self.drip(try act(), pause: rule.span)
        }
    }

    private static func cut(_ exchange: HTTPExchange) async -> Response {
        await exchange.resetConnection()
        return .text("", .internalServerError)
    }

    private static func failure(_ status: Int) -> Response {
        var response = Response.text("out of order\n", HTTPResponse.Status(code: status))
        if status == 503 || status == 429 { response.headers[.retryAfter] = "2" }
        if status == 401 { response.headers[.wwwAuthenticate] = "Basic realm=\"bms\"" }
        return response
    }

    private static func drip(_ answer: SoundAnswer, pause: Duration) -> Response {
        var response = answer.response
        response.body = ResponseBody(contentLength: answer.bytes.count) { writer in
            for byte in answer.bytes {
                try await Task.sleep(for: pause)
                try await writer.write(ByteBuffer(bytes: [byte]))
            }
            try await writer.finish(nil)
        }
        return response
    }

    /// SOAP faults that say that nothing was done.
    private static func refusal(_ rule: BuildingFaultRule) -> SOAPFault? {
        switch rule.fault {
        case .transientFault:
            SOAPFault(.receiver, faultCode: rule.code ?? "BUSY", reason: "The building is busy; try again later.")
        case .permanentFault:
            SOAPFault(.sender, faultCode: rule.code ?? "DENIED", reason: "The building does not take this from you.")
        default: nil
        }
    }

    private static func itemRefusal(_ rule: BuildingFaultRule?) -> BuildingReceipt.Rejection? {
        guard let rule, rule.fault == .itemRejection else { return nil }
        return BuildingReceipt.Rejection(code: rule.code ?? "NOT_WRITABLE")
    }
}

/// What a building answers when nothing goes wrong on the way out.
private struct SoundAnswer {
    let status: Int
    let type: String
    let bytes: [UInt8]

    var response: Response { .bytes(bytes, type: type, HTTPResponse.Status(code: status)) }
}

extension SoundAnswer {
    init(_ envelope: SOAPAnswerEnvelope) throws {
        self.init(status: envelope.httpStatus, type: envelope.version.contentType, bytes: try envelope.encoded())
    }
}
