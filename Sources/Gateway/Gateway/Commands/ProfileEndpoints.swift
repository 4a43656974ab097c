import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// `/api/forecast-profiles` (ledger FC-13): a load that a person expects takes the place of a forecast.
struct ProfileEndpoints: Sendable {
    let surface: Surface

    private static let kilowatts = 0.0...9_999_999.0

    private static let form = RequestForm.json(
        "NewLoadProfile", "A load for the time in which forecasts cannot be trusted.",
        [
            .init("facility_id", "The facility.", Parameters.identifier),
            .init(
                "kilowatts", "Mean load by local hour, from 0 to 23.",
                .list(of: .number(kilowatts), lengths: LoadProfile.hours...LoadProfile.hours)),
            .init("band_share", "Half width of the 90 % band as a share of the load.", .number(0...1)),
            .init("until", "It holds until then, 14 days at most.", .instant), RequestForm.reason,
        ])

    var endpoints: [Endpoint] {
        [
            surface.acting(.post, "/api/forecast-profiles") { act, body in
                let request = LoadProfileRequest(
                    facility: try body.facility("facility_id"),
                    kilowatts: try body.numbers(
                        "kilowatts", counts: LoadProfile.hours...LoadProfile.hours, in: Self.kilowatts),
                    bandShare: try body.number("band_share", in: 0...1), until: try body.instant("until"))
                let outcome = try await act.perform(.enterProfile(request), because: try body.reason())
                return try act.answer(
                    outcome, status: .created, location: "/api/facilities/\(request.facility)/forecast")
            }
            .described(
                "enterProfile", .forecasts, "A load by hand in place of the forecast.",
                parameters: [Parameters.idempotencyKey.described], body: Self.form,
                answers: [.json(201, "It is in force.", OutcomeShape.outcome)]),
            Endpoint(.delete, "/api/forecast-profiles/{facility_id}", access: .role(.operator)) { incoming in
                let act = try Act(incoming, body: [], on: surface)
                let facility = try incoming.required(Parameters.facility)
                let reason = try incoming.required(Parameters.reason)
                return try act.answer(try await act.perform(.removeProfile(facility), because: reason))
            }
            .described(
                "removeProfile", .forecasts, "The model's forecast again.",
                parameters: [
                    Parameters.facility.described, Parameters.idempotencyKey.described, Parameters.reason.described,
                ], answers: [.json("What came of it.", OutcomeShape.outcome)]),
        ]
    }
}
