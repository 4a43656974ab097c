import EnergyModel
import GatewayWire
import Ports
import Testing

@testable import Gateway

/// A request that succeeds, for each endpoint of the surface.
struct SurfaceStep: Sendable, CustomTestStringConvertible {
    var method: String
    var template: String
    var path: String
    var body: String?
    var type: String?
    var status: Int
    var headers: [String] = []

    init(
        _ method: String, _ template: String, _ path: String? = nil, body: String? = nil, type: String? = nil,
        status: Int = 200, headers: [String] = []
    ) {
        (self.method, self.template, self.path) = (method, template, path ?? template)
        (self.body, self.type, self.status, self.headers) = (body, type, status, headers)
    }

    var testDescription: String { "\(method) \(path)" }

    private static let facility = "/api/facilities/{facility_id}"
    private static let event = "/api/dr-events/{event_id}"
    private static let because = #"{"reason":"because","unheard_of":{"x":[1]}}"#

    static let all: [SurfaceStep] = reading + acting

    private static let reading: [SurfaceStep] = [
        .init("GET", "/api/facilities"), .init("GET", "/api/facilities", "/api/facilities?limit=1"),
        .init("GET", facility, "/api/facilities/F-1"), .init("GET", facility, "/api/facilities/F-2"),
        .init("GET", facility + "/meters", "/api/facilities/F-1/meters"),
        .init("GET", facility + "/points", "/api/facilities/F-1/points"),
        .init("GET", facility + "/history", "/api/facilities/F-1/history"),
        .init(
            "GET", facility + "/history",
            "/api/facilities/F-1/history?meter=M-1&granularity=raw&from=2026-11-18T00:00:00Z&to=2026-11-18T01:00:00%2B00:00&limit=9"
        ),
        .init("GET", facility + "/forecast", "/api/facilities/F-1/forecast"),
        .init("GET", facility + "/forecast", "/api/facilities/F-2/forecast?at=2026-11-18T00:00:00Z"),
        .init("GET", facility + "/meters/{meter_id}/gaps", "/api/facilities/F-1/meters/M-1/gaps"),
        .init("GET", facility + "/export", "/api/facilities/F-1/export?unheard_of=1"),
        .init("GET", "/api/dr-events"),
        .init("GET", "/api/dr-events", "/api/dr-events?state=active&scope=open&facility=F-1&from=2020-01-01T00:00:00Z"),
        .init("GET", event, "/api/dr-events/evt-1"), .init("GET", event + "/legs", "/api/dr-events/evt-1/legs"),
        .init("GET", event + "/commands", "/api/dr-events/evt-1/commands"),
        .init("GET", event + "/transitions", "/api/dr-events/evt-1/transitions"),
        .init("GET", event + "/reports", "/api/dr-events/evt-1/reports"),
        .init("GET", event + "/report", "/api/dr-events/evt-1/report?format=espi"),
        .init("GET", "/api/overrides"), .init("GET", "/api/overrides/{event_id}", "/api/overrides/ovr-1"),
        .init("GET", "/api/dead-letters"),
        .init("GET", "/api/dead-letters", "/api/dead-letters?state=pending&topic=a&failure=b&text=c&before=9&limit=1"),
        .init("GET", "/api/dead-letters/{number}", "/api/dead-letters/7"),
        .init("POST", "/api/dead-letters/{number}/check", "/api/dead-letters/7/check"),
        .init("POST", "/api/dead-letters/{number}/check", "/api/dead-letters/7/check", body: #"{"payload":"{}"}"#),
        .init(
            "POST", "/api/dead-letters/dry-run", body: #"{"selection":{"matching":{"state":"pending"},"through":9}}"#),
        .init("GET", "/api/dead-letters/redrives"),
        .init("GET", "/api/dead-letters/redrives/{redrive_id}", "/api/dead-letters/redrives/k1"),
        .init("GET", "/api/audit"),
        .init("GET", "/api/audit", "/api/audit?kind=audit&limit=2&from=2026-01-01T00:00:00Z&facility=F-1&text=x"),
        .init("GET", "/api/health"), .init("GET", "/api/openapi.json"), .init("GET", "/healthz"),
        .init("GET", "/ready"), .init("GET", "/startup"), .init("GET", "/metrics"),
    ]

    private static let acting: [SurfaceStep] = [
        .init(
            "POST", "/api/dr-events",
            body: """
                {"program":"p","starts_at":"2026-11-19T00:00:00Z","duration_seconds":3600,"target_reduction_kw":50.5,
                "facility_ids":["F-1"],"reason":"the webhook is away"}
                """, status: 201),
        .init("POST", event + "/cancel", "/api/dr-events/evt-1/cancel", body: because),
        .init("POST", event + "/approve", "/api/dr-events/evt-1/approve", body: because),
        .init(
            "POST", event + "/opt-out", "/api/dr-events/evt-1/opt-out", body: #"{"facility_id":"F-1","reason":"no"}"#),
        .init(
            "POST", "/api/overrides",
            body: #"{"facility_id":"F-1","point_id":"AHU-1","value":24,"until":"2026-11-19T00:00:00Z","reason":"hot"}"#,
            status: 201),
        .init(
            "PATCH", "/api/overrides/{event_id}", "/api/overrides/ovr-1",
            body: #"{"until":"2026-11-19T00:00:00Z","reason":"still hot"}"#),
        .init("DELETE", "/api/overrides/{event_id}", "/api/overrides/ovr-1?reason=cool+again"),
        .init(
            "PUT", "/api/dead-letters/{number}", "/api/dead-letters/7",
            body: #"{"payload_base64":"/wA=","reason":"mend"}"#,
            headers: [#"If-Match: "0.0.pending""#]),
        .init("POST", "/api/dead-letters/replays", body: #"{"numbers":[7],"reason":"mended"}"#),
        .init("POST", "/api/dead-letters/discards", body: #"{"selection":{"numbers":[7]},"reason":"noise"}"#),
        .init(
            "POST", "/api/dead-letters/redrives",
            body: #"{"selection":{"matching":{},"through":9},"per_second":5,"reason":"mended"}"#, status: 202),
        .init(
            "PATCH", "/api/dead-letters/redrives/{redrive_id}", "/api/dead-letters/redrives/k1",
            body: #"{"state":"paused","reason":"wait"}"#),
        .init(
            "POST", "/api/forecast-profiles",
            body: """
                {"facility_id":"F-1","kilowatts":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24],
                "band_share":0.2,"until":"2026-11-25T00:00:00Z","reason":"a fair"}
                """, status: 201),
        .init("DELETE", "/api/forecast-profiles/{facility_id}", "/api/forecast-profiles/F-1?reason=over"),
        .init("POST", "/api/commands", body: #"{"action":{"addNote":{"facility":"F-1"}},"reason":"a note"}"#),
        .init("POST", "/api/ingest/readings", body: "[]", status: 202),
        .init(
            "POST", "/api/facilities/{facility_id}/meters/{meter_id}/backfill",
            "/api/facilities/F-1/meters/M-1/backfill",
            body: "[]", status: 202),
    ]
}

@Suite("The REST surface from end to end", .timeLimit(.minutes(5)))
struct SurfaceWalkTests {
    @Test("each endpoint answers what the document says, with trace, version and time of the data")
    func walk() async throws {
        try await SurfaceHouse.open(archive: try await SurfaceArchive.made()) { (house: SurfaceHouse) async throws in
            let document = try JSONValue(
                parsing: try await house.ask("GET", "/api/openapi.json").body, limits: documentLimits)
            let check = SchemaCheck(document: document)
            for (number, step) in SurfaceStep.all.enumerated() {
                let answer = try await house.ask(
                    step.method, step.path, key: "key-\(number)", type: step.type, headers: step.headers,
                    body: step.body)
                #expect(answer.status == step.status, "\(step.testDescription): \(answer.text)")
                #expect(answer.headers["traceparent"] != nil && answer.headers["switchyard-wire-version"] == "1")
                #expect(answer.headers["data-timestamp"].flatMap { UTCInstant(iso8601: $0) } != nil)
                let page = document["paths"]?[step.template]?[step.method.lowercased()]?["responses"]?[
                    String(answer.status)]
                let contents = try #require(page?["content"], "\(step.testDescription) is not told")
                let type = answer.headers["content-type"]?.split(separator: ";").first.map(String.init) ?? ""
                let schema = try #require(contents[type]?["schema"], "\(step.testDescription) as \(type)")
                guard type == "application/json" else { continue }
                let faults = check.faults(try JSONValue(parsing: answer.body, limits: documentLimits), schema)
                #expect(faults.isEmpty, "\(step.testDescription)")
            }
        }
    }

    @Test("no text of the engine reaches an answer with a control or bidirectional character in it")
    func harmless() async throws {
        try await SurfaceHouse.open { (house: SurfaceHouse) async throws in
            for path in ["/api/facilities", "/api/dr-events/evt-1", "/api/dead-letters/7", "/api/health"] {
                let answer = try await house.ask("GET", path)
                #expect(!answer.text.unicodeScalars.contains { $0.properties.generalCategory == .control })
                #expect(!answer.text.unicodeScalars.contains("\u{202e}"))
                #expect(answer.text.contains(#"\u001b[2J\u202e"#), "and still whole: \(path)")
            }
        }
    }

    @Test("numbers that are not known are null, and say why; ages stand beside the numbers")
    func unknowns() async throws {
        try await SurfaceHouse.open { (house: SurfaceHouse) async throws in
            let page = try JSONValue(parsing: try await house.ask("GET", "/api/facilities").body)
            guard case .array(let facilities) = page["facilities"] else { throw RawConnection.Closed() }
            #expect(facilities[0]["load_kw"] == .integer(150) && facilities[0]["share_of_contract"] == .number(0.75))
            #expect(facilities[0]["newest_reading_age_seconds"] == .integer(10))
            #expect(facilities[0]["freshness"] == "fresh" && facilities[1]["freshness"] == "bad")
            #expect(facilities[1]["load_kw"] == .null)
            #expect(
                facilities[1]["unknown"]?["load_kw"]
                    == "no meter of the facility has a reading younger than 5 minutes")
            #expect(page["data_age_seconds"] == .integer(1) && page["total"] == .integer(2))
        }
    }

    @Test("what is asked of the engine is what was asked of the gateway")
    func commands() async throws {
        let link = SurfaceLink()
        try await SurfaceHouse.open(link) { (house: SurfaceHouse) async throws in
            for (number, step) in SurfaceStep.all.enumerated() where step.body != nil || step.method == "DELETE" {
                _ = try await house.ask(
                    step.method, step.path, key: "key-\(number)", headers: step.headers, body: step.body)
            }
        }
        let commands = link.commands
        #expect(commands.count == 15)
        #expect(commands.allSatisfy { $0.author == "operator:key:operator" && !$0.reason.isEmpty })
        let request = EventRequest(
            id: Story.event("manual-x"), program: "p", start: UTCInstant(iso8601: "2026-11-19T00:00:00Z") ?? fixedNow,
            duration: .seconds(3600), target: Power(kilowatts: 50.5), facilities: [Story.one])
        guard case .createEvent(var made) = commands[0].action else { throw RawConnection.Closed() }
        #expect(made.id.text.hasPrefix("manual-"))
        made.id = request.id
        #expect(made == request)
        #expect(commands.contains { $0.action == .optOut(Story.event("evt-1"), Story.one) && $0.reason == "no" })
        #expect(
            commands.contains { $0.action == .releaseOverride(Story.event("ovr-1")) && $0.reason == "cool again" })
        #expect(commands.contains { $0.action == .editDeadLetter(7, payload: [0xff, 0x00], edition: 0) })
        #expect(
            commands.contains {
                $0.action == .redrive(.matching(DeadLetterQuery(), through: 9), perSecond: 5)
            })
        #expect(commands.contains { $0.action == .pauseRedrive("k1") })
        #expect(commands.contains { $0.action == .addNote(facility: Story.one) })
    }
}

let documentLimits: JSONValue.Limits = {
    var limits = JSONValue.Limits()
    limits.values = 1_000_000
    return limits
}()
