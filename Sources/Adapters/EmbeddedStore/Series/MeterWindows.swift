import EnergyModel
import GRDB

/// The first and last quarter hour of each meter that has a chunk (`meter_windows`): a meter's newest chunk is then one
/// look-up, however long the meter has been silent. After retention the first window may lie before the oldest chunk.
struct MeterWindows {
    let database: Database

    /// Chunk positions that were just written, inside the same transaction.
    func extend(by positions: some Sequence<Int64>) throws {
        let extend = try RawStatement(
            database,
            """
            INSERT INTO meter_windows (meter, first_window, last_window) VALUES (?1, ?2, ?2)
            ON CONFLICT (meter) DO UPDATE SET
                first_window = min(first_window, excluded.first_window),
                last_window = max(last_window, excluded.last_window)
            WHERE excluded.first_window < first_window OR excluded.last_window > last_window
            """)
        for position in positions {
            extend.bind(1, Int64(ChunkPosition.meter(of: position)))
            extend.bind(2, ChunkPosition.window(of: position))
            try extend.run()
        }
    }

    /// Forgets meters whose every chunk lay before `window` and is gone.
    func forget(before window: Int64) throws {
        let delete = try RawStatement(database, "DELETE FROM meter_windows WHERE last_window < ?")
        delete.bind(1, window)
        try delete.run()
    }
}
