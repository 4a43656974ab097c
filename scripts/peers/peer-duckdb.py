#!/usr/bin/env python3
"""DuckDB in memory, two threads: reads the file and rolls it up. Not durable."""
import duckdb
from peer import WINDOWS, Stopwatch, readings_file

file = readings_file()
watch = Stopwatch()
base = duckdb.connect(":memory:", config={"threads": 2})
columns = (
    "{meter_id:'VARCHAR',facility_id:'VARCHAR',ts:'TIMESTAMP',kw:'DOUBLE',kwh:'DOUBLE',voltage:'FLOAT',quality:'VARCHAR'}"
)
base.execute(
    f"CREATE TABLE readings AS SELECT * FROM read_json(?, format='newline_delimited', columns={columns})", [file])
rows = {}
for name, seconds in WINDOWS:
    base.execute(
        f"CREATE TABLE rollup_{name} AS SELECT meter_id, any_value(facility_id) AS facility_id, "
        f"time_bucket(INTERVAL {seconds} SECOND, ts) AS start, avg(kw) AS mean, min(kw) AS low, max(kw) AS high, "
        f"count(*) AS readings, sum(kw) / 240 AS kwh FROM readings GROUP BY meter_id, start")
    rows[name] = base.execute(f"SELECT count(*) FROM rollup_{name}").fetchone()[0]
count = base.execute("SELECT count(*) FROM readings").fetchone()[0]
watch.report(f"duckdb {duckdb.__version__}, 2 threads, in memory", count, rows)
