extension Migration {
    /// Forecasts as issued, load profiles entered by hand, forecasters put away. `steps` holds little-endian 32-bit floats, five
    /// a quarter hour: low, middle, high, calendar, recent. `remarks` and `kilowatts` are JSON.
    static let forecasts = Migration(
        7, "forecasts",
        up: """
            CREATE TABLE load_forecasts (
                facility TEXT NOT NULL, origin INTEGER NOT NULL, last_updated INTEGER NOT NULL,
                forecast_model_version TEXT NOT NULL, mode TEXT NOT NULL, data_quality_score REAL NOT NULL,
                weather_standing TEXT NOT NULL, weather_provider TEXT, weather_as_of INTEGER, remarks TEXT NOT NULL,
                steps BLOB NOT NULL, PRIMARY KEY (facility, origin));
            CREATE INDEX load_forecasts_by_origin ON load_forecasts (origin);
            CREATE TABLE load_profiles (
                facility TEXT PRIMARY KEY, kilowatts TEXT NOT NULL, band_share REAL NOT NULL, until INTEGER NOT NULL,
                entered_at INTEGER NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE forecasters (
                facility TEXT PRIMARY KEY, forecast_model_version TEXT NOT NULL, fitted_at INTEGER,
                saved_at INTEGER NOT NULL, archive BLOB NOT NULL);
            """,
        down: """
            DROP TABLE forecasters;
            DROP TABLE load_profiles;
            DROP TABLE load_forecasts;
            """)
}
