import EnergyModel
import Testing

@testable import BuildingSOAP

/// The server side: what a building answers to requests it must not carry out.
@Suite("Refused requests")
struct RequestRefusalTests {
    static func command(_ inside: String) -> String {
        EnvelopeTests.envelope(
            .soap12,
            "<ExecuteCommands\(EnvelopeTests.ours)<correlationId>c</correlationId>"
                + "<idempotency_token>k</idempotency_token>\(inside)</ExecuteCommands>")
    }

    static let item = "<item><point>P</point><value>1</value><priority>10</priority></item>"

    @Test(
        "each departure from the WSDL is the sender's fault",
        arguments: [
            "<item><point>P</point><priority>10</priority></item>",
            "<item><point>P</point><value/><priority>10</priority></item>",
            "<item><point>P</point><value xsi:nil=\"true\">1</value><priority>10</priority></item>",
            "<item><point>P</point><value>NaN</value><priority>10</priority></item>",
            "<item><point>P</point><value>INF</value><priority>10</priority></item>",
            "<item><point>P</point><value>0x1p3</value><priority>10</priority></item>",
            "<item><point>P</point><value>1e999</value><priority>10</priority></item>",
            "<item><point>P</point><value>1</value><value>2</value><priority>10</priority></item>",
            "<item><point>P</point><value>1<b/></value><priority>10</priority></item>",
            "<item><point>P</point><value>1</value><priority>ten</priority></item>",
            "<item><point>P</point><value>1</value><priority>-8</priority></item>",
            "<item><point>Pé</point><value>1</value><priority>10</priority></item>",
            "<item><point></point><value>1</value><priority>10</priority></item>",
            "<item><point>P</point><value>1</value><priority>10</priority><expiresAt>soon</expiresAt></item>",
            "<item><point>P</point><value>1</value><priority>10</priority>"
                + "<expiresAt>2026-07-15T12:00:00</expiresAt></item>",
            "", item + item, "<idempotency_token>other</idempotency_token>" + item,
        ])
    func departures(inside: String) throws {
        let refusal = try #require(throws: SOAPRefusal.self) {
            try SOAPRequestEnvelope.decode(Array(Self.command(inside).utf8))
        }
        #expect(refusal.version == .soap12)
        #expect(refusal.fault.code == .sender)
        #expect(refusal.fault.faultCode == "MALFORMED")
        #expect(SOAPAnswerEnvelope(refusal).httpStatus == 400)
    }

    @Test("the whole of it is taken when nothing is wrong, so the cases above are what is refused")
    func control() throws {
        #expect(throws: Never.self) { try SOAPRequestEnvelope.decode(Array(Self.command(Self.item).utf8)) }
    }

    @Test("a header that must be understood, a foreign envelope and a body of two are refused")
    func shells() throws {
        func fault(_ text: String) throws -> SOAPFault {
            try #require(throws: SOAPRefusal.self) { try SOAPRequestEnvelope.decode(Array(text.utf8)) }.fault
        }
        let empty = "<ReadPoints\(EnvelopeTests.ours)</ReadPoints>"
        let good = EnvelopeTests.envelope(.soap12, empty)
        let role = "\" s:role=\"http://www.w3.org/2003/05/soap-envelope/role/none"
        func header(_ must: String) -> String {
            good.replacing(
                "<s:Body>",
                with: "<s:Header><h:Token xmlns:h=\"urn:h\" s:mustUnderstand=\"\(must)\"/></s:Header><s:Body>")
        }
        #expect(try fault(header("true")).code == .mustUnderstand)
        #expect(try fault(header("1")).code == .mustUnderstand)
        #expect(try SOAPRequestEnvelope.decode(Array(header("true" + role).utf8)).operation == .readPoints([]))
        #expect(try SOAPRequestEnvelope.decode(Array(header("false").utf8)).operation == .readPoints([]))
        #expect(try fault(good.replacing("2003/05", with: "2099/05")).code == .versionMismatch)
        #expect(try fault("<html/>").code == .versionMismatch)
        #expect(try fault(good.replacing(empty, with: empty + empty)).code == .sender)
        #expect(try fault(good.replacing(empty, with: "")).code == .sender)
        #expect(try fault(good.replacing(empty, with: empty + "text")).code == .sender)
        #expect(try fault(good.replacing("ReadPoints", with: "FormatDisk")).code == .sender)
        #expect(try fault(good.replacing("building:1", with: "building:2")).code == .sender)
        #expect(try fault(good.replacing("</s:Body>", with: "</s:Body><s:Body/>")).code == .sender)
    }

    @Test("GetExecution wants one of id and key, ReleaseAll at least one priority")
    func choices() {
        for inside in [
            "<GetExecution\(EnvelopeTests.ours)</GetExecution>",
            "<GetExecution\(EnvelopeTests.ours)<executionId>x</executionId><idempotency_token>k</idempotency_token>"
                + "</GetExecution>",
            "<ReleaseAll\(EnvelopeTests.ours)<idempotency_token>k</idempotency_token></ReleaseAll>",
            "<ReleaseAll\(EnvelopeTests.ours)<priority>8</priority></ReleaseAll>",
        ] {
            #expect(throws: SOAPRefusal.self) {
                try SOAPRequestEnvelope.decode(Array(EnvelopeTests.envelope(.soap11, inside).utf8))
            }
        }
    }
}
