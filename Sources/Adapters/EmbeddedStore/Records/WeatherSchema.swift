extension Migration {
    /// Where facilities are, and the weather there. A cell is a tenth of a degree, by its middle in whole tenths. An hour's
    /// weather has one row a source: what was fetched last replaces what that source said before, else each hour would be
    /// there some two hundred times, once for every fetch that foretold it.
    static let weather = Migration(
        6, "places of facilities, weather, availability of weather providers",
        up: """
            ALTER TABLE facilities ADD COLUMN latitude REAL;
            ALTER TABLE facilities ADD COLUMN longitude REAL;
            CREATE TABLE weather_observations (
                latitude INTEGER NOT NULL, longitude INTEGER NOT NULL, hour INTEGER NOT NULL, source TEXT NOT NULL,
                fetched_at INTEGER NOT NULL, celsius REAL NOT NULL,
                PRIMARY KEY (latitude, longitude, hour, source)) WITHOUT ROWID;
            CREATE INDEX weather_observations_by_hour ON weather_observations (hour);
            CREATE TABLE weather_provider_days (
                source TEXT NOT NULL, day INTEGER NOT NULL, checks INTEGER NOT NULL, failed_checks INTEGER NOT NULL,
                calls INTEGER NOT NULL, failed_calls INTEGER NOT NULL, PRIMARY KEY (source, day)) WITHOUT ROWID;
            """,
        down: """
            DROP TABLE weather_provider_days;
            DROP TABLE weather_observations;
            ALTER TABLE facilities DROP COLUMN longitude;
            ALTER TABLE facilities DROP COLUMN latitude;
            """)
}
