import EnergyModel
import Forecasting

extension EngineSettings {
    /// How facilities are forecast. A run comes with every quarter hour (ledger BASE-08).
    package struct Forecast: Sendable {
        /// How long after a quarter hour's end a run begins, so that its rollups are closed, and over how long the facilities
        /// of a run are spread.
        package var settle = Duration.seconds(90)
        package var stagger = Duration.seconds(60)
        /// Model of every facility that has none of its own, and those that have (FC-16 `forecast_model_version`).
        package var model = ModelVersion.standard
        package var models: [FacilityID: ModelVersion] = [:]
        /// Holidays of facilities that keep days of their own; the others keep those of `baseline.holidays`.
        package var holidays: [FacilityID: HolidayTable] = [:]
        /// Trained weights of `lstm`; without them it gives way to `weekday-mean` and says so.
        package var network: LoadNetwork?
        /// One set for all facilities; not a threshold, so it has no key.
        package var constants = RecipeConstants()
        /// Days of rollups that a fit learns from, and how often one is made.
        package var historyDays = 365
        package var refitEvery = Duration.seconds(86_400)
        /// Weeks of the past that a new forecaster sees before its first fit.
        package var firstLookDays = 35
        /// Share of the usual readings up to which a quarter hour's load counts as unknown: it is the sum over the meters that
        /// reported, so a missing meter would pass for a lower load.
        package var leastShare = 0.8
        /// A newest forecast older than this is reported (FC-12), and no dispatch rests on it (FC-10).
        package var lagAlert = Duration.seconds(1800)
        /// `data_quality_score` below which no dispatch rests on a forecast (FC-10).
        package var leastQuality = 0.25
        /// Days of history below which a forecast says that it wants more (FC-18).
        package var wantedDays = 30
        /// Hours without a usable load after which a forecast is degraded.
        package var loadAge = Duration.seconds(3 * 3600)
        /// Share of contract demand that a forecast peak is told of.
        package var peakWarning = 0.9
        /// How long forecasts are kept, and how long those between whole hours.
        package var keep = Duration.seconds(7 * 86_400)
        package var keepEvery = Duration.seconds(2 * 3600)
        /// Deadline of storing one batch of forecasts; one that fails goes to the log's `forecast-buffer` (FC-14).
        package var storeTimeout = Duration.seconds(2)
        /// Facilities stored in one transaction.
        package var batch = 50
        /// Deadline of one read of a history, and rollups read in one go.
        package var readTimeout = Duration.seconds(30)
        package var sliceRollups = 4_000

        package init() {}

        func version(of facility: FacilityID) -> ModelVersion { models[facility] ?? model }
    }
}
