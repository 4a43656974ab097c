import EnergyModel
import Ports
import Testing

@testable import BuildingSOAP

/// Which answer of a building makes which answer of the port, for a write and for a question.
@Suite("Faults and refusals")
struct FaultTests {
    enum Expected { case unavailable, rejected, timedOut }

    static func fault11(_ code: String, _ text: String = "why", detail: String = "") -> String {
        """
        <soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>
        <faultcode>\(code)</faultcode><faultstring xml:lang="en">\(text)</faultstring>\(detail)
        </soap:Fault></soap:Body></soap:Envelope>
        """
    }

    static func fault12(_ code: String, _ subcode: String? = nil, detail: String = "") -> String {
        let sub = subcode.map { "<e:Subcode><e:Value>\($0)</e:Value></e:Subcode>" } ?? ""
        return """
            <e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><e:Fault>
            <e:Code><e:Value>\(code)</e:Value>\(sub)</e:Code>
            <e:Reason><e:Text xml:lang="de">why</e:Text></e:Reason>\(detail)
            </e:Fault></e:Body></e:Envelope>
            """
    }

    static func detail(_ code: String) -> String {
        "<detail><f:BuildingFault xmlns:f='urn:switchyard:building:1'><f:faultCode>\(code)</f:faultCode>"
            + "<f:message>m</f:message></f:BuildingFault></detail>"
    }

    static let faults: [(String, Expected)] = [
        (fault11("soap:Client"), .rejected), (fault11("Client.InvalidPriority"), .rejected),
        (fault11("soap:Client.Busy"), .unavailable), (fault11("soap:Server"), .timedOut),
        (fault11("Server.Busy"), .unavailable), (fault11("soap:Server.LOCKED_OUT"), .unavailable),
        (fault11("Server.Whatever"), .timedOut), (fault11("Server.InvalidValue"), .rejected),
        (fault11("vendor:Lockout"), .unavailable), (fault11("vendor:NotForceable"), .rejected),
        (fault11("vendor:Strange"), .timedOut), (fault11("soap:VersionMismatch"), .rejected),
        (fault11("soap:MustUnderstand"), .rejected), (fault11(""), .timedOut),
        (fault11("soap:Server", detail: detail("LOCKOUT")), .unavailable),
        (fault11("soap:Client", detail: detail("RATE-LIMITED")), .unavailable),
        (fault11("soap:Client", detail: detail("READBACK_FAILED")), .timedOut),
        (fault11("soap:Client", detail: detail("DUPLICATE")), .timedOut),
        (fault11("soap:Server", detail: detail("UNKNOWN_POINT")), .rejected),
        (fault12("e:Sender"), .rejected), (fault12("e:Sender", "v:InvalidPriority"), .rejected),
        (fault12("e:Sender", "v:TooManyRequests"), .unavailable), (fault12("e:Receiver"), .timedOut),
        (fault12("e:Receiver", "v:ServerBusy"), .unavailable), (fault12("e:Receiver", "v:Odd"), .timedOut),
        (fault12("e:DataEncodingUnknown"), .rejected), (fault12("e:Receiver", "v:24"), .timedOut),
        (
            fault12(
                "e:Receiver",
                detail: detail("BUSY").replacing("<detail>", with: "<e:Detail>").replacing(
                    "</detail>", with: "</e:Detail>")), .unavailable
        ),
    ]

    @Test("a fault means the same with 500, with 400 and with 200", arguments: faults.indices)
    func faultMeans(index: Int) async {
        let (body, expected) = Self.faults[index]
        for status in [200, 400, 500] {
            await expectWrite(ScriptedBuilding(status: status, body), expected)
        }
    }

    static let statuses: [(Int, Expected)] = [
        (301, .rejected), (302, .rejected), (303, .timedOut), (307, .rejected), (400, .rejected), (401, .rejected),
        (403, .rejected), (404, .rejected), (405, .rejected), (408, .timedOut), (409, .timedOut), (413, .rejected),
        (415, .rejected), (423, .unavailable), (425, .unavailable), (429, .unavailable), (500, .timedOut),
        (501, .rejected), (502, .timedOut), (503, .unavailable), (504, .timedOut), (505, .rejected), (599, .timedOut),
        (200, .timedOut), (202, .timedOut), (204, .timedOut),
    ]

