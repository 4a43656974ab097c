import EnergyModel

/// A facility's forecast in a line.
package struct ForecastBrief: Sendable, Hashable, Codable {
    /// Highest quarter hour of the next 24 h, its upper bound, and when it begins.
    package var peak: Power
    package var peakHigh: Power
    package var peakAt: UTCInstant
    package var mode: ForecastQuality
    /// `data_quality_score`, 0...1.
    package var quality: Double
    package var issuedAt: UTCInstant

    package init(
        peak: Power, peakHigh: Power, peakAt: UTCInstant, mode: ForecastQuality, quality: Double, issuedAt: UTCInstant
    ) {
        self.peak = peak
        self.peakHigh = peakHigh
        self.peakAt = peakAt
        self.mode = mode
        self.quality = quality
        self.issuedAt = issuedAt
    }
}

/// The sum of all facilities' forecasts in a line.
package struct FleetForecast: Sendable, Hashable, Codable {
    package var peak: Power
    package var peakAt: UTCInstant
    /// How many facilities are in it.
    package var facilities: Int
    package var issuedAt: UTCInstant

    package init(peak: Power, peakAt: UTCInstant, facilities: Int, issuedAt: UTCInstant) {
        self.peak = peak
        self.peakAt = peakAt
        self.facilities = facilities
        self.issuedAt = issuedAt
    }
}

/// What a forecaster knows and how it did lately.
package struct ForecasterStanding: Sendable, Hashable, Codable {
    /// The model chosen for the facility, and the one in charge.
    package var chosen: String
    package var inCharge: String
    package var daysKnown: Int
    /// Nil until its weights were learned for the first time.
    package var fittedAt: UTCInstant?
    /// Mean absolute error over mean load of the last weeks' forecasts; nil before one was judged.
    package var relativeError: Double?
    /// Share of loads that lay in the 90 % band.
    package var coverage: Double?
    /// Its error over that of the same quarter hour a week ago.
    package var againstNaive: Double?
    /// Why the chosen model is not in charge, or is watched; nil when it does well.
    package var caution: String?

    package init(
        chosen: String, inCharge: String, daysKnown: Int, fittedAt: UTCInstant?, relativeError: Double?,
        coverage: Double?, againstNaive: Double?, caution: String?
    ) {
        self.chosen = chosen
        self.inCharge = inCharge
        self.daysKnown = daysKnown
        self.fittedAt = fittedAt
        self.relativeError = relativeError
        self.coverage = coverage
        self.againstNaive = againstNaive
        self.caution = caution
    }
}

package struct ForecastQuery: Sendable, Hashable, Codable {
    package var facility: FacilityID
    /// The forecast in force at a past moment; nil: the newest.
    package var at: UTCInstant?
    /// How far back to say what was forecast a day ahead; at most 14 days.
    package var dayAheadFrom: UTCInstant?

    package init(facility: FacilityID, at: UTCInstant? = nil, dayAheadFrom: UTCInstant? = nil) {
        self.facility = facility
        self.at = at
        self.dayAheadFrom = dayAheadFrom
    }
}

package struct ForecastAnswer: Sendable, Hashable, Codable {
    package struct PastStep: Sendable, Hashable, Codable {
        package var start: UTCInstant
        package var low: Float
        package var middle: Float
        package var high: Float
        package init(start: UTCInstant, low: Float, middle: Float, high: Float) {
            self.start = start
            self.low = low
            self.middle = middle
            self.high = high
        }
    }
    /// Nil before the first was made.
    package var forecast: FacilityForecast?
    /// What had been forecast for each past quarter hour 24 hours before, or as long before as is stored; ascending.
    package var dayAhead: [PastStep]
    package var profile: LoadProfile?
    /// Nil away from the running engine.
    package var standing: ForecasterStanding?
    package var answeredAt: UTCInstant

    package init(
        forecast: FacilityForecast?, dayAhead: [PastStep], profile: LoadProfile?, standing: ForecasterStanding?,
        answeredAt: UTCInstant
    ) {
        self.forecast = forecast
        self.dayAhead = dayAhead
        self.profile = profile
        self.standing = standing
        self.answeredAt = answeredAt
    }
}

/// What each model would have forecast over the last weeks, refitted weekly, from data before each origin only.
package struct BacktestRequest: Sendable, Hashable, Codable {
    package static let weeks = 1...26
    package var facility: FacilityID
    package var weeks: Int
    package init(facility: FacilityID, weeks: Int = 8) {
        self.facility = facility
        self.weeks = weeks
    }
}

package struct BacktestAnswer: Sendable, Hashable, Codable {
    package struct Model: Sendable, Hashable, Codable {
        package var version: String
        package var origins: Int
        /// Shares of the mean load: mean absolute error, mean pinball loss, mean of forecast minus truth (positive: it says too
        /// much), band width.
        package var relativeError: Double
        package var quantileScore: Double
        package var bias: Double
        package var bandWidth: Double
        /// Share of loads in the 90 % band.
        package var coverage: Double
        /// Error over that of the same quarter hour a week before, in the weeks before the backtest.
        package var againstNaive: Double?
        package var horizons: [Horizon]

        package init(
            version: String, origins: Int, relativeError: Double, quantileScore: Double, bias: Double,
            bandWidth: Double, coverage: Double, againstNaive: Double?, horizons: [Horizon]
        ) {
            self.version = version
            self.origins = origins
            self.relativeError = relativeError
            self.quantileScore = quantileScore
            self.bias = bias
            self.bandWidth = bandWidth
            self.coverage = coverage
            self.againstNaive = againstNaive
            self.horizons = horizons
        }
    }
    package struct Horizon: Sendable, Hashable, Codable {
        /// Hours ahead, `from` included, `to` not.
        package var from: Int
        package var to: Int
        package var relativeError: Double
        package var coverage: Double
        package init(from: Int, to: Int, relativeError: Double, coverage: Double) {
            self.from = from
            self.to = to
            self.relativeError = relativeError
            self.coverage = coverage
        }
    }
    package var request: BacktestRequest
    /// Days of history that were there to learn from and to score.
    package var daysKnown: Int
    /// Best first, by error.
    package var models: [Model]
    package var answeredAt: UTCInstant

    package init(request: BacktestRequest, daysKnown: Int, models: [Model], answeredAt: UTCInstant) {
        self.request = request
        self.daysKnown = daysKnown
        self.models = models
        self.answeredAt = answeredAt
    }
}

/// A profile as somebody asks for it; author and reason are the command's.
package struct LoadProfileRequest: Sendable, Hashable, Codable {
    package var facility: FacilityID
    /// Mean kilowatts by local hour, 24 of them.
    package var kilowatts: [Double]
    /// Half width of the 90 % band as a share of the load.
    package var bandShare: Double
    package var until: UTCInstant

    package init(facility: FacilityID, kilowatts: [Double], bandShare: Double, until: UTCInstant) {
        self.facility = facility
        self.kilowatts = kilowatts
        self.bandShare = bandShare
        self.until = until
    }
}
