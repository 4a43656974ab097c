import EnergyModel
import GatewayWire
import Hummingbird
import Ports

/// `/api/facilities/{facility_id}/history` and `/forecast`.
struct HistoryEndpoints: Sendable {
    let surface: Surface

    /// A history's resolution.
    enum Step: String, Sendable, CaseIterable {
        case raw
        case minute = "1m"
        case quarterHour = "15m"
        case hour = "1h"

        var granularity: Granularity? { Granularity(label: rawValue) }
        var milliseconds: Int64 { granularity?.milliseconds ?? Reading.intervalMilliseconds }
    }

    private static let limit = Parameters.limit(1000, upTo: 5000)
    private static let step = Parameters.choice(
        "granularity", "Length of a point; `15m` unless told. `raw` needs `meter`.", of: Step.self)
    private static let from = Parameters.instant("from", "Begins here; 24 h before `to` unless told.")
    private static let to = Parameters.instant("to", "Ends here, not included; now unless told.")
    private static let at = Parameters.instant(
        "at", "The forecast in force at this past moment; the newest unless told.")

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/api/facilities/{facility_id}/history", access: .role(.viewer), rank: .live) {
                try await history($0)
            }
            .described(
                "getHistory", .facilities, "A facility's load, or one meter's, over time.",
                details: "A page is a span of time, so it may hold fewer points than `limit`: a hole is a gap.",
                parameters: [
                    Parameters.facility.described, Parameters.ofMeter.described, Self.from.described,
                    Self.to.described, Self.step.described, Self.limit.described,
                ], problems: [404: "No such facility or meter."],
                answers: [.json("The points.", HistoryShapes.history).paged()]),
            Endpoint(.get, "/api/facilities/{facility_id}/forecast", access: .role(.viewer), rank: .live) {
                try await forecast($0)
            }
            .described(
                "getForecast", .forecasts, "A facility's forecast for 24 hours by quarter hour.",
                parameters: [Parameters.facility.described, Self.at.described],
                problems: [404: "No such facility."],
                answers: [.json("The forecast.", ForecastShapes.forecast)]),
        ]
    }

    private func history(_ incoming: IncomingRequest) async throws -> Response {
        let facility = try incoming.required(Parameters.facility)
        let meter = try incoming.value(Parameters.ofMeter)
        let step = try incoming.value(Self.step) ?? .quarterHour
        let limit = try incoming.value(Self.limit) ?? 1000
        let range = try incoming.range(from: Self.from, to: Self.to, standard: .seconds(86_400))
        guard step != .raw || meter != nil else {
            throw Problem.badParameter(
                Self.step.described, given: "raw", expected: "1m, 15m or 1h for a facility; name a meter for raw")
        }
        let link = try surface.link(incoming)
        if let meter { try await Self.check(meter, of: facility, link) }
        // Whole windows, so that the same pages come whatever the range begins with.
        let start = range.start.floor(toMilliseconds: step.milliseconds)
        let end = min(range.end.milliseconds, start.milliseconds + Int64(limit) * step.milliseconds)
        let page = TimeRange(start: start, end: UTCInstant(milliseconds: end))
        let answer = try await link.series(
            SeriesRequest(
                subject: meter.map { .meter($0) } ?? .facility(facility),
                resolution: step.granularity.map { .rollup($0) } ?? .raw, range: page))
        let history = HistoryShapes.History(
            facility: facility, meter: meter, step: step, range: page, answer: answer,
            next: end < range.end.milliseconds ? page.end : nil)
        return try incoming.answer(
            Told(history, asOf: answer.newest ?? page.start, now: incoming.arrivedAt), HistoryShapes.history,
            next: try history.next.map { try incoming.target(of: range, from: $0) })
    }

    /// A meter of another facility is as unknown as none.
    static func check(_ meter: MeterID, of facility: FacilityID, _ link: any OperatorLink) async throws {
        guard try await link.meters(of: facility).contains(where: { $0.id == meter }) else {
            throw Problem.nothingThere(
                "Facility \(facility) has no meter \(meter); GET /api/facilities/\(facility)/meters lists them.")
        }
    }

    private func forecast(_ incoming: IncomingRequest) async throws -> Response {
        let facility = try incoming.required(Parameters.facility)
        let at = try incoming.value(Self.at)
        let answer = try await surface.link(incoming).forecast(ForecastQuery(facility: facility, at: at))
        let told = ForecastShapes.Forecast(facility: facility, answer: answer)
        return try incoming.answer(
            Told(told, asOf: answer.forecast?.issuedAt ?? answer.answeredAt, now: incoming.arrivedAt),
            ForecastShapes.forecast)
    }
}

extension SeriesAnswer {
    /// The end of the newest point.
    var newest: UTCInstant? {
        points.last.map { UTCInstant(milliseconds: $0.start.milliseconds + stepMilliseconds) }
    }
}

extension IncomingRequest {
    /// `to` is now unless told, `from` a standard span before `to`. Throws a 400 for an empty range.
    func range(
        from: Parameter<UTCInstant>, to: Parameter<UTCInstant>, standard: Duration
    ) throws -> TimeRange {
        let end = try value(to) ?? arrivedAt
        let start = try value(from) ?? end.advanced(by: .zero - standard)
        guard start < end else {
            throw Problem.badParameter(
                from.described, given: start.iso8601, expected: "before `to`, which is \(end.iso8601)")
        }
        return TimeRange(start: start, end: end)
    }

    /// A link to the rest of a range: both ends are told, since "now" moves.
    fileprivate func target(of range: TimeRange, from: UTCInstant) throws -> String {
        let query = try QueryText(request.uri.query ?? "").setting("to", to: range.end.iso8601)
        return "\(request.uri.path)?" + (try QueryText(query).setting("from", to: from.iso8601))
    }
}
