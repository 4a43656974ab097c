import EnergyModel
import Foundation
import GatewayWire
import HTTPTypes
import Ports
import SwitchyardTesting
import Testing

@testable import Gateway

@Suite("Foreign facilities at every route", .timeLimit(.minutes(2)))
struct AccessRouteTests {
    private static let key = "a-viewers-key-0123456789"

    /// What may stand in the places of a template, all of it of F-2.
    private static let foreign = [
        "facility_id": "F-2", "meter_id": "M-2", "event_id": "theirs", "number": "2", "id": "theirs",
        "point_id": "AHU-1",
    ]

    private func path(_ template: String, _ facility: String) -> String {
        Self.foreign.reduce(template) { path, place in
            path.replacing("{\(place.key)}", with: place.key == "facility_id" ? facility : place.value)
        }.split(separator: "{").joined(separator: "x").replacing("}", with: "")
    }

    @Test("a facility of others is not there, wherever its id stands in the path")
    func walk() async throws {
        var parts = AccessParts()
        parts.keys = [
            try ProgramKey(name: "x", key: Self.key, rights: .role(.supervisor), scope: .only([Story.one]))
        ]
        parts.sessions = MemorySessionRecords()
        try await withGateway(access: parts, link: ScriptedLink()) { house in
            for endpoint in house.endpoints where endpoint.path.contains("{facility_id}") {
                for id in ["F-2", "F-3", "F%2D2", "..", "F-1%00", "F-1,F-2"] {
                    let answer = try await ask(
                        house.port,
                        request(
                            endpoint.method.rawValue, path(endpoint.path, id), type: "application/json",
                            headers: ["X-API-Key: \(Self.key)"], body: endpoint.method == .get ? nil : "{}"),
                        toHead: endpoint.method == .head)
                    // A body that is no good may be told first; that the facility is there may not.
                    let hidden = endpoint.method == .get ? [404] : [404, 400, 415, 422, 428]
                    #expect(
                        hidden.contains(answer.status), "\(endpoint.method) \(endpoint.path) of \(id): \(answer.text)")
                }
            }
        }
    }

    @Test("what is not open asks for a credential")
    func closed() async throws {
        try await withGateway(access: AccessParts(), link: ScriptedLink()) { house in
            for endpoint in house.endpoints {
                guard case .role = endpoint.access else { continue }
                let asked = request(
                    endpoint.method.rawValue, path(endpoint.path, "F-1"), type: "application/json",
                    body: endpoint.method == .get ? nil : "{}")
                let answer = try await ask(house.port, asked)
                #expect(answer.status == 401, "\(endpoint.method) \(endpoint.path): \(answer.status)")
            }
            let open = house.endpoints.filter { $0.access == .open }.map(\.path)
            let meant: Set<String> = ["/healthz", "/ready", "/startup", "/webhooks/utility/dr-notification"]
            let documents = open.filter { !meant.contains($0) }
            #expect(documents.allSatisfy { $0.hasPrefix("/openapi") || $0.hasPrefix("/api/openapi") }, "\(documents)")
        }
    }
}
