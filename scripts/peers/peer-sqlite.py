#!/usr/bin/env python3
"""SQLite by SQL: a durable file (WAL, synchronous FULL, 1,000 rows a commit), then three GROUP BY."""
import itertools
import os
import sqlite3
import tempfile
from datetime import datetime

import orjson
from peer import WINDOWS, Stopwatch, readings_file

file = readings_file()
folder = tempfile.mkdtemp(prefix="peer-sqlite-", dir=os.environ.get("PEER_WORK"))
watch = Stopwatch()
base = sqlite3.connect(f"{folder}/readings.db", isolation_level=None)
base.execute("PRAGMA journal_mode=WAL")
base.execute("PRAGMA synchronous=FULL")
base.execute("CREATE TABLE readings(ts INTEGER, meter TEXT, facility TEXT, kw REAL, kwh REAL, voltage REAL, quality TEXT)")
stamps: dict = {}
count = 0


def row(line: bytes) -> tuple:
    item = orjson.loads(line)
    text = item["ts"]
    stamp = stamps.get(text)
    if stamp is None:
        stamp = stamps[text] = int(datetime.fromisoformat(text).timestamp())
    return stamp, item["meter_id"], item["facility_id"], item["kw"], item["kwh"], item["voltage"], item["quality"]


with open(file, "rb") as lines:
    while batch := [row(line) for line in itertools.islice(lines, 1000)]:
        base.execute("BEGIN")
        base.executemany("INSERT INTO readings VALUES(?,?,?,?,?,?,?)", batch)
        base.execute("COMMIT")
        count += len(batch)
rows = {}
for name, seconds in WINDOWS:
    base.execute(
        f'CREATE TABLE "rollup_{name}" AS SELECT meter, ts / {seconds} * {seconds} AS start, avg(kw) AS mean, min(kw) AS low, '
        f"max(kw) AS high, count(*) AS readings, sum(kw) / 240 AS kwh FROM readings GROUP BY 1, 2")
    rows[name] = base.execute(f'SELECT count(*) FROM "rollup_{name}"').fetchone()[0]
watch.report(f"sqlite {sqlite3.sqlite_version}, SQL, durable file", count, rows)
base.close()
for name in os.listdir(folder):
    os.unlink(f"{folder}/{name}")
os.rmdir(folder)
