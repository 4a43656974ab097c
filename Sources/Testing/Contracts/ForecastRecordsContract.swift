import EnergyModel
import Ports

/// What every `ForecastRecords` keeps to.
package enum ForecastRecordsContract {
    package static let cases: [ContractCase<any ForecastRecords>] = [
        ContractCase("a forecast comes back as it was issued, hostile text and all") { try await comesBack($0) },
        ContractCase("a later issue replaces an earlier one of the same origin, never the other way") {
            try await replaces($0)
        },
        ContractCase("the newest of each facility, and the one in force at a moment") { try await finds($0) },
        ContractCase("old forecasts go, between whole hours first, the newest of a facility never") {
            try await drops($0)
        },
        ContractCase("a facility has one profile, replaced and removed") { try await profiles($0) },
        ContractCase("a forecaster is put away whole and replaced") { try await archives($0) },
    ]

    private static let start = UTCInstant(milliseconds: 1_763_726_400_000)

    private static func facility(_ number: Int) throws -> FacilityID {
        guard let id = FacilityID("F-00\(number)") else { throw ContractViolation(description: "no id") }
        return id
    }

    private static func moment(_ quarters: Int) -> UTCInstant { start.advanced(by: .seconds(900 * quarters)) }

    private static func forecast(
        _ number: Int, at quarter: Int, level: Float = 100, issued late: Int = 0
    ) throws -> FacilityForecast {
        let steps = (0..<96).map { index in
            FacilityForecast.Step(
                low: level - 10.25, middle: level + Float(index) / 3, high: level + 50, calendar: level - 7.125,
                recent: -0.1)
        }
        return FacilityForecast(
            facility: try facility(number), origin: moment(quarter),
            issuedAt: moment(quarter).advanced(by: .seconds(90 + late)), model: "recipe", mode: .degraded,
            quality: 0.875,
            weather: .init(
                standing: .cached, provider: "noaa'; DROP TABLE load_forecasts;--", asOf: moment(quarter - 4)),
            remarks: ["\u{1B}[2J\u{0}", "λ \"quoted\""], steps: steps)
    }

    private static func comesBack(_ store: any ForecastRecords) async throws {
        var plain = try forecast(2, at: 0)
        (plain.weather, plain.remarks, plain.mode) = (.none, [], .normal)
        let issued = [try forecast(1, at: 0), plain]
        try await store.store(issued)
        try requireEqual(try await store.newestForecasts(at: nil), issued, "as issued")
        try await store.store([])
        try requireEqual(try await store.newestForecasts(at: nil).count, 2, "nothing more")
    }

    private static func replaces(_ store: any ForecastRecords) async throws {
        try await store.store([try forecast(1, at: 0)])
        let later = try forecast(1, at: 0, level: 200, issued: 30)
        try await store.store([later])
        try requireEqual(try await store.newestForecasts(at: nil), [later], "the later issue")
        // A buffered one that comes after.
        try await store.store([try forecast(1, at: 0)])
        try requireEqual(try await store.newestForecasts(at: nil), [later], "still the later issue")
    }

    private static func finds(_ store: any ForecastRecords) async throws {
        try await store.store(try [0, 4, 5].map { try forecast(1, at: $0) } + [try forecast(2, at: 1)])
        try requireEqual(
            try await store.newestForecasts(at: nil).map(\.origin), [moment(5), moment(1)], "newest, by facility")
        try requireEqual(
            try await store.newestForecasts(at: moment(4)).map(\.origin), [moment(4), moment(1)], "newest by then")
        try requireEqual(
            try await store.newestForecasts(at: moment(0)).map(\.origin), [moment(0)], "one had none by then")
        let first = try facility(1)
        try requireEqual(try await store.forecast(of: first, at: moment(4))?.origin, moment(4), "from its origin on")
        try requireEqual(
            try await store.forecast(of: first, at: moment(4).advanced(by: .milliseconds(-1)))?.origin, moment(0),
            "the one before until then")
        try requireEqual(try await store.forecast(of: first, at: moment(-1)), nil, "none before the first")
        try requireEqual(try await store.forecast(of: try facility(3), at: moment(9)), nil, "none of a stranger")
    }

    private static func drops(_ store: any ForecastRecords) async throws {
        try await store.store(try (0..<12).map { try forecast(1, at: $0) })
        try await store.store([try forecast(2, at: 1)])
        // Quarters 1, 2, 3 of facility 1 lie between whole hours before quarter 4; facility 2 has only that one.
        try requireEqual(
            try await store.dropForecasts(before: moment(-9), thinBefore: moment(4), batch: 2), 2, "a batch")
        try requireEqual(try await store.dropForecasts(before: moment(-9), thinBefore: moment(4), batch: 9), 1, "rest")
        try requireEqual(try await store.dropForecasts(before: moment(-9), thinBefore: moment(4), batch: 9), 0, "done")
        let first = try facility(1)
        try requireEqual(try await store.forecast(of: first, at: moment(3))?.origin, moment(0), "thinned")
        try requireEqual(try await store.forecast(of: first, at: moment(7))?.origin, moment(7), "not yet thinned")
        try requireEqual(
            try await store.dropForecasts(before: moment(99), thinBefore: moment(99), batch: 99), 8, "all old")
        try requireEqual(
            try await store.newestForecasts(at: nil).map(\.origin), [moment(11), moment(1)], "the newest of each stays")
        try requireEqual(
            try await store.dropForecasts(before: moment(99), thinBefore: moment(99), batch: 0), 0, "no batch")
    }

    private static func profiles(_ store: any ForecastRecords) async throws {
        var profile = LoadProfile(
            facility: try facility(1), kilowatts: (0..<24).map { 10.1 * Double($0) }, bandShare: 0.2, until: moment(9),
            enteredAt: moment(0), author: "operator:ana", reason: "weather'; --\u{7}")
        try requireEqual(try await store.loadProfiles(), [], "none at first")
        try await store.put(profile)
        profile.kilowatts[3] = 99.5
        profile.until = moment(12)
        try await store.put(profile)
        try requireEqual(try await store.loadProfiles(), [profile], "the newer one")
        try requireEqual(try await store.removeLoadProfile(of: profile.facility), true, "removed")
        try requireEqual(try await store.removeLoadProfile(of: profile.facility), false, "removed before")
        try requireEqual(try await store.loadProfiles(), [], "none again")
    }

    private static func archives(_ store: any ForecastRecords) async throws {
        let id = try facility(1)
        try requireEqual(try await store.forecasterArchive(of: id), nil, "none at first")
        var archive = ForecasterArchive(
            facility: id, model: "recipe", fittedAt: nil, savedAt: moment(0), bytes: Array(0...255))
        try await store.put(archive)
        try requireEqual(try await store.forecasterArchive(of: id), archive, "as put away")
        (archive.bytes, archive.fittedAt, archive.model) = ([], moment(1), "lstm")
        try await store.put(archive)
        try requireEqual(try await store.forecasterArchive(of: id), archive, "replaced")
        try requireEqual(try await store.forecasterArchive(of: try facility(2)), nil, "none of another")
    }
}
