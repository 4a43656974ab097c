import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// What a meter that speaks HTTP alone needs to close its gaps (ledger ING-16): which slots are missing, and a way to send them.
struct BackfillEndpoints: Sendable {
    let surface: Surface
    let readings: ReadingsEndpoint
    let archive: GatewayArchive

    /// Longest span that is looked through at once, and most gaps told.
    private static let longest = Duration.seconds(31 * 86_400)
    private static let most = 1_000
    private static let page = 20_000

    private static let from = Parameters.instant("from", "Begins here; 24 h before `to` unless told. At most 31 days.")
    private static let to = Parameters.instant("to", "Ends here, not included; now unless told.")

    static let gap = Shape<TimeRange>(
        "Gap", "A run of slots without a reading.",
        [
            .text("from", "It begins, included.", as: .instant) { $0.start.iso8601 },
            .text("to", "It ends, not included.", as: .instant) { $0.end.iso8601 },
            .integer("slots", "15-second slots of it.") { $0.duration.milliseconds / Reading.intervalMilliseconds },
        ])

    struct Found: Sendable {
        var facility: FacilityID
        var meter: MeterID
        var gaps: GatewayArchive.Gaps
    }

    static let gaps = Shape<Told<Found>>.told(
        "Gaps", "Which slots of one meter are missing.",
        [
            .text("facility_id", "The facility.", as: Parameters.identifier) { $0.facility.text },
            .text("meter_id", "The meter.", as: Parameters.identifier) { $0.meter.text },
            .text("from", "Looked at from here.", as: .instant) { $0.gaps.range.start.iso8601 },
            .text("to", "To here, not included.", as: .instant) { $0.gaps.range.end.iso8601 },
            .integer("expected_slots", "15-second slots of the span.") { Int64($0.gaps.expectedSlots) },
            .integer("present_slots", "Those with a reading.") { Int64($0.gaps.presentSlots) },
            .list("gaps", "By time, the first 1,000.", gap) { Array($0.gaps.gaps.prefix(most)) },
            .flag("has_more", "There are more gaps behind the last; ask again from its end.") {
                $0.gaps.gaps.count > most
            },
        ])

    static let path = "/api/facilities/{facility_id}/meters/{meter_id}/backfill"

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/api/facilities/{facility_id}/meters/{meter_id}/gaps", access: .meter, rank: .live,
                limit: .seconds(5)
            ) { try await gaps($0) }
            .described(
                "listGaps", .readings, "Which slots of one meter hold no reading.",
                details:
                    "A meter that speaks HTTP asks here after an outage and sends what is missing to `…/backfill`.",
                parameters: [
                    Parameters.facility.described, Parameters.meter.described, Self.from.described, Self.to.described,
                ], problems: [404: "No such facility or meter."], answers: [.json("The gaps.", Self.gaps)]),
            Endpoint(.post, Self.path, access: .meter) { try await backfill($0) }
                .described(
                    "backfillMeter", .readings, "Readings of one meter, sent late.",
                    details:
                        "As POST /api/ingest/readings, for this meter only; ids may be left out of the readings. Old ones "
                        + "are taken as far back as the engine is configured to (90 days). No Idempotency-Key is needed: a reading "
                        + "is known by its meter and time, and the same again replaces itself.",
                    parameters: [Parameters.facility.described, Parameters.meter.described],
                    body: ReadingsEndpoint.form, problems: ReadingsEndpoint.problems,
                    answers: [.json(202, "All of it is durable.", WireShapes.ingest)]),
        ]
    }

    private func gaps(_ incoming: IncomingRequest) async throws -> Response {
        let facility = try incoming.required(Parameters.facility)
        let meter = try incoming.required(Parameters.meter)
        let range = try incoming.range(from: Self.from, to: Self.to, standard: .seconds(86_400))
        guard range.duration <= Self.longest else {
            throw Problem.badParameter(
                Self.from.described, given: range.start.iso8601, expected: "at most 31 days before `to`")
        }
        try await HistoryEndpoints.check(meter, of: facility, link(incoming))
        let names = try await FleetNames(records: archive.records)
        guard let number = names.number(of: meter) else { throw Self.unknown(meter, facility) }
        var readings: [Reading] = []
        var rest = range
        while !rest.isEmpty {
            let page = try await archive.series.readings(of: number, in: rest, limit: Self.page)
            readings += page
            guard page.count == Self.page, let last = page.last else { break }
            rest.start = UTCInstant(milliseconds: last.time.milliseconds + 1)
        }
        let found = Found(facility: facility, meter: meter, gaps: archive.gaps(readings, range))
        return try incoming.answer(
            Told(found, asOf: readings.last?.time ?? incoming.arrivedAt, now: incoming.arrivedAt), Self.gaps)
    }

    private func backfill(_ incoming: IncomingRequest) async throws -> Response {
        let facility = try incoming.required(Parameters.facility)
        let meter = try incoming.required(Parameters.meter)
        try await HistoryEndpoints.check(meter, of: facility, link(incoming))
        return try await readings.answer(incoming, of: MeterRegistration(meter: meter, facility: facility))
    }

    /// Without a caller the rule let anybody pass, as at the ingest endpoint while no meter has a key.
    private func link(_ incoming: IncomingRequest) -> any OperatorLink { incoming.link ?? surface.engine }

    private static func unknown(_ meter: MeterID, _ facility: FacilityID) -> Problem {
        .nothingThere("Facility \(facility) has no meter \(meter); GET /api/facilities/\(facility)/meters lists them.")
    }
}
