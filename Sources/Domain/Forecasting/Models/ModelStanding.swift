import EnergyModel

/// Which model speaks for a facility, and why if it is not the one that was chosen.
package struct ModelStanding: Hashable, Sendable {
    /// What `Forecaster.review` did.
    package enum Change: Hashable, Sendable {
        /// The chosen model gave way to `weekday-mean`; the sentence says why.
        case demoted(String)
        /// The chosen model has its place back.
        case promoted(String)
    }

    package var inCharge: ModelVersion
    /// Nil when the chosen model is in charge.
    package var reason: String?
    /// When it gave way; nil when it never had its place.
    package var since: UTCInstant?
}

extension Forecaster {
    /// To be called now and then, say after every run: demotes the chosen model where it fails beside `weekday-mean`, and
    /// promotes it when it has been the better one again. Both go on being judged, whoever speaks. Nil when nothing changes.
    package mutating func review(at now: UTCInstant, watch: DriftWatch = DriftWatch()) -> ModelStanding.Change? {
        guard let fallback, canSpeak else { return nil }
        let verdict = watch.verdict(judgement.record, beside: fallback.record)
        if standing.inCharge == version {
            guard case .failing(let why) = verdict else { return nil }
            standing = ModelStanding(inCharge: .weekdayMean, reason: why, since: now)
            return .demoted(why)
        }
        guard let why = watch.recovery(judgement.record, beside: fallback.record) else { return nil }
        standing = ModelStanding(inCharge: version)
        return .promoted(why)
    }

    /// How `weekday-mean` did on the same forecasts; nil where it is the chosen model.
    package var fallbackRecord: ForecastRecord? { fallback?.record }

    /// False for a network without weights.
    var canSpeak: Bool { model.version == version }

    static func model(_ version: ModelVersion, _ network: LoadNetwork?) -> (any PointModel, ModelStanding) {
        switch version {
        case .seasonalNaive: return (SeasonalNaiveModel(), ModelStanding(inCharge: version))
        case .weekdayMean: return (WeekdayMeanModel(), ModelStanding(inCharge: version))
        case .recipe: return (RecipeModel(), ModelStanding(inCharge: version))
        case .lstm:
            if let network { return (NetworkModel(network: network), ModelStanding(inCharge: version)) }
            let reason = "lstm has no weights; train them with `switchyard forecast train`"
            return (WeekdayMeanModel(), ModelStanding(inCharge: .weekdayMean, reason: reason))
        }
    }

    /// Its band is made of half as many errors: it is there for comparison.
    static func fallback(
        _ version: ModelVersion, _ state: SeriesState, _ constants: RecipeConstants, _ prior: LoadPrior
    ) -> Judgement? {
        guard version != .weekdayMean else { return nil }
        return Judgement(
            state, version: .weekdayMean, constants: fallbackConstants(constants), supposedLoad: prior.scale)
    }

    static func fallbackConstants(_ constants: RecipeConstants) -> RecipeConstants {
        var constants = constants
        constants.poolDays /= 2
        return constants
    }
}
