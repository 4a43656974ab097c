import EnergyModel
import Ports
import Testing

@testable import BuildingSOAP

@Suite("Envelopes")
struct EnvelopeTests {
    static let shell = #"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s=""#
    static let schemaInstance = #"" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Body>"#
    static let ours = #" xmlns="urn:switchyard:building:1">"#

    static func envelope(_ version: SOAPVersion, _ body: String) -> String {
        let namespace =
            version == .soap11
            ? "http://schemas.xmlsoap.org/soap/envelope/" : "http://www.w3.org/2003/05/soap-envelope"
        return shell + namespace + schemaInstance + body + "</s:Body></s:Envelope>"
    }

    static let operations: [(BuildingOperation, String)] = [
        (
            .executeCommands(
                ExecuteCommands(
                    correlationID: "evt-1:3.2", idempotencyToken: key,
                    items: [CommandItem(point: coolingPoint, value: 24.5, priority: 10, expiresAt: noon)])),
            "<ExecuteCommands\(ours)<correlationId>evt-1:3.2</correlationId>"
                + "<idempotency_token>evt-1:3</idempotency_token><item><point>01/AHU-1/CLG_SP</point>"
                + "<value>24.5</value><priority>10</priority><expiresAt>2026-07-15T12:00:00Z</expiresAt></item>"
                + "</ExecuteCommands>"
        ),
        (
            .executeCommands(
                ExecuteCommands(
                    correlationID: "c", idempotencyToken: key,
                    items: [CommandItem(point: coolingPoint, value: nil, priority: 8, expiresAt: nil)])),
            "<ExecuteCommands\(ours)<correlationId>c</correlationId><idempotency_token>evt-1:3</idempotency_token>"
                + "<item><point>01/AHU-1/CLG_SP</point><value xsi:nil=\"true\"/><priority>8</priority></item>"
                + "</ExecuteCommands>"
        ),
        (
            .getExecution(.idempotencyToken(key)),
            "<GetExecution\(ours)<idempotency_token>evt-1:3</idempotency_token></GetExecution>"
        ),
        (.getExecution(.executionID("x-1")), "<GetExecution\(ours)<executionId>x-1</executionId></GetExecution>"),
        (.readPoints([]), "<ReadPoints\(ours)</ReadPoints>"),
        (
            .readPoints([coolingPoint, otherPoint]),
            "<ReadPoints\(ours)<point>01/AHU-1/CLG_SP</point><point>01/AHU-2/CLG_SP</point></ReadPoints>"
        ),
        (
            .releaseAll(ReleaseAll(idempotencyToken: "all-1", priorities: [8, 10])),
            "<ReleaseAll\(ours)<idempotency_token>all-1</idempotency_token><priority>8</priority>"
                + "<priority>10</priority></ReleaseAll>"
        ),
    ]