    @Test("a status without a fault means what HTTP says of it", arguments: statuses)
    func statusMeans(status: Int, expected: Expected) async {
        for body in ["", "<html><body>Oops</body></html>", "not even markup"] {
            await expectWrite(ScriptedBuilding(status: status, body), expected)
        }
    }

    @Test("a proxy's status outweighs the fault it wraps, and says what to do first")
    func statusOutweighsFault() async {
        let body = Self.fault11("soap:Server", "not you")
        await expectWrite(ScriptedBuilding(status: 503, body), .unavailable)
        let answer = await ScriptedBuilding(status: 401, body).link().perform(request(.write(24)), at: address)
        #expect(
            answer
                == .rejected(
                    "The building answered HTTP 401: check the user and password or token configured for it. "
                        + "It says: not you"))
        let waiting = ScriptedBuilding(status: 429, headers: [HTTPHeader("retry-after", " 30")], "")
        #expect(
            await waiting.link().perform(request(.write(24)), at: address)
                == .unavailable("The building answered HTTP 429: it asks to come again in 30 s."))
    }

    static let refusals: [(String, Expected)] = [
        ("BUSY", .unavailable), ("lockout", .unavailable), ("Locked-Out", .unavailable), ("NOT_FORCEABLE", .rejected),
        ("INVALID_PRIORITY", .rejected), ("KEY_REUSED", .rejected), ("", .rejected), ("E-4711", .rejected),
        ("READBACK_FAILED", .timedOut), ("WS_ERR_COMMUNICATION_FAILED", .timedOut),
    ]

    @Test("a refused item inside a success is judged by its code", arguments: refusals)
    func refusalMeans(code: String, expected: Expected) async throws {
        let refusal = BuildingRefusal(faultCode: code, message: "m")
        await expectWrite(try ScriptedBuilding(commands(.rejected(refusal))), expected)
    }

    @Test("every code of the WSDL is named there and has a meaning")
    func table() throws {
        for code in FaultCode.allCases {
            #expect(BuildingWSDL.text.contains(code.rawValue), "\(code) is not in the WSDL")
            #expect(FaultCode(text: code.rawValue.lowercased().replacing("_", with: ".")) == code)
        }
        #expect(FaultCode(text: "") == nil && FaultCode(text: "ＢＵＳＹ") == nil)
    }

    static let transport: [(HTTPTransportError, Expected)] = [
        (HTTPTransportError(.connect, "s"), .unavailable), (HTTPTransportError(.timeoutBeforeSend, "s"), .unavailable),
        (HTTPTransportError(.tls, "s"), .unavailable), (HTTPTransportError(.overloaded, "s"), .unavailable),
        (HTTPTransportError(.cancelled, "s"), .unavailable), (HTTPTransportError(.closed, "s"), .unavailable),
        (HTTPTransportError(.refusedAddress, "s"), .rejected), (HTTPTransportError(.invalidRequest, "s"), .rejected),
        (HTTPTransportError(.tooLarge, "s"), .timedOut),
    ]

    @Test("a transport error is unknown as soon as something may have been sent", arguments: transport.indices)
    func transportErrors(index: Int) async {
        let (error, expected) = Self.transport[index]
        await expectWrite(ScriptedBuilding(failing: error), expected)
        let late = HTTPTransportError(error.code, error.sentence, mayHaveBeenSent: true)
        await expectWrite(ScriptedBuilding(failing: late), .timedOut)
    }

    /// The same for a release; and a question is never `rejected`, since a refused question says nothing of the command.
    private func expectWrite(_ building: ScriptedBuilding, _ expected: Expected) async {
        for operation in [BuildingRequest.Operation.write(24), .release] {
            let answer = await building.link().perform(request(operation), at: address)
            switch (answer, expected) {
            case (.unavailable, .unavailable), (.rejected, .rejected), (.timedOut, .timedOut): break
            default: Issue.record("\(answer) instead of \(expected) for \(building.requests.count)")
            }
        }
        for operation in [BuildingRequest.Operation.status, .readSlot] {
            let answer = await building.link().perform(request(operation), at: address)
            switch answer {
            case .unavailable, .timedOut: break
            default: Issue.record("a question was answered with \(answer)")
            }
        }
    }
}
