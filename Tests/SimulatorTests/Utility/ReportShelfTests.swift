import EnergyModel
import Testing

@testable import Simulator

@Suite("What a utility does with reports")
struct ReportShelfTests {
    private func report(
        name: String? = "dr v1", type: String = "USAGE", value: String = "412.5",
        start: String = "2026-07-15T21:00:00Z",
        duration: String = "PT15M", descriptor: String = "REPORT_PAYLOAD_DESCRIPTOR"
    ) -> [UInt8] {
        let names = name.map { #""reportName":"\#($0)","# } ?? ""
        let text =
            #"{"eventID":"evt-1","clientName":"switchyard",\#(names)"payloadDescriptors":[{"objectType":"\#(descriptor)","#
            + #""payloadType":"USAGE","units":"KWH"}],"resources":[{"resourceName":"F-1","intervals":[{"id":0,"#
            + #""intervalPeriod":{"start":"\#(start)","duration":"\#(duration)"},"#
            + #""payloads":[{"type":"\#(type)","values":[\#(value)]},{"type":"DATA_QUALITY","values":["OK"]}]}]}]}"#
        return Array(text.utf8)
    }

    @Test("a name is taken once, another is another report, and one without a name always is")
    func names() {
        var shelf = ReportShelf()
        #expect(shelf.take(report()).status == 201)
        #expect(shelf.take(report()).status == 409)
        #expect(shelf.take(report(name: "dr v2")).status == 201)
        #expect(shelf.take(report(name: nil)).status == 201)
        #expect(shelf.take(report(name: nil)).status == 201)
        #expect(shelf.reports.map(\.reportName) == ["dr v1", "dr v2", nil, nil])
    }

    @Test("what OpenADR does not allow is refused with what is wrong")
    func complaints() {
        var shelf = ReportShelf()
        let wrong = [
            report(type: "BASELINE", value: "\"much\""), report(type: "DATA_QUALITY", value: "\"FINE\""),
            report(start: "yesterday"), report(duration: "15m"), report(descriptor: "EVENT_PAYLOAD_DESCRIPTOR"),
            Array("{}".utf8), Array("[".utf8), report(value: ""),
        ]
        for body in wrong {
            let answer = shelf.take(body)
            #expect(answer.status == 400 && !answer.answer.isEmpty, "\(String(decoding: body, as: UTF8.self))")
        }
        #expect(shelf.reports.isEmpty)
    }

    @Test("tokens go to the client that is known, and end")
    func tokens() throws {
        let now = UTCInstant(seconds: 1_780_000_000)
        var desk = TokenDesk(.init(id: "ven 1", secret: "a+b=c&d", tokenLife: .seconds(60)))
        let form = "grant_type=client_credentials&client_id=ven%201&client_secret=a%2Bb%3Dc%26d&scope=write_reports"
        let issued = desk.issue(Array(form.utf8), now: now)
        let token = try #require(issued)
        #expect(token.seconds == 60 && desk.accepts(token.token, now: now.advanced(by: .seconds(59))))
        #expect(!desk.accepts(token.token, now: now.advanced(by: .seconds(60))) && !desk.accepts("token-1", now: now))
        for wrong in ["", "grant_type=client_credentials&client_id=ven%201&client_secret=x", "grant_type=password"] {
            let isRefused = desk.issue(Array(wrong.utf8), now: now) == nil
            #expect(isRefused)
        }
        var none = TokenDesk(nil)
        let isRefused = none.issue(Array(form.utf8), now: now) == nil
        #expect(isRefused)
    }
}
