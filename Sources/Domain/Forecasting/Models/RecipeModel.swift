/// The recipe: the class profile plus what the ridge says the target will differ from it. Until there is enough to learn
/// from, a fixed prior takes the ridge's place.
struct RecipeModel: PointModel {
    var ridge: RidgeModel?
    /// What the ridge leaves.
    var trees = BoostedTrees()
    /// Trees that say the whole by themselves, and their share in the forecast.
    var direct = BoostedTrees()
    var directShare: Float = 0
    /// Another view of the same day, where weights are at hand, and its share in the forecast.
    var network: LoadNetwork?
    var networkShare: Float = 0

    var version: ModelVersion { .recipe }

    func parts(_ state: SeriesState, origin: Int, count: Int, weather: WeatherTrack?) -> [ForecastParts] {
        let own = ownParts(state, origin: origin, count: count, weather: weather)
        guard let network, ridge != nil else { return own }
        let other = NetworkModel(network: network).parts(state, origin: origin, count: count, weather: weather)
        return zip(own, other).map { own, other in
            ForecastParts(
                calendar: own.calendar + networkShare * (other.calendar - own.calendar),
                recent: own.recent + networkShare * (other.recent - own.recent),
                weather: own.weather + networkShare * (other.weather - own.weather))
        }
    }

    private func ownParts(
        _ state: SeriesState, origin: Int, count: Int, weather: WeatherTrack?
    ) -> [ForecastParts] {
        guard !state.profiles.isEmpty else {
            return (origin..<origin + count).map {
                ForecastParts(calendar: state.usual($0), recent: 0, weather: 0)
            }
        }
        let known = OriginLevels(state, origin: origin)
        var row = [Float](repeating: 0, count: FeatureRow.columns + BoostedTrees.facts)
        return row.withUnsafeMutableBufferPointer { buffer in
            guard let row = buffer.baseAddress else { return [] }
            return (0..<count).map { horizon in
                let target = origin + horizon
                FeatureRow.fill(
                    row, state: state, at: known, target: target, decays: state.decays[horizon], weather: weather)
                let usual = state.usual(target)
                let inDay = target - target / state.slotsPerDay * state.slotsPerDay
                guard let ridge, ridge.columns <= FeatureRow.levels || weather != nil else {
                    let late = RecipeModel.prior(row)
                    return ForecastParts(calendar: usual + late.calendar, recent: late.recent, weather: 0)
                }
                let block = ridge.block(slot: inDay, slotsPerDay: state.slotsPerDay)
                var causes = ridge.causes(row, block: block)
                if trees.count > 0 {
                    BoostedTrees.fillFacts(
                        row + FeatureRow.columns, state: state, origin: origin, target: target, weather: weather)
                    causes.recent += trees.value(row)
                }
                if direct.count > 0 {
                    let own = causes.calendar + causes.recent + causes.weather
                    causes.recent += directShare * (direct.value(row) - own)
                }
                return ForecastParts(
                    calendar: usual + causes.calendar, recent: causes.recent, weather: causes.weather)
            }
        }
    }

    /// Weights that hold for nearly every building: levels persist for some hours, a weekday differs a little from its class.
    private static func prior(_ row: UnsafePointer<Float>) -> (calendar: Float, recent: Float) {
        (0.3 * row[2], 0.3 * row[11] + 0.4 * row[12] + 0.25 * row[16])
    }
}

extension SeriesState {
    /// The class profile's value for a slot.
    func usual(_ slot: Int) -> Float {
        let day = slot / slotsPerDay
        return profiles.fast[calendar.dayClass(day).rawValue * slotsPerDay + slot - day * slotsPerDay]
    }
}
