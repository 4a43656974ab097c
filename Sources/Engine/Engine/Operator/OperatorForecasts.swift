import EnergyModel
import Ports

/// What a person asks about forecasts.
extension EmbeddedOperator {
    func forecast(_ query: ForecastQuery) async throws(PortError) -> ForecastAnswer {
        let desk = try forecasting()
        try await describe()
        return try await desk.answer(query)
    }

    func backtest(_ request: BacktestRequest) async throws(PortError) -> BacktestAnswer {
        let desk = try forecasting()
        try await describe()
        return try await desk.backtest(request)
    }

    private func forecasting() throws(PortError) -> ForecastDesk {
        guard let forecasts else {
            throw PortError(.unavailable, "This engine makes no forecasts; connect to one that does.")
        }
        return forecasts
    }
}