    static let emptySlots = String(repeating: #"<slot xsi:nil="true"/>"#, count: 16)
    static let answers: [(BuildingOperationAnswer, String)] = [
        (
            commands(.accepted),
            "<ExecuteCommandsResponse\(ours)<idempotency_token>evt-1:3</idempotency_token><item>"
                + "<point>01/AHU-1/CLG_SP</point><executionId>x-1</executionId><state>ACCEPTED</state></item>"
                + "</ExecuteCommandsResponse>"
        ),
        (
            commands(.duplicate(of: .applied), executionID: nil),
            "<ExecuteCommandsResponse\(ours)<idempotency_token>evt-1:3</idempotency_token><item>"
                + "<point>01/AHU-1/CLG_SP</point><state>DUPLICATE</state><earlier>APPLIED</earlier></item>"
                + "</ExecuteCommandsResponse>"
        ),
        (
            commands(.rejected(BuildingRefusal(faultCode: "LOCKOUT", message: "<wait> & see"))),
            "<ExecuteCommandsResponse\(ours)<idempotency_token>evt-1:3</idempotency_token><item>"
                + "<point>01/AHU-1/CLG_SP</point><executionId>x-1</executionId><state>REJECTED</state>"
                + "<faultCode>LOCKOUT</faultCode><message>&lt;wait&gt; &amp; see</message></item>"
                + "</ExecuteCommandsResponse>"
        ),
        (
            .executions([
                ExecutionReport(point: coolingPoint, executionID: "x-1", state: .applied(readback: 24.5)),
                ExecutionReport(point: otherPoint, executionID: nil, state: .applied(readback: nil)),
                ExecutionReport(point: nil, executionID: nil, state: .unknown),
            ]),
            "<GetExecutionResponse\(ours)<execution><executionId>x-1</executionId><point>01/AHU-1/CLG_SP</point>"
                + "<state>APPLIED</state><readback>24.5</readback></execution><execution>"
                + "<point>01/AHU-2/CLG_SP</point><state>APPLIED</state><readback xsi:nil=\"true\"/></execution>"
                + "<execution><state>UNKNOWN</state></execution></GetExecutionResponse>"
        ),
        (
            .points([
                PointReport(
                    point: coolingPoint, value: 22.5, slots: [:], at: noon,
                    description: PointDescription(
                        kind: .coolingSetPoint, zone: "01 east", normal: 22, rated: Power(kilowatts: 18.5),
                        isCritical: true, longestShed: .seconds(7200)))
            ]),
            "<ReadPointsResponse\(ours)<point><id>01/AHU-1/CLG_SP</id><value>22.5</value><priorityArray>\(emptySlots)"
                + "</priorityArray><quality>GOOD</quality><timestamp>2026-07-15T12:00:00Z</timestamp>"
                + "<kind>cooling</kind><zone>01 east</zone><normal>22.0</normal><ratedKW>18.5</ratedKW>"
                + "<critical>true</critical><longestShedSeconds>7200</longestShedSeconds></point></ReadPointsResponse>"
        ),
        (
            .released(
                ReleaseReport(
                    idempotencyToken: "all-1", released: [coolingPoint],
                    failed: [.init(point: otherPoint, refusal: BuildingRefusal(faultCode: "BUSY", message: "later"))])),
            "<ReleaseAllResponse\(ours)<idempotency_token>all-1</idempotency_token>"
                + "<released>01/AHU-1/CLG_SP</released><failed><point>01/AHU-2/CLG_SP</point>"
                + "<faultCode>BUSY</faultCode><message>later</message></failed></ReleaseAllResponse>"
        ),
    ]

    @Test("a request is written to the letter and read back whole", arguments: SOAPVersion.allCases)
    func requests(version: SOAPVersion) throws {
        for (operation, golden) in Self.operations {
            let envelope = SOAPRequestEnvelope(version, operation)
            #expect(text(try envelope.encoded()) == Self.envelope(version, golden))
            #expect(try SOAPRequestEnvelope.decode(try envelope.encoded()) == envelope)
        }
    }

    @Test("an answer is written to the letter and read back whole", arguments: SOAPVersion.allCases)
    func answers(version: SOAPVersion) throws {
        for (answer, golden) in Self.answers {
            let envelope = SOAPAnswerEnvelope(version, answer)
            #expect(text(try envelope.encoded()) == Self.envelope(version, golden))
            #expect(try SOAPAnswerEnvelope.decode(try envelope.encoded()) == envelope)
            #expect(envelope.httpStatus == 200)
        }
    }

    @Test("faults of both versions are written to the letter")
    func faults() throws {
        let fault = SOAPFault(.sender, faultCode: "INVALID_PRIORITY", reason: "8 to 15 only")
        let detail =
            "<BuildingFault\(Self.ours)<faultCode>INVALID_PRIORITY</faultCode><message>8 to 15 only</message>"
            + "</BuildingFault>"
        let first = SOAPAnswerEnvelope(.soap11, fault)
        #expect(first.httpStatus == 500)
        #expect(
            text(try first.encoded())
                == Self.envelope(
                    .soap11,
                    "<s:Fault><faultcode>s:Client</faultcode><faultstring>8 to 15 only</faultstring><detail>\(detail)"
                        + "</detail></s:Fault>"))
        let second = SOAPAnswerEnvelope(.soap12, fault)
        #expect(second.httpStatus == 400)
        #expect(
            text(try second.encoded())
                == Self.envelope(
                    .soap12,
                    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>"
                        + "<s:Value xmlns:b=\"urn:switchyard:building:1\">b:INVALID_PRIORITY</s:Value></s:Subcode>"
                        + "</s:Code><s:Reason><s:Text xml:lang=\"en\">8 to 15 only</s:Text></s:Reason>"
                        + "<s:Detail>\(detail)</s:Detail></s:Fault>"))
        for envelope in [first, second] { #expect(try SOAPAnswerEnvelope.decode(try envelope.encoded()) == envelope) }
    }

