import EnergyModel

extension Schema {
    /// `series.sqlite`. Readings arrive as one slice (a reading block) a write, which costs what a file append costs; later
    /// they are compacted into chunks of one meter and one quarter hour. Reads merge both, the newest write wins.
    /// Keys are packed integers with time above the series number: writes append, retention drops a prefix, and one
    /// meter's day is 96 look-ups.
    package static let series = Schema(
        file: "series.sqlite",
        migrations: [
            Migration(
                1, "readings, rollups, progress",
                up: """
                    CREATE TABLE reading_slices (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, min_time INTEGER NOT NULL, max_time INTEGER NOT NULL,
                        readings INTEGER NOT NULL, block BLOB NOT NULL);
                    CREATE TABLE reading_chunks (position INTEGER PRIMARY KEY, chunk BLOB NOT NULL);
                    \(rollupTable("rollups_1m"))
                    \(rollupTable("rollups_15m"))
                    \(rollupTable("rollups_1h"))
                    CREATE TABLE late_hours (
                        hour INTEGER NOT NULL, meter INTEGER NOT NULL, facility INTEGER NOT NULL,
                        PRIMARY KEY (hour, meter)) WITHOUT ROWID;
                    CREATE TABLE processed_offsets (
                        topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
                        PRIMARY KEY (topic, partition)) WITHOUT ROWID;
                    CREATE TABLE series_state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                    """,
                down: """
                    DROP TABLE series_state;
                    DROP TABLE processed_offsets;
                    DROP TABLE late_hours;
                    DROP TABLE rollups_1h;
                    DROP TABLE rollups_15m;
                    DROP TABLE rollups_1m;
                    DROP TABLE reading_chunks;
                    DROP TABLE reading_slices;
                    """),
            // Fills the table from what is stored: reads a large file once.
            Migration(
                2, "windows of meters, damaged blocks",
                up: """
                    CREATE TABLE meter_windows (
                        meter INTEGER PRIMARY KEY, first_window INTEGER NOT NULL, last_window INTEGER NOT NULL);
                    INSERT INTO meter_windows (meter, first_window, last_window)
                        SELECT position & 4294967295, min(position >> 32), max(position >> 32) FROM reading_chunks
                        GROUP BY position & 4294967295;
                    CREATE TABLE damaged_blocks (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, key INTEGER NOT NULL, block BLOB);
                    """,
                down: """
                    DROP TABLE damaged_blocks;
                    DROP TABLE meter_windows;
                    """),
        ])
}

private func rollupTable(_ name: String) -> String {
    """
    CREATE TABLE \(name) (
        position INTEGER PRIMARY KEY, mean_kw REAL, min_kw REAL, max_kw REAL, kwh REAL, count INTEGER NOT NULL,
        good_count INTEGER NOT NULL);
    """
}

/// `reading_chunks.position`: the number of the quarter hour since the epoch above 32 bits of meter number.
enum ChunkPosition {
    static let windowMilliseconds: Int64 = 900_000

    /// The window a moment in milliseconds falls into.
    static func window(_ time: Int64) -> Int64 {
        UTCInstant(milliseconds: time).floor(toMilliseconds: windowMilliseconds).milliseconds / windowMilliseconds
    }
    static func pack(window: Int64, meter: UInt32) -> Int64 { window << 32 | Int64(meter) }
    static func window(of position: Int64) -> Int64 { position >> 32 }
    static func meter(of position: Int64) -> UInt32 { UInt32(truncatingIfNeeded: position) }
}

/// `rollups_*.position`: the minute of the start since the epoch, above one bit for meters and 31 bits of number. So
/// facilities come before meters of the same start. Numbers are dense and far below 2^31.
enum RollupPosition {
    private static let meterBit: Int64 = 1 << 31

    static func pack(start: UTCInstant, series: SeriesKey) -> Int64 {
        (start.milliseconds / 60_000) << 32 | number(series)
    }
    /// The first position of a start within a scope.
    static func first(start: UTCInstant, scopeBit: Int64) -> Int64 { (start.milliseconds / 60_000) << 32 | scopeBit }
    static func scopeBit(meters: Bool) -> Int64 { meters ? meterBit : 0 }
    static func start(of position: Int64) -> UTCInstant { UTCInstant(milliseconds: (position >> 32) * 60_000) }

    static func series(of position: Int64) -> SeriesKey {
        let number = UInt32(truncatingIfNeeded: position & (meterBit - 1))
        return position & meterBit == 0
            ? .facility(FacilityNumber(rawValue: number)) : .meter(MeterNumber(rawValue: number))
    }

    static func isValid(_ series: SeriesKey) -> Bool {
        switch series {
        case .meter(let number): Int64(number.rawValue) < meterBit
        case .facility(let number): Int64(number.rawValue) < meterBit
        }
    }

    private static func number(_ series: SeriesKey) -> Int64 {
        switch series {
        case .meter(let number): meterBit | Int64(number.rawValue)
        case .facility(let number): Int64(number.rawValue)
        }
    }

    static func table(_ granularity: Granularity) -> String {
        switch granularity {
        case .minute: "rollups_1m"
        case .quarterHour: "rollups_15m"
        case .hour: "rollups_1h"
        }
    }
}
