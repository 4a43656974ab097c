import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// `GET /api/facilities/{facility_id}/current` (ledger API-01, 11, 12, 14): from the cache, and said so when it is old.
struct CurrentEndpoint: Sendable {
    let query: CurrentQuery

    private static let shape = Shape<Told<CurrentAnswer>>.told(
        "FacilityCurrent", "What a facility draws now, as the time series knows it.",
        [
            .text("facility_id", "Its id.", as: Parameters.identifier) { $0.value.value.facility.text },
            .text("name", "As its owner calls it; text from outside.") { $0.value.value.name },
            .text("time_zone", "IANA zone of its local days.") { $0.value.value.timeZone },
            .number("contract_demand_kw", "Contract demand.", unknown: "nobody told its contract demand") {
                $0.value.value.contractDemand?.kilowatts
            },
            .number("load_kw", "Sum of its usable meters' newest readings.", unknown: noLoad) {
                $0.value.value.load?.kilowatts
            },
            .number("share_of_contract", "Load over contract demand.", unknown: "load or contract demand is unknown") {
                let current = $0.value.value
                guard let load = current.load, let contract = current.contractDemand, contract.kilowatts > 0 else {
                    return nil
                }
                return load.kilowatts / contract.kilowatts
            },
            .text("freshness", "fresh to 45 s, stale to 5 min, then bad.", as: .choice(["fresh", "stale", "bad"])) {
                told in
                (told.value.value.newest.map { Freshness(age: told.now.since($0)) } ?? .bad).rawValue
            },
            .text("quality", "The worst of the usable readings.", unknown: noLoad) { $0.value.value.quality?.name },
            .text("last_updated", "Event time of its newest reading.", as: .instant, unknown: noReading) {
                $0.value.value.newest?.iso8601
            },
            .number("newest_reading_age_seconds", "How old that is.", unknown: noReading) { told in
                told.value.value.newest.map { age(of: $0, at: told.now) }
            },
            .integer("meters", "Its meters.") { Int64($0.value.value.meters) },
            .integer("fresh_meters", "Those with a reading younger than 45 s.") { Int64($0.value.value.freshMeters) },
            .integer("usable_meters", "Those with a reading younger than 5 min.") {
                Int64($0.value.value.usableMeters)
            },
            .flag("is_stale", "True when the cache is past its time and the store does not answer yet.") {
                $0.value.isStale
            },
        ])

    private static let noLoad = "no meter of the facility has a reading younger than 5 minutes"
    private static let noReading = "no reading of it was ever taken"

    var endpoint: Endpoint {
        Endpoint(.get, "/api/facilities/{facility_id}/current", access: .role(.viewer), rank: .live) {
            try await answer($0)
        }
        .described(
            "getCurrent", .facilities, "What a facility draws now, from a cache of 8 to 12 seconds.",
            parameters: [Parameters.facility.described],
            problems: [
                404: "No such facility.",
                503: "The time series does not answer, and nothing newer than a minute is known.",
            ],
            answers: [.json("Its load.", Self.shape)])
    }

    private func answer(_ incoming: IncomingRequest) async throws -> Response {
        let id = try incoming.required(Parameters.facility)
        guard incoming.caller?.identity.scope.contains(id) == true else { throw Problem.noSuchFacility(id) }
        let current: CurrentAnswer
        do throws(PortError) {
            current = try await query(id)
        } catch {
            throw error.code == .notFound
                ? Problem.noSuchFacility(id)
                : Problem.waiting(
                    .unavailable, status: 503, title: "Not known now", seconds: 1, detail: error.sentence + ".")
        }
        let told = Told(current, asOf: current.value.newest ?? current.value.readAt, now: incoming.arrivedAt)
        var response = try incoming.answer(told, Self.shape, isStale: current.isStale)
        response.headers[.cacheControl] = "private, max-age=1, stale-while-revalidate=30"
        response.headers[.age] = String(max(0, incoming.arrivedAt.since(current.value.readAt).milliseconds / 1000))
        return response
    }
}

extension Problem {
    static func noSuchFacility(_ id: FacilityID) -> Problem {
        nothingThere("No facility \(id) is known; GET /api/facilities lists them.")
    }
}