    @Test("the action goes where its version wants it")
    func actions() {
        let first = SOAPVersion.soap11.headers(for: .executeCommands)
        #expect(first.map(\.name) == ["Content-Type", "SOAPAction"])
        #expect(first.map(\.value) == ["text/xml; charset=utf-8", "\"urn:switchyard:building:1/ExecuteCommands\""])
        let second = SOAPVersion.soap12.headers(for: .readPoints)
        #expect(
            second.map(\.value) == [
                "application/soap+xml; charset=utf-8; action=\"urn:switchyard:building:1/ReadPoints\""
            ])
    }

    @Test("slots that hold something are told by their place, and the lowest is the active one")
    func priorityArray() throws {
        let report = PointReport(
            point: coolingPoint, value: 24.5, slots: [8: 21, 10: 24.5], at: noon, description: nil)
        let bytes = try SOAPAnswerEnvelope(.soap12, .points([report])).encoded()
        #expect(text(bytes).contains("<activePriority>8</activePriority>"))
        #expect(try SOAPAnswerEnvelope.decode(bytes).content == .answer(.points([report])))
        let lying = text(bytes).replacing("<activePriority>8<", with: "<activePriority>10<")
        #expect(throws: UnreadableAnswer.self) { try SOAPAnswerEnvelope.decode(Array(lying.utf8)) }
    }

    @Test("prefixes, a header, white space, comments and extensions make no difference")
    func otherToolkits() throws {
        let written = """
            \u{FEFF}<?xml version='1.0' encoding='UTF-8'?>
            <SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:q="urn:switchyard:building:1"
              xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:z="urn:other">
              <SOAP-ENV:Header><z:Session SOAP-ENV:mustUnderstand="0">1</z:Session></SOAP-ENV:Header>
              <SOAP-ENV:Body z:id="b">
                <!-- written by hand -->
                <q:ExecuteCommands><z:hint><q:point>never</q:point></z:hint>
                  <q:correlationId> c-1 </q:correlationId>
                  <q:idempotency_token><![CDATA[evt-1:3]]></q:idempotency_token>
                  <q:item><q:point>A&#x26;B</q:point><q:value i:nil="1"></q:value><q:priority>10</q:priority></q:item>
                  <q:item><z:point>no</z:point><q:point>C</q:point><q:value>+2.45E1</q:value><q:priority>9</q:priority>
                    <q:expiresAt>2026-07-15T14:00:00.000+02:00</q:expiresAt></q:item>
                </q:ExecuteCommands>
              </SOAP-ENV:Body>
            </SOAP-ENV:Envelope>
            """
        let expected = ExecuteCommands(
            correlationID: "c-1", idempotencyToken: "evt-1:3",
            items: [
                CommandItem(point: try #require(PointID("A&B")), value: nil, priority: 10, expiresAt: nil),
                CommandItem(point: try #require(PointID("C")), value: 24.5, priority: 9, expiresAt: noon),
            ])
        let decoded = try SOAPRequestEnvelope.decode(Array(written.utf8))
        #expect(decoded == SOAPRequestEnvelope(.soap11, .executeCommands(expected)))
    }

    @Test("a text that XML cannot carry is refused, any other comes back as it was")
    func unwritable() throws {
        for bad in ["\u{0}", "\u{1B}[31m", "a\u{FFFE}", "\u{8}"] {
            let envelope = SOAPAnswerEnvelope(.soap11, SOAPFault(.receiver, reason: bad))
            #expect(throws: SOAPEncodingError.self) { try envelope.encoded() }
        }
        for good in ["a\tb\nc\rd", "<&>\"'", "]]>", "é€😀", "\u{85}\u{2028}", "&amp;"] {
            let bytes = try SOAPAnswerEnvelope(.soap12, SOAPFault(.receiver, reason: good)).encoded()
            #expect(try SOAPAnswerEnvelope.decode(bytes).content == .fault(SOAPFault(.receiver, reason: good)))
        }
    }
}
