import EnergyModel
import Ports

/// Forecasts as a working day leaves them: a course with its peak in the early evening, each part named.
extension Fleet {
    /// Kilowatts at a moment of the UTC day: low at night, high from 8 to 20, highest at 18:00. Made of straight lines,
    /// so that no machine's arithmetic differs.
    private static func course(_ moment: UTCInstant) -> Float {
        let minutes = Float((moment.milliseconds / 60_000) % 1440)
        let corners: [(minute: Float, load: Float)] = [
            (0, 700), (300, 640), (480, 1180), (780, 1320), (1080, 1610), (1230, 1150), (1440, 700),
        ]
        for (from, to) in zip(corners, corners.dropFirst()) where minutes <= to.minute {
            return from.load + (to.load - from.load) * (minutes - from.minute) / (to.minute - from.minute)
        }
        return 700
    }

    static func step(_ start: UTCInstant, index: Int) -> FacilityForecast.Step {
        let usual = course(start)
        let recent = 60 * max(0, 1 - Float(index) / 40)
        let weather: Float = (start.milliseconds / 3_600_000) % 24 >= 12 ? 18 : -6
        let middle = usual + recent + weather
        let half = 40 + 1.6 * Float(index)
        return FacilityForecast.Step(
            low: middle - half, middle: middle, high: middle + half * 1.25, calendar: usual, recent: recent)
    }

    // MARK: - In a line

    /// Between a tenth below and a tenth above the load of now, some time in the next three hours.
    static func brief(_ load: Double, _ index: Int, at: UTCInstant) -> ForecastBrief {
        let origin = at.floor(toMilliseconds: 900_000)
        let peak = load * (0.95 + 0.01 * Double(index % 7))
        return ForecastBrief(
            peak: Power(kilowatts: peak), peakHigh: Power(kilowatts: peak * 1.08),
            peakAt: origin.advanced(by: .seconds(900 * Int64(4 + index % 9))), mode: .normal, quality: 0.93,
            issuedAt: origin.advanced(by: .seconds(24)))
    }

    static func fleetForecast(_ facilities: [FacilitySnapshot], at: UTCInstant) -> FleetForecast? {
        let briefs = facilities.compactMap(\.forecast)
        guard let first = briefs.first else { return nil }
        let sum = briefs.reduce(0) { $0 + $1.peak.kilowatts } * 0.98
        return FleetForecast(
            peak: Power(kilowatts: sum), peakAt: first.peakAt, facilities: briefs.count, issuedAt: first.issuedAt)
    }

    /// One forecast near its contract, one beyond it, one degraded, one by hand, one old, one not made yet.
    static func addForecasts(_ snapshot: inout OperatorSnapshot) {
        func peak(_ index: Int, _ share: Double) {
            let contract = snapshot.facilities[index].contractDemand?.kilowatts ?? 0
            snapshot.facilities[index].forecast?.peak = Power(kilowatts: contract * share)
            snapshot.facilities[index].forecast?.peakHigh = Power(kilowatts: contract * share * 1.06)
        }
        peak(0, 0.93)
        peak(1, 1.02)
        snapshot.facilities[2].forecast?.mode = .degraded
        snapshot.facilities[3].forecast?.mode = .manual
        snapshot.facilities[4].forecast?.issuedAt = now.advanced(by: .seconds(-2460))
        snapshot.facilities[5].forecast = nil
        snapshot.forecast = fleetForecast(snapshot.facilities, at: now)
    }

    // MARK: - Of one facility

    /// Issued half a minute after its origin, the whole quarter hour at or before `moment`.
    static func facilityForecast(
        _ facility: FacilityID, at moment: UTCInstant = now, mode: ForecastQuality = .normal
    ) -> FacilityForecast {
        let origin = moment.floor(toMilliseconds: FacilityForecast.stepMilliseconds)
        let steps = (0..<96).map { index in
            step(UTCInstant(milliseconds: origin.milliseconds + Int64(index) * 900_000), index: index)
        }
        return FacilityForecast(
            facility: facility, origin: origin, issuedAt: origin.advanced(by: .seconds(24)),
            model: mode == .manual ? "manual" : "recipe",
            mode: mode, quality: mode == .normal ? 0.93 : 0.81,
            weather: mode == .normal
                ? .init(standing: .live, provider: "weatherapi", asOf: origin.advanced(by: .seconds(-420)))
                : .init(standing: .persistence, asOf: origin.advanced(by: .seconds(-86_400))),
            remarks: mode == .normal
                ? [] : ["there is no weather forecast; yesterday's weather stands for today's"], steps: steps)
    }

    static func profile(_ facility: FacilityID, at moment: UTCInstant = now) -> LoadProfile {
        LoadProfile(
            facility: facility, kilowatts: (0..<24).map { $0 < 7 || $0 > 20 ? 600 : 1400 }, bandShare: 0.2,
            until: moment.advanced(by: .seconds(21_600)), enteredAt: moment.advanced(by: .seconds(-3000)),
            author: "operator:ana", reason: "meters of the west wing are being replaced")
    }

    static func standing(caution: String? = nil) -> ForecasterStanding {
        ForecasterStanding(
            chosen: "recipe", inCharge: caution == nil ? "recipe" : "weekday-mean", daysKnown: 214,
            fittedAt: now.advanced(by: .seconds(-68_000)), relativeError: 0.068, coverage: 0.912, againstNaive: 0.62,
            caution: caution)
    }

    /// What had been forecast a day ahead is the same course, 40 kW too low.
    static func forecast(_ query: ForecastQuery) -> ForecastAnswer {
        let moment = query.at ?? now
        var past: [ForecastAnswer.PastStep] = []
        var start = (query.dayAheadFrom ?? moment).floor(toMilliseconds: 900_000).milliseconds
        while start < moment.milliseconds {
            let middle = course(UTCInstant(milliseconds: start)) - 40
            past.append(
                ForecastAnswer.PastStep(
                    start: UTCInstant(milliseconds: start), low: middle - 160, middle: middle, high: middle + 190))
            start += 900_000
        }
        return ForecastAnswer(
            forecast: facilityForecast(query.facility, at: moment), dayAhead: past, profile: nil,
            standing: query.at == nil ? standing() : nil, answeredAt: moment)
    }

    static func backtest(_ request: BacktestRequest) -> BacktestAnswer {
        let ranges = [(0, 1), (1, 3), (3, 6), (6, 12), (12, 24)]
        func model(_ version: String, _ error: Double, _ bias: Double, _ band: Double, _ naive: Double?)
            -> BacktestAnswer.Model
        {
            BacktestAnswer.Model(
                version: version, origins: request.weeks * 42, relativeError: error, quantileScore: error * 0.27,
                bias: bias, bandWidth: band, coverage: 0.94 - error / 2, againstNaive: naive,
                horizons: ranges.enumerated().map { index, hours in
                    BacktestAnswer.Horizon(
                        from: hours.0, to: hours.1, relativeError: error * (0.55 + 0.13 * Double(index)),
                        coverage: 0.93 - 0.01 * Double(index))
                })
        }
        return BacktestAnswer(
            request: request, daysKnown: 214,
            models: [
                model("recipe", 0.068, 0.004, 0.241, 0.62), model("lstm", 0.079, -0.011, 0.252, 0.72),
                model("weekday-mean", 0.097, 0.018, 0.402, 0.88), model("seasonal-naive", 0.110, 0.002, 0.438, nil),
            ], answeredAt: now)
    }
}
