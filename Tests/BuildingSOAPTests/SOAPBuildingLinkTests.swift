import EnergyModel
import Ports
import Testing

@testable import BuildingSOAP

@Suite("Buildings over SOAP")
struct SOAPBuildingLinkTests {
    // MARK: - What is sent

    @Test("a write carries point, value, slot, expiry and key, on a fresh connection", arguments: SOAPVersion.allCases)
    func write(version: SOAPVersion) async throws {
        let building = try ScriptedBuilding(commands(.applied), version)
        var profile = BuildingProfile.standard
        profile.version = version
        let link = building.link(
            profile: profile, traceparent: { _ in "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71-01" })
        #expect(await link.perform(request(.write(24.5)), at: address) == .applied(executionID: "x-1"))
        let sent = try #require(building.requests.first)
        #expect(building.requests.count == 1 && sent.method == .post && sent.url == address.endpoint)
        #expect(!sent.reusesConnection)
        #expect(value("traceparent", sent) == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71-01")
        #expect((value("SOAPAction", sent) == nil) == (version == .soap12))
        let expected = ExecuteCommands(
            correlationID: "evt-1:3.2", idempotencyToken: key,
            items: [
                CommandItem(
                    point: coolingPoint, value: 24.5, priority: 10, expiresAt: noon.advanced(by: .seconds(3600)))
            ])
        #expect(
            try SOAPRequestEnvelope.decode(sent.body) == SOAPRequestEnvelope(version, .executeCommands(expected)))
    }

    @Test("a release is NULL at the same slot, without expiry, on a fresh connection")
    func release() async throws {
        let building = try ScriptedBuilding(commands(.applied))
        _ = await building.link().perform(request(.release, slot: .operatorOverride), at: address)
        let sent = try #require(building.requests.first)
        #expect(!sent.reusesConnection)
        guard case .executeCommands(let command) = try SOAPRequestEnvelope.decode(sent.body).operation else {
            Issue.record("not a command")
            return
        }
        #expect(command.items == [CommandItem(point: coolingPoint, value: nil, priority: 8, expiresAt: nil)])
    }

    @Test("the key stands in header and body of everything that acts or asks by key")
    func keys() async throws {
        let building = ScriptedBuilding(status: 503, "")
        let link = building.link()
        let long = try #require(DREventID(String(repeating: "e", count: 128)))
        for key in [IdempotencyKey.write(event, 3), .release(event, 3, round: 2), .bare(event), .write(long, 999_999)] {
            for operation in [BuildingRequest.Operation.write(1), .release, .status] {
                var asked = request(operation)
                asked.key = key
                _ = await link.perform(asked, at: address)
            }
            await #expect(throws: PortError.self) {
                try await link.releaseAll([.demandResponse], key: key.text, of: address)
            }
        }
        #expect(building.requests.count == 16)
        for (index, sent) in building.requests.enumerated() {
            let token = try SOAPRequestEnvelope.decode(sent.body).operation.idempotencyToken
            #expect(token != nil && token == value("X-Idempotency-Key", sent), "request \(index)")
        }
    }

    @Test(
        "the deadline is what is left until answerBy, at most one request's",
        arguments: [(30_000, 5000), (5001, 5000), (4999, 4999), (1, 1)])
    func deadlines(left: Int, expected: Int) async {
        for operation in [BuildingRequest.Operation.write(1), .release, .status, .readSlot] {
            let building = ScriptedBuilding(status: 503, "")
            let asked = request(operation, answerBy: noon.advanced(by: .milliseconds(left)))
            _ = await building.link().perform(asked, at: address)
            #expect(building.requests.map(\.deadline) == [.milliseconds(expected)])
        }
        let slow = ScriptedBuilding(status: 503, "")
        _ = await slow.link(profile: .legacy).perform(request(.write(1)), at: address)
        #expect(slow.requests.map(\.deadline) == [.seconds(20)])
    }

    @Test("nothing is sent after the deadline, to a slot that is not ours, with no number, or to another building")
    func notSent() async throws {
        let building = try ScriptedBuilding(commands(.applied))
        let link = building.link()
        for late in [noon, noon.advanced(by: .seconds(-1))] {
            guard case .unavailable = await link.perform(request(.release, answerBy: late), at: address) else {
                Issue.record("sent too late")
                return
            }
        }
        var refused = (1...7).compactMap(PrioritySlot.init(rawValue:)).map { request(.write(24), slot: $0) }
        refused.append(request(.release, slot: .lowest))
        refused += [Double.nan, .infinity, -.infinity].map { request(.write($0)) }
        for asked in refused {
            guard case .rejected = await link.perform(asked, at: address) else {
                Issue.record("\(asked.operation) at \(asked.slot) was sent")
                return
            }
        }
        let elsewhere = BuildingAddress(facility: try #require(FacilityID("F-008")), endpoint: address.endpoint)
        guard case .rejected = await link.perform(request(.write(24)), at: elsewhere) else {
            Issue.record("sent to another building")
            return
        }
        #expect(building.requests.isEmpty)
    }

    // MARK: - What is answered

    static let outcomes: [(CommandResult.Outcome, BuildingAnswer)] = [
        (.applied, .applied(executionID: "x-1")), (.accepted, .pending(executionID: "x-1")),
        (.duplicate(of: .applied), .applied(executionID: "x-1")),
        (.duplicate(of: .accepted), .pending(executionID: "x-1")), (.duplicate(of: nil), .timedOut),
        (.rejected(BuildingRefusal(faultCode: "BUSY", message: "soon")), .unavailable("BUSY: soon")),
        (.rejected(BuildingRefusal(faultCode: "DENIED", message: "")), .rejected("DENIED")),
        (.rejected(BuildingRefusal(faultCode: "", message: "")), .rejected("The building gave no reason.")),
    ]

    @Test("each state of a command has its answer", arguments: outcomes.indices)
    func outcome(index: Int) async throws {
        let (outcome, expected) = Self.outcomes[index]
        for operation in [BuildingRequest.Operation.write(24), .release] {
            let building = try ScriptedBuilding(commands(outcome))
            #expect(await building.link().perform(request(operation), at: address) == expected)
        }
    }

    @Test("an answer about another key, another point, several points or another operation leaves a write unknown")
    func otherAnswers() async throws {
        let ours = CommandResult(point: coolingPoint, executionID: nil, outcome: .applied)
        let other = CommandResult(point: otherPoint, executionID: nil, outcome: .applied)
        for answer in [
            BuildingOperationAnswer.commands(idempotencyToken: "evt-1:4", [ours]),
            .commands(idempotencyToken: key, [other]), .commands(idempotencyToken: key, [ours, other]),
            .commands(idempotencyToken: key, []), .points([]),
            .executions([ExecutionReport(point: coolingPoint, executionID: nil, state: .applied(readback: 24))]),
        ] {
            let building = try ScriptedBuilding(answer)
            #expect(await building.link().perform(request(.write(24)), at: address) == .timedOut)
        }
    }

    static func report(_ state: ExecutionReport.State, _ point: PointID? = coolingPoint) -> ExecutionReport {
        ExecutionReport(point: point, executionID: "x-2", state: state)
    }

    static let executions: [([ExecutionReport], BuildingAnswer?)] = [
        ([report(.applied(readback: 24))], .applied(executionID: "x-2")),
        ([report(.pending)], .pending(executionID: "x-2")), ([report(.unknown)], .notKnown),
        ([report(.unknown, nil)], .notKnown),
        (
            [report(.failed(BuildingRefusal(faultCode: "NOT_WRITABLE", message: "no")))],
            .rejected("NOT_WRITABLE: no")
        ),
        ([report(.failed(BuildingRefusal(faultCode: "BUSY", message: "no")))], .notKnown),
        ([report(.pending, otherPoint), report(.applied(readback: nil))], .applied(executionID: "x-2")),
        // Only what says plainly that the key is unknown may lead to a second sending.
        ([report(.pending, otherPoint)], nil), ([report(.unknown, otherPoint)], nil),
        ([report(.unknown, nil), report(.pending, otherPoint)], nil),
        ([report(.pending), report(.applied(readback: 24))], nil),
    ]

    @Test("each state of an execution has its answer, and doubt is never `not known`", arguments: executions.indices)
    func execution(index: Int) async throws {
        let (reports, expected) = Self.executions[index]
        let building = try ScriptedBuilding(.executions(reports))
        let answer = await building.link().perform(request(.status), at: address)
        if let expected {
            #expect(answer == expected)
        } else if case .unavailable = answer {
        } else {
            Issue.record("\(answer)")
        }
        #expect(building.requests.first?.reusesConnection == true)
    }

    @Test("a slot is read from the priority array, but not from a device that does not answer")
    func slots() async throws {
        func answer(_ quality: PointReport.Quality, _ point: PointID = coolingPoint) async throws -> BuildingAnswer {
            let report = PointReport(
                point: point, value: 21, slots: [8: 21, 10: 24.5], quality: quality, at: noon, description: nil)
            return await (try ScriptedBuilding(.points([report]))).link().perform(request(.readSlot), at: address)
        }
        #expect(try await answer(.good) == .slot(24.5))
        #expect(try await answer(.uncertain) == .slot(24.5))
        guard case .unavailable = try await answer(.bad), case .unavailable = try await answer(.good, otherPoint) else {
            Issue.record("an old or foreign reading was taken")
            return
        }
        let empty = PointReport(point: coolingPoint, value: 21, slots: [8: 21], at: noon, description: nil)
        let building = try ScriptedBuilding(.points([empty]))
        #expect(await building.link().perform(request(.readSlot), at: address) == .slot(nil))
    }

    // MARK: - Points

    static let reports: [PointReport] = [
        PointReport(
            point: coolingPoint, value: 21, slots: [8: 21, 10: 24.5], at: noon,
            description: PointDescription(
                kind: .coolingSetPoint, zone: "east", normal: 22, rated: Power(kilowatts: 18), isCritical: true,
                longestShed: .seconds(7200))),
        PointReport(
            point: otherPoint, value: 0.6, slots: [10: 0.6, 16: 1], quality: .bad, at: noon,
            description: PointDescription(kind: .lightLevel, zone: "west", normal: 1)),
    ]

    @Test("points that can be commanded are listed as the planner wants them, others left out")
    func points() async throws {
        let sensor = PointReport(
            point: try #require(PointID("OAT")), value: 31, slots: [:], at: noon, description: nil)
        let link = try ScriptedBuilding(.points([sensor] + Self.reports)).link()
        #expect(
            try await link.points(of: address) == [
                BuildingPoint(
                    id: coolingPoint, kind: .coolingSetPoint, zone: "east", normal: 22, rated: Power(kilowatts: 18),
                    isCritical: true, isHeldByOperator: true, longestShed: .seconds(7200)),
                BuildingPoint(id: otherPoint, kind: .lightLevel, zone: "west", normal: 1),
            ])
    }

    @Test("reading asks for what is wanted and gives nothing else")
    func read() async throws {
        let building = try ScriptedBuilding(.points(Self.reports))
        let link = building.link()
        #expect(try await link.read([], of: address).map(\.point) == [coolingPoint, otherPoint])
        let one = try await link.read([coolingPoint], of: address)
        #expect(one == [PointReading(point: coolingPoint, value: 21, slots: [8: 21, 10: 24.5], at: noon)])
        let asked = try building.requests.map { try SOAPRequestEnvelope.decode($0.body).operation }
        #expect(asked == [.readPoints([]), .readPoints([coolingPoint])])
        #expect(building.requests.allSatisfy { $0.reusesConnection && value("X-Idempotency-Key", $0) == nil })
        let twice = try ScriptedBuilding(.points([Self.reports[0], Self.reports[0]])).link()
        #expect(try await code { try await twice.read([], of: address) } == .corrupt)
    }

    @Test("a kind that is not known makes a point that cannot be commanded, a wrong description an unreadable answer")
    func kinds() async throws {
        let body = text(try SOAPAnswerEnvelope(.soap12, .points(Self.reports)).encoded())
        let fan = ScriptedBuilding(body.replacing("<kind>light<", with: "<kind>fan<"))
        #expect(try await fan.link().points(of: address).map(\.id) == [coolingPoint])
        for (good, bad) in [
            ("<normal>1.0<", "<normal>bright<"), ("<critical>false<", "<critical>maybe<"),
            ("<ratedKW>18.0<", "<ratedKW>-18<"), ("<longestShedSeconds>7200<", "<longestShedSeconds>1e9<"),
            ("<zone>west<", "<zone>w\u{202E}st<"), ("<quality>BAD<", "<quality>SO-SO<"),
            ("<slot>1.0</slot>", ""), ("<slot>1.0</slot>", "<slot>1.0</slot><slot>1.0</slot>"),
        ] {
            #expect(body.contains(good))
            let link = ScriptedBuilding(body.replacing(good, with: bad)).link()
            #expect(try await code { try await link.points(of: address) } == .unavailable, "\(bad)")
        }
    }

    @Test("what is wrong with a question is told by the port's codes")
    func portErrors() async throws {
        for (building, expected) in [
            (ScriptedBuilding(failing: HTTPTransportError(.connect, "s")), PortError.Code.unavailable),
            (ScriptedBuilding(failing: HTTPTransportError(.timeoutAfterSend, "s", mayHaveBeenSent: true)), .timedOut),
            (ScriptedBuilding(failing: HTTPTransportError(.refusedAddress, "s")), .invalid),
            (ScriptedBuilding(status: 401, ""), .invalid), (ScriptedBuilding(status: 503, ""), .unavailable),
            (ScriptedBuilding("<html/>"), .unavailable), (try ScriptedBuilding(commands(.applied)), .corrupt),
        ] {
            #expect(try await code { try await building.link().points(of: address) } == expected)
            #expect(try await code { try await building.link().read([], of: address) } == expected)
        }
    }

    // MARK: - Release of everything, and ping

    @Test("everything is released at our slots only, and what stays is an error")
    func releaseAll() async throws {
        let report = ReleaseReport(idempotencyToken: "all-1", released: [coolingPoint])
        let building = try ScriptedBuilding(.released(report))
        let link = building.link()
        #expect(
            try await link.releaseAll([.operatorOverride, .demandResponse], key: "all-1", of: address) == [coolingPoint]
        )
        let sent = try #require(building.requests.first)
        #expect(!sent.reusesConnection && value("X-Idempotency-Key", sent) == "all-1")
        #expect(
            try SOAPRequestEnvelope.decode(sent.body).operation
                == .releaseAll(ReleaseAll(idempotencyToken: "all-1", priorities: [8, 10])))
        for (slots, key) in [
            ([], "k"), ([PrioritySlot.lowest], "k"), ([.demandResponse, .lowest], "k"), ([.demandResponse], ""),
            ([.demandResponse], "a b"), ([.demandResponse], "a\r\nX: y"), ([.demandResponse], "é"),
        ] {
            #expect(try await code { try await link.releaseAll(slots, key: key, of: address) } == .invalid)
        }
        #expect(building.requests.count == 1)
        #expect(try await code { try await link.releaseAll([.demandResponse], key: "all-2", of: address) } == .timedOut)

        var failing = report
        failing.failed = [.init(point: otherPoint, refusal: BuildingRefusal(faultCode: "BUSY", message: "\u{202E}x"))]
        let refusing = try ScriptedBuilding(.released(failing)).link()
        let error = try await #require(throws: PortError.self) {
            try await refusing.releaseAll([.demandResponse], key: "all-1", of: address)
        }
        #expect(error.code == .unavailable && error.sentence.hasSuffix("01/AHU-2/CLG_SP: BUSY: �x"))
        for (building, expected) in [
            (ScriptedBuilding(status: 500, ""), PortError.Code.timedOut),
            (ScriptedBuilding(status: 503, ""), .unavailable),
            (ScriptedBuilding(status: 403, ""), .invalid),
            (ScriptedBuilding(failing: HTTPTransportError(.connect, "s")), .unavailable),
            (ScriptedBuilding(failing: HTTPTransportError(.lostAfterSend, "s", mayHaveBeenSent: true)), .timedOut),
        ] {
            #expect(
                try await code { try await building.link().releaseAll([.demandResponse], key: "k", of: address) }
                    == expected)
        }
    }

    @Test(
        "health lies beside the endpoint",
        arguments: [
            ("http://h:8080/soap/building", "http://h:8080/soap/health"), ("http://h/building", "http://h/health"),
            ("https://h", "https://h/health"), ("http://h/", "http://h/health"),
            ("http://h/soap/", "http://h/soap/health"), ("http://h/a/b?wsdl=/x#/y", "http://h/a/health"),
            ("HTTP://h?x=/y/", "HTTP://h/health"), ("http://[::1]:80/a", "http://[::1]:80/health"),
            ("ftp://h/a", nil), ("http://", nil), ("http:///a", nil), ("/soap", nil), ("", nil),
        ] as [(String, String?)])
    func health(endpoint: String, expected: String?) {
        #expect(healthURL(besides: endpoint) == expected)
    }

    @Test("a ping is one GET, and only 2xx is health")
    func ping() async throws {
        let building = ScriptedBuilding("fine")
        try await building.link().ping(address)
        #expect(building.requests.map(\.url) == ["http://bms.example:8080/soap/health"])
        #expect(building.requests.map(\.method) == [.get])
        for status in [302, 401, 404, 500, 503] {
            #expect(
                try await code { try await ScriptedBuilding(status: status, "").link().ping(address) } == .unavailable)
        }
        let broken = BuildingAddress(facility: facility, endpoint: "gopher://h")
        #expect(try await code { try await building.link().ping(broken) } == .invalid)
        let silent = ScriptedBuilding(failing: HTTPTransportError(.timeoutAfterSend, "s", mayHaveBeenSent: true))
        #expect(try await code { try await silent.link().ping(address) } == .timedOut)
    }

    // MARK: - Parts

    private func value(_ header: String, _ request: HTTPRequest) -> String? {
        let found = request.headers.filter { $0.name == header }
        #expect(found.count <= 1)
        return found.first?.value
    }

    private func code<T>(_ call: () async throws -> T) async throws -> PortError.Code {
        try await #require(throws: PortError.self) { _ = try await call() }.code
    }
}
