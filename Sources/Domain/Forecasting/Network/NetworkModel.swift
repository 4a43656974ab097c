/// The network as a model: the class profile plus what the network says the target will differ from it.
struct NetworkModel: PointModel {
    let network: LoadNetwork

    var version: ModelVersion { .lstm }

    func parts(_ state: SeriesState, origin: Int, count: Int, weather: WeatherTrack?) -> [ForecastParts] {
        guard !state.profiles.isEmpty else {
            return (origin..<origin + count).map { ForecastParts(calendar: state.usual($0), recent: 0, weather: 0) }
        }
        let inputs = NetworkInputs(state, origin: origin, weather: weather)
        var pass = NetworkPass()
        pass.forward(network, past: inputs.past, ahead: inputs.ahead)
        let known = OriginLevels(state, origin: origin)
        var row = [Float](repeating: 0, count: NetworkInputs.aheadWidth)
        return (0..<count).map { horizon in
            row.withUnsafeMutableBufferPointer { row in
                if let row = row.baseAddress { NetworkInputs.fill(row, state, known, horizon, weather, inputs.scale) }
            }
            let straight = causes(row)
            let recurrent = NetworkModel.between(pass.recurrent, horizon, state.resolution)
            return ForecastParts(
                calendar: state.usual(origin + horizon) + inputs.scale * straight.calendar,
                recent: inputs.scale * (straight.recent + recurrent), weather: inputs.scale * straight.weather)
        }
    }

    /// What the straight part says of one slot, by cause.
    private func causes(_ row: [Float]) -> (calendar: Float, recent: Float, weather: Float) {
        var (calendar, recent, weather) = (Float(0), Float(0), Float(0))
        for column in row.indices {
            let part = network.weights[LoadNetwork.Part.straight.lowerBound + column] * row[column]
            switch column < FeatureRow.columns ? FeatureRow.cause(column) : .calendar {
            case .calendar: calendar += part
            case .recent: recent += part
            case .weather: weather += part
            }
        }
        return (calendar, recent, weather)
    }

    /// Hourly values drawn out to a slot, in straight lines from centre to centre.
    private static func between(_ hours: [Float], _ horizon: Int, _ resolution: SeriesResolution) -> Float {
        let place = (Float(horizon) - Float(resolution.slotsPerHour / 2)) / Float(resolution.slotsPerHour)
        let first = min(hours.count - 1, max(0, Int(place.rounded(.down))))
        let next = min(hours.count - 1, first + 1)
        let part = min(1, max(0, place - Float(first)))
        return (1 - part) * hours[first] + part * hours[next]
    }
}
