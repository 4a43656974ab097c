import EnergyModel
import GatewayWire
import Hummingbird
import Ports

/// `/api/facilities` and what lies at one facility (ledger API-02).
struct FacilityEndpoints: Sendable {
    let surface: Surface

    /// Snapshots come about once a second; one older than this is told as stale.
    static let staleAfter = Duration.seconds(5)

    private static let limit = Parameters.limit(100, upTo: 1000)
    private static let after = Parameter(
        "after", "Begins behind this facility.", Parameters.identifier,
        expected: "1-64 letters, digits, '.', '_', ':' or '-'", read: { FacilityID($0) })

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/api/facilities", access: .role(.viewer), rank: .live) { try await list($0) }
                .described(
                    "listFacilities", .facilities, "Facilities with their loads, page by page.",
                    parameters: [Self.after.described, Self.limit.described],
                    answers: [.json("A page.", FacilityShapes.page).paged()]),
            Endpoint(.get, "/api/facilities/{facility_id}", access: .role(.viewer), rank: .live) {
                try await single($0)
            }
            .described(
                "getFacility", .facilities, "One facility and its last hour.",
                parameters: [Parameters.facility.described, Parameters.ifNoneMatch.described],
                problems: [404: "No such facility."],
                answers: [
                    .json("The facility.", FacilityShapes.single).tagged(), .empty(304, "Nothing changed."),
                ]),
            Endpoint(.get, "/api/facilities/{facility_id}/meters", access: .role(.viewer), rank: .live) {
                try await meters($0)
            }
            .described(
                "listMeters", .facilities, "A facility's meters with their newest readings.",
                parameters: [Parameters.facility.described], problems: [404: "No such facility."],
                answers: [.json("Its meters.", MeterShapes.list)]),
            // The building is asked, and it may be slow.
            Endpoint(
                .get, "/api/facilities/{facility_id}/points", access: .role(.viewer), rank: .live, limit: .seconds(10)
            ) { try await points($0) }
            .described(
                "listPoints", .facilities, "A building's commandable points, read now, with their priority arrays.",
                parameters: [Parameters.facility.described], problems: [404: "No such facility."],
                answers: [.json("Its points.", PointShapes.building)]),
        ]
    }

    private func list(_ incoming: IncomingRequest) async throws -> Response {
        let after = try incoming.value(Self.after)
        let limit = try incoming.value(Self.limit) ?? 100
        let snapshot = try await surface.snapshot(incoming)
        let all = snapshot.facilities.sorted { $0.id < $1.id }
        let rest = after.map { after in all.drop { $0.id <= after } } ?? all[...]
        let facilities = Array(rest.prefix(limit))
        let next = rest.count > limit ? facilities.last?.id : nil
        let page = FacilityShapes.Page(facilities: facilities, total: all.count, next: next)
        return try incoming.answer(
            Told(page, asOf: snapshot.at, now: incoming.arrivedAt), FacilityShapes.page,
            next: try next.map { try incoming.target(setting: "after", to: $0.text) },
            isStale: isStale(snapshot, incoming))
    }

    private func single(_ incoming: IncomingRequest) async throws -> Response {
        let id = try incoming.required(Parameters.facility)
        let snapshot = try await surface.snapshot(incoming)
        guard let facility = snapshot.facilities.first(where: { $0.id == id }) else {
            throw Problem.nothingThere("No facility \(id) is known; GET /api/facilities lists them.")
        }
        return try incoming.answer(
            Told(facility, asOf: facility.newest ?? snapshot.at, now: incoming.arrivedAt), FacilityShapes.single,
            tag: tag(of: facility), isStale: isStale(snapshot, incoming))
    }

    /// The same while nothing of it changed; ages grow all the same, and a reader can work them out of `as_of`.
    private func tag(of facility: FacilitySnapshot) -> String {
        let newest = facility.newest.map { String($0.milliseconds, radix: 36) } ?? "0"
        var sum = StableSum()
        sum.add(FacilityShapes.single.json(Told(facility, asOf: .distantPast, now: .distantPast)).bytes)
        return "\(newest)-\(sum.text)"
    }

    private func isStale(_ snapshot: OperatorSnapshot, _ incoming: IncomingRequest) -> Bool {
        incoming.arrivedAt.since(snapshot.at) > Self.staleAfter
    }

    private func meters(_ incoming: IncomingRequest) async throws -> Response {
        let id = try incoming.required(Parameters.facility)
        let meters = try await surface.link(incoming).meters(of: id)
        let newest = meters.compactMap(\.newest).max()
        let list = MeterShapes.List(facility: id, meters: meters.sorted { $0.id < $1.id })
        return try incoming.answer(
            Told(list, asOf: newest ?? incoming.arrivedAt, now: incoming.arrivedAt), MeterShapes.list)
    }

    private func points(_ incoming: IncomingRequest) async throws -> Response {
        let id = try incoming.required(Parameters.facility)
        let building = try await surface.link(incoming).building(id)
        return try incoming.answer(
            Told(building, asOf: building.readAt ?? incoming.arrivedAt, now: incoming.arrivedAt),
            PointShapes.building)
    }
}

/// FNV-1a over bytes: the same for the same bytes in every run of every build.
struct StableSum: Sendable, Hashable {
    private var sum: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }

    var text: String { String(sum, radix: 36) }
}
