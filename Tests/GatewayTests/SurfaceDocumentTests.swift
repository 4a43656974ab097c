import EnergyModel
import Foundation
import GatewayWire
import HTTPTypes
import Logging
import Ports
import PrometheusExporter
import Testing

@testable import Gateway

@Suite("The document of the API") struct SurfaceDocumentTests {
    /// Every route that there can be, of whoever made it.
    private func routes() async throws -> RouteTable {
        let key = try UtilityKey(
            name: "acme", bearerToken: "0123456789abcdef0123456789abcdef", isUnsignedAllowed: true)
        let registry = PrometheusRegistry(describing: [])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var parts = AccessParts()
        parts.sessions = SurfaceArchive.sessions()
        let access = AccessDesk(
            parts, metrics: registry, logger: logger, now: { fixedNow }, randomness: { 4 })
        let service = GatewayService(
            configuration: GatewayConfiguration(), intake: ScriptedIntake(), health: FixedHealth(),
            notifications: ScriptedNotifications(), utilities: [key], access: access, link: SurfaceLink(),
            archive: try await SurfaceArchive.made(), registry: registry, logger: logger, now: { fixedNow },
            randomness: { 4 })
        return service.responder.routes
    }

    @Test("every route is described, each by a name of its own, with the parameters of its path")
    func described() async throws {
        let routes = try await routes()
        var names: Set<String> = []
        for endpoint in routes.all {
            let route = "\(endpoint.method) \(endpoint.path)"
            let page = try #require(endpoint.description, "\(route) has no description: add .described(…)")
            #expect(names.insert(page.name).inserted, "\(page.name) stands twice")
            #expect(page.summary.hasSuffix(".") && !page.answers.isEmpty, "\(route)")
            let inPath = endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                $0.dropFirst().dropLast()
            }
            let told = page.parameters.filter { $0.place == .path }
            #expect(Set(inPath) == Set(told.map { $0.name[...] }), "\(route)")
            #expect(told.allSatisfy { $0.isRequired }, "\(route)")
            #expect(Set(page.parameters.map(\.name)).count == page.parameters.count, "\(route)")
            let acts = ![.get, .head].contains(endpoint.method) && endpoint.access == .role(.operator)
            #expect(acts == page.parameters.contains(Parameters.idempotencyKey.described), "\(route)")
        }
    }

    @Test("the document is OpenAPI 3.1, its paths are the routes, its references lead somewhere")
    func document() async throws {
        let routes = try await routes()
        let document = OpenAPIDocument(endpoints: routes.all).json
        #expect(document["openapi"] == "3.1.0")
        guard case .object(let paths) = document["paths"] else { throw RawConnection.Closed() }
        let told = Set(
            paths.flatMap { path -> [String] in
                guard case .object(let methods) = path.value else { return [] }
                return methods.map { "\($0.name.uppercased()) \(path.name)" }
            })
        #expect(told == Set(routes.all.map { "\($0.method.rawValue) \($0.path)" }))
        let text = String(decoding: document.bytes, as: UTF8.self)
        let targets = Set(
            text.components(separatedBy: #""$ref":"#).dropFirst().compactMap {
                $0.split(separator: "\"", omittingEmptySubsequences: false).dropFirst().first
            })
        #expect(targets.count > 30)
        for target in targets {
            let name = String(target.dropFirst("#/components/schemas/".count))
            #expect(document["components"]?["schemas"]?[name] != nil, "\(target)")
        }
        // What the served one is read back as is what was written.
        #expect(try JSONValue(parsing: document.bytes, limits: documentLimits).bytes == document.bytes)
    }

    @Test("the walk asks every route that answers without a utility")
    func everyRouteIsAsked() async throws {
        let asked = Set(SurfaceStep.all.map { "\($0.method) \($0.template)" })
        let others = [
            "/webhooks/", "/api/operator/", "/api/stream", "/api/session", "/api/facilities/{facility_id}/current",
        ]
        for endpoint in try await routes().all where !others.contains(where: endpoint.path.hasPrefix) {
            #expect(asked.contains("\(endpoint.method) \(endpoint.path)"), "add a step to SurfaceStep.all")
        }
    }

    @Test("each action of the engine is told by its name")
    func actions() throws {
        let letters = LetterSelection.numbers([1])
        let (event, facility) = (Story.event("e"), Story.one)
        let range = TimeRange(start: fixedNow, end: fixedNow)
        let all: [OperatorCommand.Action] = [
            .replayDeadLetters([1]), .discardDeadLetters(letters), .editDeadLetter(1, payload: [], edition: 0),
            .redrive(letters, perSecond: 1), .pauseRedrive(""), .resumeRedrive(""), .cancelRedrive(""),
            .addNote(facility: nil), .tripBreaker(""), .resetBreaker(""), .importFacilities([]), .enforceRetentionNow,
            .recompute(range),
            .createEvent(
                EventRequest(
                    id: event, program: "", start: fixedNow, duration: .zero, target: .zero, facilities: [])),
            .approveEvent(event), .cancelEvent(event), .optOut(event, nil), .retryCommand(event, facility, sequence: 1),
            .settleByHand(event, facility),
            .overridePoint(OverrideRequest(facility: facility, point: Story.point, value: 1, until: fixedNow)),
            .extendOverride(event, until: fixedNow), .releaseOverride(event), .releaseBuilding(facility),
            .recomputeReports(event, nil),
            .enterProfile(LoadProfileRequest(facility: facility, kilowatts: [], bandShare: 0, until: fixedNow)),
            .removeProfile(facility), .setLogLevel(component: "engine", level: nil),
        ]
        for action in all {
            let value = try JSONValue(parsing: Array(try JSONEncoder().encode(action)))
            guard case .object(let members) = value else { throw RawConnection.Closed() }
            #expect(CommandEndpoint.Action.names.contains(members[0].name))
            // Whoever adds an action adds it here and to the names.
            switch action {
            case .replayDeadLetters, .discardDeadLetters, .editDeadLetter, .redrive, .pauseRedrive, .resumeRedrive,
                .cancelRedrive, .addNote, .tripBreaker, .resetBreaker, .importFacilities, .enforceRetentionNow,
                .recompute, .createEvent, .approveEvent, .cancelEvent, .optOut, .retryCommand, .settleByHand,
                .overridePoint, .extendOverride, .releaseOverride, .releaseBuilding, .recomputeReports, .enterProfile,
                .removeProfile, .setLogLevel:
                continue
            }
        }
        #expect(all.count == CommandEndpoint.Action.names.count)
    }

    @Test("schemas say what values are")
    func schemas() {
        let shape = Shape<Int?>("S", "", [.number("n", "", unknown: "because") { $0.map(Double.init) }])
        let check = SchemaCheck(document: ["components": ["schemas": ["S": shape.schema.definition]]])
        for (value, isSound) in [
            (shape.json(5), true), (shape.json(nil), true), (["n": "5"], false), ([:], false), ([], false),
            (["n": .null, "unknown": ["n": 5]], false), (["n": 1, "x": 2], true),
        ] as [(JSONValue, Bool)] {
            #expect(check.faults(value, shape.schema.json).isEmpty == isSound, "\(value)")
        }
        #expect(shape.json(nil)["unknown"]?["n"] == "because")
        #expect(shape.json(.max)["n"] != .null)
        let nullable = Schema.nullable(.choice(["a"])).json
        #expect(nullable["type"] == ["string", "null"] && nullable["enum"] == ["a", .null])
    }
}
