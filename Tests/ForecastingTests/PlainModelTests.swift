import EnergyModel
import Testing

@testable import Forecasting

@Suite("Plain models")
struct PlainModelTests {
    /// Load is the number of the week, hour by hour the same.
    private func state(weeks: Int, holidays: Set<Int32> = []) -> SeriesState {
        var state = SeriesState(firstDay: 19_723, resolution: .hour, calendar: DayCalendar(holidays: holidays))
        for index in 0..<weeks * 168 {
            state.append(LoadCleaning.Value(load: Float(index / 168 + 1), isValid: true), temperature: .nan)
            if state.isAtDayEnd { state.closeDay() }
        }
        return state
    }

    @Test("seasonal-naive repeats the week before")
    func naive() {
        let parts = SeasonalNaiveModel().parts(state(weeks: 6), origin: 19_723 * 24 + 6 * 168, count: 24, weather: nil)
        #expect(parts.map(\.sum) == [Float](repeating: 6, count: 24))
    }

    @Test("weekday-mean averages the same weekday of four weeks")
    func weekdayMean() {
        let parts = WeekdayMeanModel().parts(state(weeks: 6), origin: 19_723 * 24 + 6 * 168, count: 25, weather: nil)
        #expect(parts.map(\.sum) == [Float](repeating: 4.5, count: 25))
    }

    @Test("a holiday takes the Sundays, of which two weeks have two")
    func holiday() {
        // The first day to be forecast, a Monday, is a holiday.
        let holiday = Int32(19_723 + 14)
        let parts = WeekdayMeanModel().parts(
            state(weeks: 2, holidays: [holiday]), origin: 19_723 * 24 + 2 * 168, count: 24, weather: nil)
        #expect(parts.map(\.sum) == [Float](repeating: 1.5, count: 24))
    }

    @Test(
        "each model keeps its version and its forecasts are sane",
        arguments: [ModelVersion.seasonalNaive, .weekdayMean, .recipe])
    func versions(version: ModelVersion) {
        let building = SyntheticBuilding()
        let forecaster = Forecaster.replayed(
            building.history(days: 28), prior: office, version: version, constants: .small)
        let forecast = forecaster.forecast(from: building.end(ofDays: 28))
        #expect(forecast.version == version)
        #expect(forecast.steps.count == 24)
        #expect(isSane(forecast))
        #expect(forecaster.record.forecasts > 10)
    }
}
